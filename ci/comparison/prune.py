# SPDX-License-Identifier: GPL-2.0-only
"""build/compared does not grow without end: of what is kept that goes first which was not used for longest."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci.comparison.builder import FOLDER
from ci.progress import say

LIMIT = 8 << 30            # bytes; a kernel has 8 MB, what a boot found 100 KB


@dataclass(frozen=True)
class Kept:
    """What goes as a whole."""
    paths: tuple[Path, ...]
    used: float                # when, as time.time() has it
    size: int


def size_of(path: Path) -> int:
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_blocks * 512
    return sum(size_of(Path(entry)) for entry in os.scandir(path)) + path.lstat().st_blocks * 512


def kept(*paths: Path) -> Kept:
    return Kept(paths, max(path.lstat().st_mtime for path in paths), sum(map(size_of, paths)))


def everything(folder: Path) -> Iterator[Kept]:
    """Whoever uses one of these touches it. Objects of snapshots are nothing without their indexes."""
    for name in ("kernels", "results", "jobs"):
        yield from (kept(path) for path in (folder / name).glob("*"))
    if (folder / "store.git").exists():
        yield kept(folder / "store.git", *folder.glob("*.index"))


def prune(since: float, folder: Path = FOLDER, limit: int = LIMIT) -> int:
    """How many are gone. since: what has been used from then on is in use; the command has build/ for itself."""
    found = sorted(everything(folder), key=lambda one: one.used)
    over = sum(one.size for one in found) - limit
    gone = 0
    for one in found:
        if over <= 0 or one.used >= since:
            break
        for path in one.paths:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        over -= one.size
        gone += 1
    if gone:
        say(f"{folder}: {gone} kernels and results that were not used for longest are gone")
    return gone
