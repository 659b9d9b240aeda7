# SPDX-License-Identifier: GPL-2.0-only
"""./phyr test: every entry, one sum."""

import json
import os
import shutil
import subprocess
import sys
import time
import unittest
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ci import check, kernel, paths, progress, shell, tap, userland, vm
from ci.error import CiError
from ci.artifacts import Artifacts
from ci.progress import say
from ci.tap import Tally

DAY = 86400
# A finding ends the program, which makes its test fail.
SANITIZERS = {"asan": "address,undefined", "tsan": "thread"}
STDERR_LINES = 40                        # of a failed program
SANITIZER_OPTIONS = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
FUZZERS = "userspace/tests/fuzz"
FUZZ_SECONDS = 15          # for each fuzzer
FUZZ_LONG_SECONDS = 1800


@dataclass(frozen=True)
class Bounds:
    """Seconds a guest may take: to reach /init, for one test program, for all of one boot."""
    init: int
    program: int
    boot: int
    environment: str = ""                  # shell, when not long


# KASAN and lockdep make an emulated guest ten times slower: fewer layouts, another seed.
BOUNDS = {
    kernel.PHYR: Bounds(240, 300, 1200),
    kernel.DEBUG: Bounds(480, 900, 2700, "export PHYR_LAYOUTS=400 PHYR_SEED=400\n"),
}
KSFT_SKIP = 4                            # exit status of a program that is skipped as a whole
DMA_PROGRAMS = ["dma_map"]               # the edu device takes a tenth of a second of the guest's time for each transfer
# name -> what is between a device and memory
DMA_MACHINES = {
    "direct": {},
    "iommu-strict": {"iommu": True},
    "iommu-lazy": {"iommu": True, "command_line": "iommu.strict=0"},
    "bounce": {"command_line": "swiotlb=force"},
}
DMA_SECONDS = 3000                       # of the guest's time, which jumps ahead while it waits
CRYPTO_PROGRAMS = ["crypto_data", "crypto_bad_input", "crypto_unplug"]
# name -> how the device is told of memory
CRYPTO_MACHINES = {
    "iommu": {"iommu": True},
    "packed": {"crypto_options": ",packed=on"},
    "no-indirect": {"crypto_options": ",indirect_desc=off"},
}
MOVABLE_PROGRAMS = [f"{userland.TESTS}/{name}" for name in ("phyr_pins", "rdma_region", "phyr_property")]
SCATTERLIST_SOURCES = ("tools/testing/scatterlist", "tools/include", "include/linux/scatterlist.h", "lib/scatterlist.c")
PANIC_JOB = "echo c >/proc/sysrq-trigger\nsleep 60\n"
SPLAT_JOB = "echo 'WARNING: CPU: 0 PID: 1 at planted/by/the/test.c:1' >/dev/kmsg\n"
HANG_JOB = "sleep 600\n"
SERVE_PORT = 17471
SERVE_SECONDS = 40               # 20 on a machine that does nothing else


def golden(_artifacts: Artifacts, _long: bool) -> Tally:
    """The tests of ci/ itself."""
    suite = unittest.defaultTestLoader.discover(str(paths.ROOT / "ci" / "tests"), top_level_dir=str(paths.ROOT))
    result = unittest.TestResult()
    suite.run(result)
    failures = [f"{test.id()}: {text.strip().splitlines()[-1]}" for test, text in result.failures + result.errors]
    return Tally(result.testsRun - len(failures) - len(result.skipped), len(result.skipped), failures)


def meson_test(objects: Path, label: str, multiply_timeouts: int = 1) -> Tally:
    """All unit tests of one build of userspace/."""
    run = subprocess.run(["meson", "test", "-C", objects, "--no-rebuild", "--quiet", "-t", str(multiply_timeouts)],
                         capture_output=True, text=True, env=os.environ | SANITIZER_OPTIONS)
    tally = Tally()
    for line in (objects / "meson-logs" / "testlog.json").read_text().splitlines():
        test = json.loads(line)
        one = tap.parse(test.get("stdout", ""), f"{label}: {test['name']}")
        if test["result"] not in ("OK", "SKIP"):
            more = "".join(f"\n    {line}" for line in test.get("stderr", "").splitlines()[-STDERR_LINES:])
            if not one.failures:
                one.failures.append(f"{label}: {test['name']}: {test['result']}, exit status {test['returncode']}")
            one.failures[-1] += more
        tally += one
    if run.returncode and not tally.failures:
        tally.failures.append(f"{label}: meson test exits with {run.returncode}: {run.stdout.strip()[-300:]}")
    return tally


def unit(_artifacts: Artifacts, _long: bool) -> Tally:
    """userspace's unit tests, on this machine."""
    userland.compile_userspace()
    return meson_test(userland.OBJECTS, "unit")


def sanitizers(_artifacts: Artifacts, _long: bool) -> Tally:
    """The same tests once more in each build that watches memory, undefined behaviour and threads."""
    tally = Tally()
    for name, setting in SANITIZERS.items():
        objects = paths.BUILD / f"meson-{name}"
        userland.compile_userspace(objects, f"-Db_sanitize={setting}")
        tally += meson_test(objects, name, 5)
    return tally


def fuzz(_artifacts: Artifacts, long: bool) -> Tally:
    """What clients send, made up at random; the corpus grows from one run to the next."""
    objects = paths.BUILD / "meson-fuzz"
    userland.compile_userspace(objects, "-Dfuzz=true", "-Dc_args=-fsanitize=fuzzer-no-link", "-Db_lundef=false",
                            "-Db_sanitize=address,undefined", compilers={"CC": "ccache clang", "CXX": "ccache clang++"})
    tally = Tally()
    for program in sorted((objects / FUZZERS).glob("fuzz_*")):
        if not os.access(program, os.X_OK) or program.is_dir():
            continue
        name = program.name.removeprefix("fuzz_")
        seeds = paths.ROOT / FUZZERS
        corpus = objects / "corpus" / name
        corpus.mkdir(parents=True, exist_ok=True)
        run = subprocess.run([program, f"-max_total_time={FUZZ_LONG_SECONDS if long else FUZZ_SECONDS}", "-max_len=4096",
                              "-timeout=20", f"-dict={seeds / 'json.dict'}", f"-artifact_prefix={objects}/{name}-",
                              corpus, seeds / name], capture_output=True, text=True, env=os.environ | SANITIZER_OPTIONS)
        if run.returncode:
            tally.failures.append(f"fuzz: {name}: {run.stderr.strip()[-600:]}")
        else:
            tally.passed += 1
    if not tally.passed and not tally.failures:
        tally.failures.append("fuzz: there is no fuzzer")
    return tally


def scatterlist(artifacts: Artifacts, _long: bool) -> Tally:
    """The kernel's own userspace test of lib/scatterlist.c, with the sanitizers that its Makefile asks for."""
    folder = paths.BUILD / "scatterlist"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sources = artifacts.store.run("archive", artifacts.tip, "--", *SCATTERLIST_SOURCES)
    subprocess.run(["tar", "-x", "-C", folder], input=sources, check=True)
    for command in (["make", "-s"], ["./main"]):
        run = subprocess.run(command, cwd=folder / SCATTERLIST_SOURCES[0], capture_output=True, text=True)
        if run.returncode:
            said = (run.stdout + run.stderr).strip()[-500:]
            return Tally(failures=[f"scatterlist: {command[0]} exits with {run.returncode}: {said}"])
    return Tally(passed=1)


def series(artifacts: Artifacts, _long: bool) -> Tally:
    return check.checkpatch(artifacts)


def commits(artifacts: Artifacts, _long: bool) -> Tally:
    return check.every_commit(artifacts)


def diagnostics(artifacts: Artifacts, _long: bool) -> Tally:
    return check.last_commit(artifacts)


def expect_error(name: str, text: str, run: Callable[[], vm.Outcome]) -> Tally:
    try:
        run()
    except vm.VmError as error:
        return Tally(passed=1) if text in str(error) else Tally(failures=[f"{name}: wrong error: {error}"])
    return Tally(failures=[f"{name}: went unnoticed"])


def harness(artifacts: Artifacts, _long: bool) -> Tally:
    """In a real VM, too, a panic, a hang and a splat are noticed."""
    machine = vm.Machine(artifacts.kernel(kernel.PHYR), artifacts.guest, artifacts.accelerator)
    tally = expect_error("panic", "Kernel panic", lambda: vm.run(machine, PANIC_JOB, paths.VM / "panic", 120))
    tally += expect_error("hang", "still running", lambda: vm.run(machine, HANG_JOB, paths.VM / "hang", 20))
    outcome = vm.run(machine, SPLAT_JOB, paths.VM / "splat", 120)
    noticed = [splat for splat in outcome.splats if "planted" in splat.text]
    return tally + (Tally(passed=1) if noticed else Tally(failures=["splat: went unnoticed"]))


def guest_tally(results: Path, programs: list[str]) -> Tally:
    """Sum up what run-tests left in the results folder."""
    tally = Tally()
    for program in programs:
        name = Path(program).name
        status, output = results / f"{name}.exit", results / f"{name}.tap"
        if not status.exists():
            tally.failures.append(f"{name}: did not run to its end")
            continue
        code = int(status.read_text())
        if code == KSFT_SKIP:
            tally.skipped += 1
            continue
        one = tap.parse(output.read_text(errors="replace"), name)
        if code and not one.failures:
            one.failures.append(f"{name}: exit {code}" + (" (killed: out of time)" if code == 137 else ""))
        if (leak := results / f"{name}.leak").exists():
            one.failures.append(f"{name}: pages left pinned: {leak.read_text().strip()}")
        tally += one
    return tally


def kunit_tally(console: str) -> Tally:
    start = console.find("KTAP version")
    if start < 0:
        return Tally(failures=["KUnit: no results on the console"])
    return tap.parse(console[console.rfind("\n", 0, start) + 1:], "KUnit")


def in_guest(machine: vm.Machine, programs: list[str], folder: Path, bounds: Bounds, long: bool) -> Tally:
    """One boot: the test programs, then what the console says."""
    environment = "export PHYR_LONG=1\n" if long else bounds.environment
    limit, deadline = (DAY, DAY) if long else (bounds.program, bounds.boot)
    problems = []
    try:
        outcome = vm.run(machine, f"{environment}run-tests {limit} {' '.join(programs)}\n", folder, deadline)
        problems += [str(splat) for splat in outcome.splats]
        if outcome.status:
            problems.append(f"{folder.name}: run-tests exits with {outcome.status}")
    except vm.VmError as error:
        problems.append(str(error))
    tally = guest_tally(folder / "results", programs)
    return tally + Tally(failures=problems)


def on_kernel(artifacts: Artifacts, which: kernel.Kernel, long: bool) -> Tally:
    """KUnit and all programs; then, with a ZONE_MOVABLE, those that look at migration."""
    machine = vm.Machine(artifacts.kernel(which), artifacts.guest, artifacts.accelerator, boot_seconds=BOUNDS[which].init,
                         command_line="kunit.enable=1 kunit.filter_glob=phyr_*", crypto_queues=2)
    folder = paths.VM / f"test-{which.name}"
    programs = [program for program in userland.test_programs() if Path(program).name not in DMA_PROGRAMS]
    tally = in_guest(machine, programs, folder, BOUNDS[which], long)
    if artifacts.patched:
        tally += kunit_tally(vm.read(folder / "console.log"))
    # A hugepage pool would take the movable memory, and pinning would have to move its pages.
    movable = replace(machine, hugepages_1g=0, hugepages_2m=0, command_line="movablecore=2G")
    return tally + in_guest(movable, MOVABLE_PROGRAMS, paths.VM / f"test-{which.name}-movable", BOUNDS[which], long)


def on_machines(artifacts: Artifacts, programs: list[str], machines: dict[str, dict], bounds: Bounds, long: bool) -> Tally:
    """The programs once on each machine, in the measured kernel."""
    tally = Tally()
    for name, differences in machines.items():
        machine = vm.Machine(artifacts.kernel(kernel.PHYR), artifacts.guest, **differences)
        tally += in_guest(machine, [f"{userland.TESTS}/{program}" for program in programs],
                          paths.VM / f"test-{programs[0]}-{name}", bounds, long)
    return tally


def dma(artifacts: Artifacts, long: bool) -> Tally:
    """DMA addresses, with everything that can be between a device and memory."""
    machines = {name: {"accelerator": "tcg", "icount": True} | differences for name, differences in DMA_MACHINES.items()}
    return on_machines(artifacts, DMA_PROGRAMS, machines, Bounds(vm.BOOT_SECONDS, DMA_SECONDS, BOUNDS[kernel.PHYR].boot), long)


def crypto(artifacts: Artifacts, long: bool) -> Tally:
    """Ciphers by the device, with every kind of ring and address that it can have."""
    machines = {name: {"accelerator": artifacts.accelerator} | differences for name, differences in CRYPTO_MACHINES.items()}
    return on_machines(artifacts, CRYPTO_PROGRAMS, machines, BOUNDS[kernel.PHYR], long)


def guest_perf(artifacts: Artifacts, long: bool) -> Tally:
    return on_kernel(artifacts, kernel.PHYR, long)


def guest_debug(artifacts: Artifacts, long: bool) -> Tally:
    return on_kernel(artifacts, kernel.DEBUG, long)


def serve(artifacts: Artifacts, _long: bool) -> Tally:
    """./phyr serve, once all is built: the page within its time, with the results that there are."""
    artifacts.accelerator
    began = time.monotonic()
    command = [sys.executable, "-B", "-m", "ci", "serve", "--port", str(SERVE_PORT)]
    process = subprocess.Popen(command, cwd=paths.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        page = shell.wait_for_page(SERVE_PORT, 2 * SERVE_SECONDS)
        seconds = time.monotonic() - began
        names = {run["name"] for run in shell.get(SERVE_PORT, "/api/v1/runs")["runs"]}
    except OSError as error:
        return Tally(failures=[f"serve: {error}"])
    finally:
        process.terminate()
        process.wait()
    say(f"the page can be used after {seconds:.1f} s")
    loaded = {Path(name).stem for name in shell.loadable()}
    problems = []
    if "<title>phyr</title>" not in page:
        problems.append("serve: that is not the page")
    if names != loaded:
        problems.append(f"serve: the runs are {sorted(names)}, not {sorted(loaded)}")
    if seconds > SERVE_SECONDS:
        problems.append(f"serve: it took {seconds:.1f} s, more than {SERVE_SECONDS}")
    return Tally(passed=3 - len(problems), failures=problems)


def configuration(artifacts: Artifacts, _long: bool) -> Tally:
    """Both measured kernels build, and their configurations differ in nothing but the series."""
    artifacts.kernel(kernel.STOCK)
    artifacts.kernel(kernel.PHYR)
    artifacts.prove_config()
    return Tally(passed=1)


# Cheap ones first: a mistake shows early.
ENTRIES = {
    "golden": golden,
    "unit": unit,
    "scatterlist": scatterlist,
    "fuzz": fuzz,
    "sanitizers": sanitizers,
    "configuration": configuration,
    "series": series,
    "harness": harness,
    "serve": serve,
    "guest-perf": guest_perf,
    "dma": dma,
    "crypto": crypto,
    "diagnostics": diagnostics,
    "commits": commits,
    "guest-debug": guest_debug,
}


def names() -> list[str]:
    return list(ENTRIES)


def run(artifacts: Artifacts, long: bool, only: list[str]) -> int:
    if unknown := [name for name in only if name not in ENTRIES]:
        raise CiError(f"{unknown[0]}: no such entry; there are {', '.join(ENTRIES)}")
    total = Tally()
    for name in only or ENTRIES:
        say(f"test {name}")
        began = progress.elapsed()
        try:
            tally = ENTRIES[name](artifacts, long)
        except CiError as error:
            tally = Tally(failures=[f"{name}: {error}"])
        for failure in tally.failures:
            print(f"FAIL {failure}")
        say(f"{name}: {tally} in {progress.elapsed() - began:.0f} s")
        total += tally
    sys.stdout.flush()
    print(total)
    return 1 if total.failures or not total.passed else 0
