# SPDX-License-Identifier: GPL-2.0-only
"""userspace's and bench's tests on this machine, as they are and once more in builds that watch what they do."""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ci import tap, test_names, userland
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.tap import Tally

IN_THE_BROWSER = ("page", "page_figures")
DRAWN = ("page_figures",)                # what is drawn of answers that other tests get, too
SCRAPED = ("prometheus",)                # of the program that is installed, beside a program of others
STDERR_LINES = 40                        # of a failed program
SANITIZER_OPTIONS = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
PATIENCE = 3                             # times the timeouts in meson.build, beside whatever else runs
SANITIZED_PATIENCE = 10


def meson_test(objects: Path, label: str, tests: Sequence[str], processes: int, patience: int) -> Tally:
    """These tests of a build; all of them when none is named."""
    run = subprocess.run(["meson", "test", "-C", objects, "--no-rebuild", "--quiet", "-t", str(patience),
                          "--logbase", label, "--num-processes", str(processes), *tests],
                         capture_output=True, text=True, env=os.environ | SANITIZER_OPTIONS)
    log = objects / "meson-logs" / f"{label}.json"
    tally = Tally()
    for line in log.read_text().splitlines() if log.exists() else []:
        test = json.loads(line)
        one = tap.parse(test.get("stdout", ""), f"{label}: {test['name']}")
        if test["result"] not in ("OK", "SKIP"):
            more = "".join(f"\n    {line}" for line in test.get("stderr", "").splitlines()[-STDERR_LINES:])
            if not one.failures:
                one.failures.append(f"{label}: {test['name']}: {test['result']}, exit status {test['returncode']}")
            one.failures[-1] += more
        tally += one
    if run.returncode and not tally.failures:
        said = (run.stdout + run.stderr).strip()[-300:]
        tally.failures.append(f"{label}: meson test exits with {run.returncode}: {said}")
    return tally


def listed_as_built(objects: Path) -> Tally:
    """What ./phyr test --list says without meson is what meson says."""
    built = sorted(test["name"] for test in json.loads((objects / "meson-info" / "intro-tests.json").read_text()))
    if built == test_names.unit_tests():
        return Tally()
    difference = set(built).symmetric_difference(test_names.unit_tests())
    return Tally(failures=[f"unit: in one only of ci/test_names.py and meson.build: {', '.join(sorted(difference))}"])


def unit_tests() -> list[str]:
    return [name for name in test_names.unit_tests() if name not in IN_THE_BROWSER + SCRAPED]


def unit(artifacts: Artifacts, options: Options) -> Tally:
    objects = artifacts.userspace
    return meson_test(objects, "unit", options.parts, options.cores, PATIENCE) + listed_as_built(objects)


def page(artifacts: Artifacts, options: Options) -> Tally:
    return meson_test(artifacts.userspace, "page", IN_THE_BROWSER, options.cores, PATIENCE)


def prometheus(artifacts: Artifacts, options: Options) -> Tally:
    return meson_test(artifacts.userspace, "prometheus", SCRAPED, options.cores, PATIENCE)


def sanitized_tests() -> list[str]:
    """A build and a test: asan/stats."""
    return [f"{name}/{test}" for name in userland.SANITIZED for test in test_names.unit_tests()
            if test not in DRAWN + SCRAPED]


def by_build(parts: list[str]) -> list[list[str]]:
    pieces = {name: [part for part in parts if part.startswith(f"{name}/")] for name in userland.SANITIZED}
    return [piece for piece in pieces.values() if piece]


def sanitizers(_artifacts: Artifacts, options: Options) -> Tally:
    """The parts are of one build."""
    name = options.parts[0].partition("/")[0]
    objects = userland.compile_build(userland.SANITIZED[name], options.cores)
    tests = [part.partition("/")[2] for part in options.parts]
    return meson_test(objects, name, tests, options.cores, SANITIZED_PATIENCE)
