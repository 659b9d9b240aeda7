# SPDX-License-Identifier: GPL-2.0-only
"""The guest's root on another architecture: busybox, and the tests of pins, which need libc only."""

import subprocess
from pathlib import Path

from ci import archive, initramfs, paths
from ci.architecture import Architecture
from ci.error import CiError
from ci.progress import say

TESTS = paths.ROOT / "kernel/tests"
SUPPORT = TESTS / "support"
INSIDE = "/opt/phyr/tests"
# Each with what it has for itself.
PROGRAMS = {"phyr_pins": (), "phyr_property": ("range_check",), "pin_ends_early": ()}
FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-O2", "-g", "-Wall", "-Wextra", "-Werror")
PACKAGES = ["busybox-static"]


class ForeignError(CiError):
    pass


def packages(architecture: Architecture) -> Path:
    """What Debian has built for it; kept until the build folder is deleted."""
    folder = paths.BUILD / "foreign" / architecture.name
    done = folder / "unpacked"
    if not done.exists():
        say(f"fetching {' and '.join(PACKAGES)} for {architecture.name}")
        archive.unpack(PACKAGES, archive.release(), architecture.debian, folder)
        done.touch()
    return folder / "root"


def run(*command: object) -> str:
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if result.returncode:
        raise ForeignError(f"{command[0]}: {result.stderr.strip()[-1000:]}")
    return result.stdout


def compile_tests(architecture: Architecture, folder: Path) -> None:
    compiler = f"{architecture.prefix}gcc"
    headers = f"-I{paths.ROOT / 'kernel/files/mm/phyr_test'}"
    support = sorted(path for path in SUPPORT.glob("*.c") if not path.name.startswith("test_harness"))
    for program, others in PROGRAMS.items():
        sources = [TESTS / f"{name}.c" for name in (program, *others)]
        run(compiler, *FLAGS, headers, f"-I{SUPPORT}", *sources, *support, "-o", folder / program)


def libc(architecture: Architecture) -> list[Path]:
    """The compiler's own C library and its loader."""
    compiler = f"{architecture.prefix}gcc"
    names = ("libc.so.6", "ld-linux-aarch64.so.1")
    return [Path(run(compiler, f"-print-file-name={name}").strip()) for name in names]


def stage(root: Path, architecture: Architecture, tests: bool) -> None:
    debian = packages(architecture)
    initramfs.stage_base(root, debian / "bin/busybox")
    if tests:
        inside = root / INSIDE.lstrip("/")
        inside.mkdir(parents=True)
        compile_tests(architecture, inside)
        for shared in libc(architecture):
            initramfs.copy(shared.resolve(), root / "lib" / shared.name)


def build(architecture: Architecture, tests: bool = False) -> Path:
    """The initramfs image; with the tests of pins."""
    paths.VM.mkdir(parents=True, exist_ok=True)
    return initramfs.archive(paths.VM / f"guest-{architecture.name}.cpio",
                             lambda root: stage(root, architecture, tests))
