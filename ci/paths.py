# SPDX-License-Identifier: GPL-2.0-only
"""Where things are."""

from pathlib import Path

from ci.error import CiError

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
TREES = BUILD / "trees"            # stock/ and phyr/: kernel sources, each with its objects in perf/ and debug/
STORE = BUILD / "linux.git"        # objects of the base and the series
SERIES = BUILD / "series"          # format-patch output
VM = BUILD / "vm"                  # one folder per run
RESULTS = BUILD / "results"
INSTALLED = BUILD / "guest"        # DESTDIR of userspace/


class PathError(CiError):
    pass


def check(trees: Path = TREES) -> None:
    """kbuild takes some paths only."""
    path = str(trees.resolve())
    if ":" in path or path.split() != [path]:
        raise PathError(f"'{path}': kbuild takes no path with a blank or a colon; move the clone, "
                        "or make its build/ a symbolic link to a folder elsewhere")
