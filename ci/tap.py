# SPDX-License-Identifier: GPL-2.0-only
"""Test results: TAP and the kernel's KTAP, counted by their innermost tests."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

CONSOLE_TIMESTAMP = re.compile(r"^\[\s*\d+\.\d+\](?:\[[^\]]*\])? ?")
PLAN = re.compile(r"(\s*)1\.\.(\d+)")
RESULT = re.compile(r"(\s*)(ok|not ok) \d+(?: -)? ?(.*)")
SKIP = re.compile(r"#\s*skip", re.I)
DIAGNOSTIC = re.compile(r"\s*#")
LINES_OF_A_FAILURE = 20


@dataclass
class Tally:
    passed: int = 0
    skipped: int = 0
    failures: list[str] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.passed + other.passed, self.skipped + other.skipped, self.failures + other.failures)

    def __str__(self) -> str:
        return f"{self.passed} passed, {len(self.failures)} failed, {self.skipped} skipped"


@dataclass
class Level:
    """The tests of one indentation. failures: how many were known when the current nested block began."""
    planned: int = 0
    seen: int = 0
    failures: int = 0


def close(levels: dict[int, Level], tally: Tally, deeper_than: int, name: str) -> None:
    for indentation in sorted(i for i in levels if i > deeper_than):
        level = levels.pop(indentation)
        if level.seen < level.planned:
            tally.failures.append(f"{name}: {level.planned} tests planned, {level.seen} ran")


def said_of(lines: Sequence[str], result: int) -> str:
    """What a test has to say of its failure: Python and KUnit print it before the result, cmocka after."""
    before = list(takewhile(lambda line: not RESULT.fullmatch(line) and not PLAN.fullmatch(line),
                            reversed(lines[:result])))
    after = takewhile(DIAGNOSTIC.match, lines[result + 1:])
    return "".join(f"\n    {line.strip()}" for line in [*reversed(before[:LINES_OF_A_FAILURE]), *after])


def parse(text: str, name: str) -> Tally:
    """Counts of one TAP stream. Fewer results than planned, or no plan at all, is a failure."""
    tally = Tally()
    levels: dict[int, Level] = {}
    plans = 0
    lines = [CONSOLE_TIMESTAMP.sub("", raw.rstrip("\r")).rstrip() for raw in text.splitlines()]
    for number, line in enumerate(lines):
        if plan := PLAN.fullmatch(line):
            plans += 1
            level = levels.setdefault(len(plan[1]), Level(failures=len(tally.failures)))
            level.planned += int(plan[2])
            continue
        result = RESULT.fullmatch(line)
        if not result:
            continue
        indentation, verdict, title = len(result[1]), result[2], result[3].strip()
        sums_up = any(i > indentation for i in levels)
        close(levels, tally, indentation, f"{name}: {title}")
        level = levels.setdefault(indentation, Level())
        level.seen += 1
        # The result after a nested block sums it up: it counts only as a failure that no inner test reported.
        # cmocka calls a skipped test 'not ok N # SKIP'.
        if not sums_up and SKIP.search(title):
            tally.skipped += 1
        elif verdict == "not ok" and not (sums_up and len(tally.failures) > level.failures):
            tally.failures.append(f"{name}: {title}" + said_of(lines, number))
        elif not sums_up:
            tally.passed += 1
        level.failures = len(tally.failures)
    close(levels, tally, -1, name)
    if not plans:
        tally.failures.append(f"{name}: no test plan in its output")
    return tally


def verdicts(text: str) -> dict[str, str]:
    """test -> ok, not ok or skipped, of a TAP stream without nested tests."""
    found = {}
    for line in text.splitlines():
        if result := RESULT.fullmatch(line.rstrip()):
            name, comment, _ = result[3].partition(" #")
            found[name.strip()] = "skipped" if comment and SKIP.search(result[3]) else result[2]
    return found
