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


def own(_artifacts: Artifacts, options: Options) -> Tally:
    run = subprocess.run([sys.executable, "-B", "-m", "ci.tests", *options.parts],
                         cwd=paths.ROOT, capture_output=True, text=True)
    tally = tap.parse(run.stdout, "ci")
    if run.returncode and not tally.failures:
        tally.failures.append(f"ci: exit {run.returncode}: {run.stderr.strip()[-500:]}")
    return tally
