# SPDX-License-Identifier: GPL-2.0-only
"""The tests of ci/ itself, in a process of their own: they replace parts of its modules."""

import subprocess
import sys

from ci import paths, tap
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.tap import Tally

FOLDER = paths.ROOT / "ci" / "tests"


def modules() -> list[str]:
    return sorted(path.stem.removeprefix("test_") for path in FOLDER.glob("test_*.py"))


def tested(name: str, *modules: str) -> Tally:
    """name: of the entry."""
    run = subprocess.run([sys.executable, "-B", "-m", "ci.tests", *modules],
                         cwd=paths.ROOT, capture_output=True, text=True)
    tally = tap.parse(run.stdout, name)
    if run.returncode and not tally.failures:
        tally.failures.append(f"{name}: exit {run.returncode}: {run.stderr.strip()[-500:]}")
    return tally


def own(_artifacts: Artifacts, options: Options) -> Tally:
    return tested("ci", *options.parts)


def slurm(_artifacts: Artifacts, _options: Options) -> Tally:
    """A controller and two workers on this machine; they ask for root."""
    return tested("slurm", "real_slurm.py")
