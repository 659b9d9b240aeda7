# SPDX-License-Identifier: GPL-2.0-only
"""KUnit suites: a boot without programs, and what the kernel says of itself on the console."""

import re
from functools import partial

from ci import destinations, kernel, paths, tap, vm
from ci.artifacts import Artifacts
from ci.entries.guest import folder_of
from ci.entries.machines import BOUNDS
from ci.entry import Options
from ci.tap import Tally

EVERY_SUITE = "phyr_*"
# A name that a macro completes is known by its beginning.
SUITE = re.compile(r'^\+?\t\.name\s*=\s*"(phyr_\w*)"(,?)', re.M)


def suites() -> list[str]:
    found = set()
    for folder in destinations.load().folders:
        for file in [*(paths.ROOT / folder).rglob("*_kunit.c"), *(paths.ROOT / folder).glob("*/*.patch")]:
            text = file.read_text()
            if "kunit_suite" in text:
                found |= {name if whole else f"{name}*" for name, whole in SUITE.findall(text)}
    return sorted(found)


def tally_of(console: str) -> Tally:
    start = console.find("KTAP version")
    if start < 0:
        return Tally(failures=["KUnit: no results on the console"])
    return tap.parse(console[console.rfind("\n", 0, start) + 1:], "KUnit")


def boot(which: kernel.Kernel, artifacts: Artifacts, options: Options, suite: str) -> Tally:
    folder = folder_of(options.name)
    machine = artifacts.machine(which, boot_seconds=BOUNDS[which].init, crypto_queues=2,
                                command_line=f"kunit.enable=1 kunit.filter_glob={suite}")
    outcome = vm.run(machine, "true\n", folder, BOUNDS[which].boot)
    splats = [f"{folder.name}: {splat}" for splat in outcome.splats]
    return tally_of(vm.read(folder / "console.log")) + Tally(failures=splats)


def on_kernel(which: kernel.Kernel, artifacts: Artifacts, options: Options) -> Tally:
    """All suites in one boot, or those asked for in one each: the kernel takes one pattern."""
    tally = Tally()
    for suite in [EVERY_SUITE] if set(options.parts) == set(suites()) else options.parts:
        tally += boot(which, artifacts, options, suite)
    return tally


perf = partial(on_kernel, kernel.PHYR)
debug = partial(on_kernel, kernel.DEBUG)
