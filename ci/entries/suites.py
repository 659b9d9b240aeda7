# SPDX-License-Identifier: GPL-2.0-only
"""Other people's tests and programs of RDMA, on the stock and the phyr kernel: none has a worse result on ours."""

from dataclasses import dataclass, replace

from ci import kernel, pyverbs, tap, userland, vm
from ci.artifacts import Artifacts
from ci.entries.guest import folder_of
from ci.entry import Options
from ci.progress import note
from ci.tap import Tally

KERNELS = (kernel.STOCK, kernel.PHYR)
DEADLINE = 1800
LONG_DEADLINE = 7200


@dataclass(frozen=True)
class Suite:
    command: str             # in the guest; its output is TAP
    short: str = ""          # arguments, when not long


# rdma-core's tests that register memory or move data through it; the rest of them, with --long, takes minutes.
SUITES = {
    "pyverbs-rxe": Suite("run_pyverbs.py rxe0 10.0.0.1", "test_mr test_odp test_qpex test_rdmacm"),
    "pyverbs-siw": Suite("run_pyverbs.py siw0 10.0.1.1",
                         "test_mr test_pd test_rdmacm_async_read test_rdmacm_async_write test_rdmacm_sync"),
    "programs": Suite(f"{userland.TESTS}/programs"),
}


def job(parts: tuple[str, ...], long: bool) -> str:
    """A suite that fails ends the job no sooner: it may fail on both kernels."""
    return "".join(f"{SUITES[part].command} {'' if long else SUITES[part].short} >/results/{part}.tap "
                   f"2>/results/{part}.err\n" for part in parts) + "true\n"


def compare(part: str, results: dict[str, dict[str, str]]) -> Tally:
    """results: kernel -> test -> verdict. What fails on both, or on stock, is no business of ours, but said."""
    tally = Tally()
    names = dict.fromkeys(name for verdicts in results.values() for name in verdicts)
    for name in names:
        verdicts = {which: results[which].get(name, "did not run") for which in results}
        said = ", ".join(f"{which}: {verdict}" for which, verdict in verdicts.items())
        if verdicts[kernel.PHYR.tree] == "ok":
            tally.passed += 1
            # The series mends bugs of the stock kernel, some of which are races.
            if len(set(verdicts.values())) > 1:
                note(f"{part}: {name}: {said}")
        elif len(set(verdicts.values())) > 1:
            tally.failures.append(f"{part}: {name}: {said}")
        else:
            tally.skipped += 1
            if "not ok" in verdicts.values():
                note(f"{part}: {name} fails on all kernels")
    if not names:
        tally.failures.append(f"{part}: no results on any kernel")
    return tally


def suites(artifacts: Artifacts, options: Options) -> Tally:
    image = pyverbs.image(artifacts.guest)
    found: dict[str, dict[str, dict[str, str]]] = {part: {} for part in options.parts}
    tally = Tally()
    for which in KERNELS:
        folder = folder_of(f"{options.name}-{which.tree}")
        machine = replace(artifacts.machine(which), initramfs=image)
        outcome = vm.run(machine, job(options.parts, options.long), folder, LONG_DEADLINE if options.long else DEADLINE)
        tally.failures += [f"{folder.name}: {splat}" for splat in outcome.splats]
        for part in options.parts:
            found[part][which.tree] = tap.verdicts((outcome.results / f"{part}.tap").read_text(errors="replace"))
    return sum((compare(part, found[part]) for part in options.parts), tally)
