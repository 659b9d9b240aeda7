# SPDX-License-Identifier: GPL-2.0-only
"""Progress lines with the time since the command began: '[ 3:12] building the phyr-debug kernel'."""

import sys
import threading
import time

_began = time.monotonic()
_lock = threading.Lock()       # a line is written whole
_thread = threading.local()    # .job: what the thread runs, where several run side by side
steps: dict[str, str] = {}     # job -> what it does at the moment


def elapsed() -> float:
    return time.monotonic() - _began


def line(text: str) -> None:
    minutes, seconds = divmod(int(elapsed()), 60)
    with _lock:
        sys.stdout.flush()
        print(f"[{minutes:2}:{seconds:02}] {text}", file=sys.stderr, flush=True)


def enter(job: str) -> None:
    """From here on this thread works for job."""
    _thread.job = job


def say(text: str) -> None:
    """What happens now. Of a job among others it is kept, for whoever asks what they all do."""
    job = getattr(_thread, "job", None)
    if job:
        steps[job] = text
    else:
        line(text)


def note(text: str) -> None:
    """What people must see, whoever says it."""
    job = getattr(_thread, "job", None)
    line(f"{job}: {text}" if job else text)
