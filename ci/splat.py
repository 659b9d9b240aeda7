# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel prints on its console when something is wrong."""

import re
from dataclasses import dataclass
from pathlib import Path

from ci.error import CiError

ALLOWED = Path(__file__).parent / "splats-allowed"
TIMESTAMP = re.compile(r"^\[\s*\d+\.\d+\](?:\[[^\]]*\])? ?")
SPLAT = re.compile(
    r"WARNING: |\bBUG: |kernel BUG at |KASAN: |UBSAN: |KFENCE: |INFO: task .* blocked|INFO: trying to register"
    r"|INFO: rcu|rcu: INFO|possible recursive locking|circular locking|inconsistent lock state"
    r"|suspicious RCU usage|sleeping function called from invalid|scheduling while atomic|Oops: |Oops\b.*\[#"
    r"|Kernel panic|general protection fault|unable to handle|kmemleak: \d+ new suspected|unreferenced object"
    r"|page allocation failure|Bad page state|refcount_t: |list_(add|del) corruption|soft lockup|hard LOCKUP"
    r"|alg: self-tests for .* failed|DEBUG_LOCKS_WARN_ON|Out of memory: Killed|stack guard page|double fault"
)


class AllowError(CiError):
    pass


@dataclass(frozen=True)
class Splat:
    line: int
    text: str

    def __str__(self) -> str:
        return f"console line {self.line}: {self.text}"


def allowed(listing: Path = ALLOWED) -> list[re.Pattern]:
    """Regular expressions, one a line, each followed by '  # reason'."""
    patterns = []
    for number, line in enumerate(listing.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        pattern, _, reason = line.partition("  # ")
        if not reason.strip():
            raise AllowError(f"{listing}:{number}: an allowed splat needs '  # reason'")
        patterns.append(re.compile(pattern.strip()))
    return patterns


def scan(console: str, allow: list[re.Pattern]) -> list[Splat]:
    splats = []
    for number, line in enumerate(console.splitlines(), 1):
        text = TIMESTAMP.sub("", line.rstrip("\r"))
        if SPLAT.search(text) and not any(pattern.search(text) for pattern in allow):
            splats.append(Splat(number, text))
    return splats
