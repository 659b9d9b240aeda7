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
