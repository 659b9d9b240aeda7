# SPDX-License-Identifier: GPL-2.0-only
"""The guest's userland: userspace/ and bench/ built by meson, packed with the host programs it needs."""

import os
import shutil
import subprocess
from pathlib import Path

from ci import initramfs, paths
from ci.error import CiError
from ci.progress import say

OBJECTS = paths.BUILD / "meson"
TESTS = "/opt/phyr/tests"


class UserlandError(CiError):
    pass


def meson(*arguments: str, env: dict[str, str] | None = None) -> None:
    result = subprocess.run(["meson", *arguments], capture_output=True, text=True, env=os.environ | (env or {}))
    if result.returncode:
        raise UserlandError(f"meson {arguments[0]} failed:\n{(result.stdout + result.stderr).strip()[-3000:]}")


def compile_userspace(objects: Path = OBJECTS, *options: str, compilers: dict[str, str] | None = None) -> None:
    """options: of meson setup, for a build that is not the guest's."""
    say(f"building userspace in {objects.name}")
    if not (objects / "build.ninja").exists():
        meson("setup", str(objects), str(paths.ROOT), *options, env=compilers)
    meson("compile", "-C", str(objects))


def build() -> Path:
    """The initramfs image."""
    compile_userspace()
    shutil.rmtree(paths.INSTALLED, ignore_errors=True)
    meson("install", "-C", str(OBJECTS), "--no-rebuild", "--destdir", str(paths.INSTALLED))
    paths.VM.mkdir(parents=True, exist_ok=True)
    return initramfs.pack(paths.VM / "guest.cpio", paths.INSTALLED)


def test_programs() -> list[str]:
    """Paths inside the guest of the test programs that userspace/ installs."""
    folder = paths.INSTALLED / TESTS.lstrip("/")
    return sorted(f"{TESTS}/{p.name}" for p in folder.glob("*") if os.access(p, os.X_OK) and p.is_file())
