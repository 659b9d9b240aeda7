# SPDX-License-Identifier: GPL-2.0-only
"""Builds of userspace/ and bench/ by meson, and the guest's userland made of one of them."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci import initramfs, paths
from ci.error import CiError
from ci.progress import say

TESTS = "/opt/phyr/tests"    # in the guest
INSTALLED_TESTS = paths.INSTALLED / TESTS.lstrip("/")


class UserlandError(CiError):
    pass


@dataclass(frozen=True)
class Build:
    folder: str                    # below build/
    options: tuple[str, ...] = ()  # of meson setup
    clang: bool = False

    @property
    def objects(self) -> Path:
        return paths.BUILD / self.folder


PLAIN = Build("meson", ("-Dvm_tests=true",))
# A finding ends the program, which makes its test fail.
SANITIZED = {
    "asan": Build("meson-asan", ("-Db_sanitize=address,undefined",)),
    "tsan": Build("meson-tsan", ("-Db_sanitize=thread",)),
}
FUZZERS = Build("meson-fuzz", ("-Dfuzz=true", "-Dc_args=-fsanitize=fuzzer-no-link", "-Db_lundef=false",
                               "-Db_sanitize=address,undefined"), clang=True)


def meson(*arguments: str, env: dict[str, str] | None = None) -> None:
    result = subprocess.run(["meson", *arguments], capture_output=True, text=True, env=os.environ | (env or {}))
    if result.returncode:
        raise UserlandError(f"meson {arguments[0]} failed:\n{(result.stdout + result.stderr).strip()[-3000:]}")


def set_up(objects: Path) -> bool:
    """Whole, and here: meson remembers absolute paths, so what was copied or moved builds and tests another clone."""
    try:
        folders = json.loads((objects / "meson-info" / "meson-info.json").read_text())["directories"]
        return (objects / "build.ninja").stat().st_size > 0 and \
            (folders["source"], folders["build"]) == (str(paths.ROOT), str(objects.resolve()))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def compile_build(build: Build, processes: int | None = None) -> Path:
    """Bring it up to date; the folder of its objects."""
    say(f"building userspace in {build.objects.name}")
    if not set_up(build.objects):
        shutil.rmtree(build.objects, ignore_errors=True)
        meson("setup", str(build.objects), str(paths.ROOT), *build.options,
              env={"CC": "ccache clang", "CXX": "ccache clang++"} if build.clang else None)
    meson("compile", "-C", str(build.objects), *(["-j", str(processes)] if processes else []))
    return build.objects


def pack(objects: Path) -> Path:
    """The initramfs image with what objects installs."""
    shutil.rmtree(paths.INSTALLED, ignore_errors=True)
    meson("install", "-C", str(objects), "--no-rebuild", "--destdir", str(paths.INSTALLED))
    paths.VM.mkdir(parents=True, exist_ok=True)
    return initramfs.pack(paths.VM / "guest.cpio", paths.INSTALLED)
