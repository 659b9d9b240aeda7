# SPDX-License-Identifier: GPL-2.0-only
"""Which tests there are, by the names of their files: known before anything is built.

What meson says, once it has set a build up, is held against this (entries/userspace.py, entries/machines.py).
"""

import re
from pathlib import Path

from ci import paths

FOLDERS = ("kernel/tests", "rdma-driver/tests", "crypto-driver/tests", "storage/tests", "bench/tests",
           "userspace/tests")
# A source of the guest's tests is a program of its own if one of these stands in for its main().
PROGRAM = re.compile(r"^(TEST_MAIN|PAIR_PROGRAM)\(", re.M)
# Names, one a line, which meson reads, too.
UNIT_TESTS_IN_GUEST = "userspace/tests/in_guest"
ON_SIW = "rdma-driver/tests/on_siw"


def lines(file: Path) -> list[str]:
    return file.read_text().split()


def sources(root: Path, pattern: str) -> list[Path]:
    return [path for folder in FOLDERS for path in (root / folder).rglob(pattern) if "fuzz" not in path.parts]


def unit_tests(root: Path = paths.ROOT) -> list[str]:
    """test_NAME.c and test_NAME.py run on this machine."""
    return sorted(path.stem.removeprefix("test_") for path in [*sources(root, "test_*.c"), *sources(root, "test_*.py")])


def guest_programs(root: Path = paths.ROOT) -> list[str]:
    """Other programs, and scripts, run in the guest; so do a few unit tests, and a few programs once more with siw."""
    programs = [path.stem for path in sources(root, "*.c")
                if not path.stem.startswith("test_") and PROGRAM.search(path.read_text())]
    scripts = [path.stem for path in sources(root, "*.sh")
               if path.parent.name == "tests" and path.stem not in ("on_siw", "tap")]
    return sorted([*programs, *scripts, *(f"test_{name}" for name in lines(root / UNIT_TESTS_IN_GUEST)),
                   *(f"siw_{name}" for name in lines(root / ON_SIW))])
