# SPDX-License-Identifier: GPL-2.0-only
"""Keeps build/compared below a limit: what was not used for longest is removed first. Trees of nodes go by age."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ci import paths
from ci.comparison.builder import FOLDER
from ci.progress import say
from ci.write import remove

LIMIT = 8 << 30            # bytes; a kernel has 8 MB, what a boot found 100 KB
# Of trees that nodes build in: each node of a cluster may be in need of its own, so no number is too many. A build in
# a new one takes a minute more, with all that is in the compiler cache.
TREE_SECONDS = 7 * 86400


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


def trees(folder: Path) -> Iterator[tuple[Path, Path]]:
    """(lock, tree) of each that is there, or half removed. work_tree() of ci/comparison/job.py makes them."""
    for lock in folder.glob("compared-*-*.lock"):
        tree = lock.with_suffix("")
        if not lock.match("*.index.lock") and any(path.exists() for path in (tree, tree.with_name(f"{tree.name}.tmp"))):
            yield lock, tree


def prune_trees(now: float, folder: Path = paths.TREES, seconds: float = TREE_SECONDS) -> int:
    """How many are gone, of those that no build has been in for so long. Locks stay: a node may wait for one."""
    gone = 0
    for lock, tree in trees(folder):
        with lock.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if lock.stat().st_mtime > now - seconds:
                continue
            # With an index git would take files for there that are gone.
            tree.with_name(f"{tree.name}.index").unlink(missing_ok=True)
            tree.mkdir(exist_ok=True)              # What was interrupted is taken up where the tree itself is gone.
            remove(tree)
            gone += 1
    if gone:
        say(f"{folder}: {gone} trees of nodes that no build was in for a week are gone")
    return gone
