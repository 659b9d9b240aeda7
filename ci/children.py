# SPDX-License-Identifier: GPL-2.0-only
"""No process that a command started outlives it."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PATIENCE = 5.0        # seconds between the request to end and the end


def adopt() -> None:
    """Descendants whose parent ends become our children, so that they can be found."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(command: list, data: bytes | None = None, **more) -> subprocess.CompletedProcess:
    """The command with data as its input, and what it said. Interrupted, it is asked to end, and has time for that.

    subprocess.run() kills it, which makes git leave its locks behind, and a work tree between two states.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, **more) as process:
        try:
            out, error = process.communicate(data)
        except BaseException:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    return subprocess.CompletedProcess(command, process.returncode, out, error)


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

    # A number may be another process's by the time its parent's is read: no way up is followed twice.
    ours, more = set(), {os.getpid()}
    while more := {process for process, parent in above.items() if parent in more} - ours:
        ours |= more
    return sorted(ours - {os.getpid()})


def refuse_new(event: str, _arguments: tuple) -> None:
    if event == "subprocess.Popen":
        raise RuntimeError("the command is ending")


def end_all() -> None:
    """For a command that ends early: its other threads can start nothing any more."""
    sys.addaudithook(refuse_new)
    deadline = time.monotonic() + PATIENCE
    looks = 2 if descendants() else 0       # A thread may have been about to start one.
    # What does not end when it is killed waits for a device.
    while looks and time.monotonic() < deadline + PATIENCE:
        left = descendants()
        looks = 2 if left else looks - 1
        for process in left:
            try:
                os.kill(process, signal.SIGTERM if time.monotonic() < deadline else signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        time.sleep(0.1)
