# SPDX-License-Identifier: GPL-2.0-only
"""One entry of ./phyr test: what it is called, what it does, and what it takes to run it."""

from collections.abc import Callable
from dataclasses import dataclass

from ci.artifacts import Artifacts
from ci.tap import Tally


@dataclass(frozen=True)
class Options:
    name: str                        # of the piece, such as guest-debug/movable: for folders of its own
    parts: tuple[str, ...] = ()      # of the entry's parts these; none where it has no parts
    long: bool = False               # the random tests for as long as they may take
    cores: int = 1                   # processes that may work at a time


def together(parts: list[str]) -> list[list[str]]:
    """All in one piece."""
    return [parts]


def apart(parts: list[str]) -> list[list[str]]:
    """Each part by itself."""
    return [[part] for part in parts]


@dataclass(frozen=True)
class Entry:
    name: str
    text: str                                            # what it does, for --list
    run: Callable[[Artifacts, Options], Tally]
    needs: tuple[str, ...] = ()                          # headings in ci/packages
    uses: tuple[str, ...] = ()                           # of artifacts.STEPS, made before it runs
    parts: Callable[[], list[str]] = list                # what of it can be asked for, known without building
    split: Callable[[list[str]], list[list[str]]] = together    # parts -> pieces that run side by side
    seconds: float = 10                                  # a piece takes about, on one core: who takes long begins first
    guest: bool = False                                  # a piece boots a VM, one at a time
    alone: bool = False                                  # measures time: nothing else may run
    default: bool = True                                 # else only by name, or with --long
    usual: Callable[[], list[str]] | None = None         # the parts that run when nobody names the entry; else all
    quick: bool = False                                  # of ./phyr test quick
