# SPDX-License-Identifier: GPL-2.0-only
"""One command at a time makes things in build/."""

import fcntl
import os
from pathlib import Path
from typing import IO

from ci import paths
from ci.error import CiError

FILE = paths.BUILD / "lock"
HELD = "PHYR_LOCK"                 # in the environment of what a command starts, such as another ./phyr: the file
_held: list[IO[str]] = []


class LockError(CiError):
    pass


def left_over(path: Path) -> list[str]:
    """'number (name)' of what a command started that has been killed: it has the lock's name in its environment."""
    mark = os.fsencode(f"{HELD}={path}")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                found.append(f"{process.name} ({(process / 'comm').read_text().strip()})")
        except OSError:
            pass
    return found


def hold(path: Path = FILE) -> None:
    """Until release(), or the end of this process, however it ends."""
    if os.environ.get(HELD) == str(path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise LockError(f"another ./phyr, process {owner}, is at work in {path.parent}; wait for its end, "
                        "or take another clone") from None
    if left := left_over(path):
        file.close()
        raise LockError(f"of a ./phyr that was killed these are still at work in {path.parent}: {', '.join(left)}; "
                        "wait for their end, or end them")
    # An index is used under the lock only: who locked this one has been killed.
    for index in path.parent.glob("*/*.index.lock"):
        index.unlink()
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    os.environ[HELD] = str(path)
    _held.append(file)


def release() -> None:
    """Everything is made: what runs for long now, such as a VM by hand, is in nobody's way."""
    while _held:
        os.environ.pop(HELD, None)
        _held.pop().close()
