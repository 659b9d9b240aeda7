# SPDX-License-Identifier: GPL-2.0-only
"""The memory clock counts what was planted, and what cachegrind counts of the same program."""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ci import memory, paths, vm
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.error import CiError
from ci.progress import note
from ci.tap import Tally

FOLDER = paths.BUILD / "memory"
SOURCE = memory.SOURCES / "tests" / "planted.c"
PLANTED = FOLDER / "planted"
KIB = 1024
LINE = 64
L1, L2, LLC = (32 * KIB, 8), (256 * KIB, 8), (2048 * KIB, 16)
APART = 0.05             # of what cachegrind counts
QEMU = "qemu-x86_64"


class MemoryTestError(CiError):
    pass


@dataclass(frozen=True)
class Pattern:
    """planted's arguments, and what is to be counted in a pass behind others; misses of each level, from L1."""
    name: str
    size: int
    stride: int = LINE
    loads: int = 0
    stores: int = 0
    locked: int = 0
    lines: int = 0
    misses: tuple[int, int, int] = (0, 0, 0)


def read(size: int, stride: int, misses: tuple[int, int, int], name: str = "read") -> Pattern:
    return Pattern(name, size, stride, size // stride, lines=size // max(stride, LINE), misses=misses)


def below_and_above(name: str) -> dict[str, Pattern]:
    """Working sets of half of each level and of twice as much, read in a circle: LRU keeps all, or nothing."""
    found = {}
    for level, (size, _ways) in enumerate((L1, L2, LLC)):
        for text, used, reached in (("half", size // 2, level), ("twice", 2 * size, level + 1)):
            misses = tuple(used // LINE * (below < reached) for below in range(3))
            found[f"{name}/{text}-l{level + 1}"] = read(used, LINE, misses, name)
    return found


PATTERNS = {
    **below_and_above("read"),
    **below_and_above("random"),
    "read/words": read(16 * KIB, 8, (0, 0, 0)),
    "read/words-twice-l1": read(64 * KIB, 8, (KIB, 0, 0)),
    # One set of L1 has 8 places; addresses 4 KiB apart are in the same.
    "read/one-set-full": read(8 * 4 * KIB, 4 * KIB, (0, 0, 0)),
    "read/one-set-over": read(9 * 4 * KIB, 4 * KIB, (9, 0, 0)),
    # What was used last stays, however many others come into its set.
    "favourite/one-set": Pattern("favourite", 64 * 4 * KIB, 4 * KIB, loads=126, lines=64, misses=(63, 0, 0)),
    "write/half-l1": Pattern("write", 16 * KIB, stores=256, lines=256),
    "write/twice-l1": Pattern("write", 64 * KIB, stores=KIB, lines=KIB, misses=(KIB, 0, 0)),
    "add/half-l1": Pattern("add", 16 * KIB, loads=256, stores=256, locked=256, lines=256),
    "exchange/half-l1": Pattern("exchange", 16 * KIB, loads=256, stores=256, locked=256, lines=256),
    "add-unlocked/half-l1": Pattern("add-unlocked", 16 * KIB, loads=256, stores=256, locked=256, lines=256),
    # The first word is read across no border.
    "across/half-l1": Pattern("across", 16 * KIB, loads=255, lines=256),
    "across/twice-l1": Pattern("across", 64 * KIB, loads=1023, lines=KIB, misses=(KIB, 0, 0)),
}
PROGRAMS = {
    "read": ("read", 64 * KIB, 8, 40), "write": ("write", 512 * KIB, LINE, 40), "add": ("add", 64 * KIB, LINE, 200),
    "random": ("random", 4096 * KIB, LINE, 12), "scattered": ("scattered", 96 * KIB, 8, 40),
    "scattered-far": ("scattered", 4096 * KIB, LINE, 12),
}


def parts() -> list[str]:
    return [*(f"planted/{name}" for name in PATTERNS), *(f"cachegrind/{name}" for name in PROGRAMS)]


def call(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise MemoryTestError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")


def compile_planted() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    call([*memory.COMPILER, "-O1", "-static", f"-I{paths.ROOT}/userspace/lib", f"-I{paths.ROOT}/userspace/include",
          "-o", PLANTED, SOURCE])


def count(plugin: Path, words: list[str], *arguments: str) -> dict[str, int]:
    """What the memory clock counts of planted, run by QEMU in user mode."""
    out = FOLDER / "planted.memory"
    call([QEMU, *vm.plugin_option(str(plugin), f"out={out}", *arguments), PLANTED, *words])
    rounds = memory.parse(out.read_text(), out.name)
    return rounds[0].samples[0][0].figures


def level(size: tuple[int, int]) -> str:
    return f"{size[0]}:{size[1]}"


def planted(plugin: Path, pattern: Pattern) -> list[str]:
    """What was counted wrongly, beyond what a section without a pattern has."""
    def measured(name: str) -> dict[str, int]:
        words = [name, str(pattern.size), str(pattern.stride), "3", "measured"]
        return count(plugin, words, f"l1={level(L1)}", f"l2={level(L2)}", f"llc={level(LLC)}")

    found, nothing = measured(pattern.name), measured("nothing")
    wrong = [f"{name} {found[name] - nothing[name]:,}, planted {wanted:,}"
             for name, wanted in (("loads", pattern.loads), ("stores", pattern.stores), ("locked", pattern.locked),
                                  ("lines", pattern.lines)) if found[name] - nothing[name] != wanted]
    # The few lines of the section itself may be driven out by the pattern, each once; not more.
    return wrong + [f"{name} {found[name]:,}, planted {wanted:,}"
                    for name, wanted in zip(("l1_misses", "l2_misses", "llc_misses"), pattern.misses)
                    if not wanted <= found[name] <= wanted + nothing["lines"]]


def cachegrind(plugin: Path, program: tuple) -> list[str]:
    words = [str(word) for word in program]
    ours = count(plugin, words, "whole=on", f"l1={level(L1)}", f"llc={level(LLC)}")
    out = FOLDER / "planted.cachegrind"
    call(["valgrind", "--tool=cachegrind", "--cache-sim=yes", f"--D1={L1[0]},{L1[1]},{LINE}",
          f"--LL={LLC[0]},{LLC[1]},{LINE}", f"--cachegrind-out-file={out}", PLANTED, *words])
    text = out.read_text()
    events, summary = (re.search(rf"^{name}: (.*)$", text, re.M)[1].split() for name in ("events", "summary"))
    theirs = dict(zip(events, map(int, summary), strict=True))
    # A locked operation is two reads there, a read and a write here.
    pairs = {"instructions": (ours["instructions"], theirs["Ir"]),
             "accesses": (ours["loads"] + ours["stores"], theirs["Dr"] + theirs["Dw"]),
             "L1 misses": (ours["l1_misses"], theirs["D1mr"] + theirs["D1mw"]),
             "LL misses": (ours["llc_misses"], theirs["DLmr"] + theirs["DLmw"])}
    note(f"{' '.join(words)}: " + ", ".join(f"{name} {mine:,} of {other:,}" for name, (mine, other) in pairs.items()))
    wrong = [f"{name} {mine:,}, cachegrind {other:,}" for name, (mine, other) in pairs.items()
             if abs(mine - other) > APART * other]
    least = program[1] // LINE
    return wrong + ([f"lines {ours['lines']:,}, planted {least:,}"] if ours["lines"] < least else [])


def memory_clock(_artifacts: Artifacts, options: Options) -> Tally:
    plugin = memory.compile_plugin()
    compile_planted()
    memory.prove(plugin)
    kinds: dict[str, tuple[Callable, dict]] = {"planted": (planted, PATTERNS), "cachegrind": (cachegrind, PROGRAMS)}
    tally = Tally()
    for part in options.parts:
        kind, _slash, name = part.partition("/")
        check, cases = kinds[kind]
        wrong = check(plugin, cases[name])
        tally += Tally(failures=[f"{part}: {'; '.join(wrong)}"]) if wrong else Tally(passed=1)
    return tally
