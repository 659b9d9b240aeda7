# SPDX-License-Identifier: GPL-2.0-only
"""Keeps build/compared below a limit: what was not used for longest is removed first."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci.comparison.builder import FOLDER
from ci.progress import say
from ci.write import remove

LIMIT = 8 << 30            # bytes; a kernel has 8 MB, what a boot found 100 KB


@dataclass(frozen=True)
class Kept:
    """What goes as a whole, the first path first."""
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
    # And an index without its objects is worse than none.
    yield from (kept(*folder.glob("*.index"), store) for store in folder.glob("store.git"))
    yield from map(kept, folder.glob("store.git.tmp"))


def prune(since: float, folder: Path = FOLDER, limit: int = LIMIT) -> int:
    """How many are gone. since: what has been used from then on is in use; the command has build/ for itself."""
    found = sorted(everything(folder), key=lambda one: one.used)
    over = sum(one.size for one in found) - limit
    gone = 0
    for one in found:
        if over <= 0 or one.used >= since:
            break
        for path in one.paths:
            remove(path)
        over -= one.size
        gone += 1
    if gone:
        say(f"{folder}: {gone} kernels and results that were not used for longest are gone")
    return gone
