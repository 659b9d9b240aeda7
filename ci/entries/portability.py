# SPDX-License-Identifier: GPL-2.0-only
"""Other processors, page sizes and choices of Kconfig: the series builds there, with no warning in what it touches."""

from dataclasses import dataclass
from pathlib import Path

from ci import config, foreign, kernel, progress, vm
from ci.architecture import ARM, ARM64, I386, POWERPC, S390, X86_64, Architecture
from ci.artifacts import Artifacts
from ci.entries import diagnostics, guest, kbuild_objects, kunit
from ci.entries.guest import Bounds, folder_of
from ci.entry import Options
from ci.error import CiError
from ci.progress import say
from ci.tap import Tally

TREE = "portability"
# An emulated guest that clears large pages takes its time: fewer layouts than x86-64, another seed.
BOUNDS = Bounds(init=300, program=900, boot=1800, environment="export PHYR_LAYOUTS=300 PHYR_SEED=65\n")
BITS_32 = ("base", "portable", "phyr")
BITS_64 = (*BITS_32, "64bit")


@dataclass(frozen=True)
class Configuration:
    """Its own options, of portability/NAME.config, win over those that it has in common with others."""
    name: str
    architecture: Architecture
    common: tuple[str, ...] = ()           # fragments
    start: str = "allnoconfig"             # the goal of kbuild that all these are on top of
    linked: bool = False                   # the kernel with its modules; else the objects of the folders that we touch
    always: bool = False                   # in ./phyr test without --long
    guest: dict | None = None              # members of vm.Machine: the kernel boots and runs KUnit
    programs: tuple[str, ...] = ()         # that this guest runs afterwards

    @property
    def kernel(self) -> kernel.Kernel:
        return kernel.Kernel(TREE, self.name, self.architecture)

    def goals(self, files: set[str], long: bool) -> list[str]:
        if self.guest is not None:
            return [Path(self.architecture.image).name]
        return ["vmlinux", "modules"] if self.linked else wanted(self.kernel, files, long)

    @property
    def options(self) -> dict[str, str]:
        own = config.fragment(config.FRAGMENTS / TREE / f"{self.name}.config")
        return config.merged(list(self.common)) | own


CONFIGURATIONS = (
    Configuration("x86-64", X86_64, start="allmodconfig", always=True),
    Configuration("i386", I386, BITS_32, always=True,
                  guest={"memory": "5G", "hugepages_1g": 0, "hugepages_2m": 0}),
    Configuration("arm64-64k", ARM64, (*BITS_64, "arm64"), always=True,
                  guest={"memory": "6G", "hugepages_1g": 0, "hugepages_512m": 1}, programs=tuple(foreign.PROGRAMS)),
    Configuration("arm64-16k", ARM64, (*BITS_64, "arm64")),
    Configuration("arm64-4k", ARM64, (*BITS_64, "arm64")),
    Configuration("arm-lpae", ARM, BITS_32),
    Configuration("no-gup-fast", ARM, BITS_32),
    Configuration("no-mmu", ARM),
    Configuration("s390", S390, BITS_64),
    Configuration("powerpc64", POWERPC, BITS_64),
    Configuration("no-phyr", X86_64, (*BITS_64, "x86-64")),
    Configuration("modules", X86_64, (*BITS_64, "x86-64"), linked=True),
)


def configurations() -> list[str]:
    return [one.name for one in CONFIGURATIONS]


def usual() -> list[str]:
    return [one.name for one in CONFIGURATIONS if one.always]


def wanted(which: kernel.Kernel, files: set[str], long: bool) -> list[str]:
    """Objects to compile: of files, or of all that is in their folders."""
    there = kbuild_objects.beside(which, diagnostics.buildable(sorted(files)))
    return [name for name in there if long or f"{name[:-2]}.c" in files]


def forget(which: kernel.Kernel, files: set[str]) -> None:
    """An object that is up to date would not repeat its warnings."""
    for name in diagnostics.buildable(sorted(files)):
        (which.objects / name).unlink(missing_ok=True)


def problems(one: Configuration, files: set[str], made: bool, said: str) -> list[str]:
    """What the compiler has to say of files, and whatever else keeps kbuild from its goals."""
    found = diagnostics.diagnostics(said)
    ours = [f"{name}: {text}" for name, text in sorted(found) if name in files]
    if made or any(": error: " in line or ": fatal error: " in line for line in ours):
        return ours
    return ours + ["make: " + " / ".join(said.strip().splitlines()[-5:])]


def build(artifacts: Artifacts, one: Configuration, options: Options) -> Tally:
    """One test: the configuration is what it shall be, and builds."""
    say(f"building for {one.name}")
    began = progress.elapsed()
    which, files = one.kernel, set(diagnostics.touched(artifacts.store, artifacts.base, artifacts.tip))
    kernel.configure(which, one.options, one.start)
    kernel.make(which, "prepare", processes=options.cores)
    forget(which, files)
    goals = one.goals(files, options.long)
    made, said = kernel.try_make(which, "-k", *goals, processes=options.cores)
    what = " and ".join(goals) if len(goals) < 3 else f"{len(goals)} objects"
    say(f"{one.name}: {what} in {progress.elapsed() - began:.0f} s")
    found = problems(one, files, made, said)
    return Tally(failures=[f"{one.name}: {text}" for text in found]) if found else Tally(passed=1)


def boot(one: Configuration, options: Options) -> Tally:
    """KUnit and the programs."""
    say(f"booting {one.name}")
    machine = vm.Machine(one.kernel.image, foreign.build(one.architecture, bool(one.programs)), "tcg", one.architecture,
                         boot_seconds=BOUNDS.init, command_line=f"kunit.enable=1 kunit.filter_glob={kunit.EVERY_SUITE}",
                         **one.guest)
    folder = folder_of(f"{TREE}/{one.name}")
    tally = guest.programs(machine, list(one.programs), folder, BOUNDS, options)
    tally += kunit.tally_of(vm.read(folder / "console.log"))
    return Tally(tally.passed, tally.skipped, [f"{one.name}: {text}" for text in tally.failures])


def attempt(artifacts: Artifacts, one: Configuration, options: Options) -> Tally:
    try:
        tally = build(artifacts, one, options)
        return tally if tally.failures or one.guest is None else tally + boot(one, options)
    except CiError as error:
        return Tally(failures=[f"{one.name}: {error}"])


def portability(artifacts: Artifacts, options: Options) -> Tally:
    """With --long also what is beside our files in their folders."""
    artifacts.keep(f"tree {TREE}", lambda: kernel.checkout(TREE, artifacts.tip))
    tally = Tally()
    for one in CONFIGURATIONS:
        if one.name in options.parts:
            tally += attempt(artifacts, one, options)
    return tally
