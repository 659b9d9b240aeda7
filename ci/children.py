# SPDX-License-Identifier: GPL-2.0-only
"""No process that a command started outlives it."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 5.0        # seconds between the request to end and the end


def adopt() -> None:
    """Descendants whose parent ends become our children, so that they can be found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def parents() -> dict[int, int]:
    """process -> its parent, for all that have not ended"""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may contain anything.
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state not in "ZX":
            found[int(stat.parent.name)] = int(parent)
    return found


def descendants() -> list[int]:
    above = parents()

    def is_ours(process: int) -> bool:
        while process in above:
            process = above[process]
            if process == os.getpid():
                return True
        return False

    return [process for process in above if is_ours(process)]


def refuse_new(event: str, _arguments: tuple) -> None:
    if event == "subprocess.Popen":
        raise RuntimeError("the command is ending")


def end_all() -> None:
    """For a command that ends early: its other threads can start nothing any more."""
    sys.addaudithook(refuse_new)
    deadline = time.monotonic() + PATIENCE
    number = signal.SIGTERM
    while left := descendants():
        for process in left:
            try:
                os.kill(process, number)
            except ProcessLookupError:
                pass
        time.sleep(0.1)
        if time.monotonic() > deadline:
            number = signal.SIGKILL
