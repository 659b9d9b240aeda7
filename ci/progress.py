# SPDX-License-Identifier: GPL-2.0-only
"""Progress lines with the time since the command began: '[ 3:12] building the phyr-debug kernel'."""

import sys
import time

_began = time.monotonic()


def elapsed() -> float:
    return time.monotonic() - _began


def say(text: str) -> None:
    minutes, seconds = divmod(int(elapsed()), 60)
    print(f"[{minutes:2}:{seconds:02}] {text}", file=sys.stderr, flush=True)
