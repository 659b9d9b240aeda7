# SPDX-License-Identifier: GPL-2.0-only
"""What tests of series start from: a small base, commits on top of it, and where they go."""

import tempfile
import unittest
from pathlib import Path

from ci import series
from ci.base import IDENTITY
from ci.destinations import Destination, Destinations
from ci.git import Git


def destination(name: str, folder: str, part: str, *paths: str, needs: tuple[str, ...] = ()) -> Destination:
    return Destination(name, folder, list(paths), [f"{name}@example.org"], ["Ann Author <ann@example.org>"], part,
                       needs)


TABLE = Destinations(["MAINTAINERS", "mm/Makefile"], [
    destination("fixes-rdma", "rdma-driver", "fixes", "drivers/*"),
    destination("mm", "kernel", "patches", "mm/*", "tools/*"),
    destination("rdma", "rdma-driver", "patches", "drivers/*", "mm/rdma.c", needs=("fixes-rdma", "mm"))])


class TopicCase(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name) / "root"
        self.tree = Path(scratch.name) / "tree"
        self.tree.mkdir()
        Git(Path(scratch.name) / "git").init()
        self.git = Git(Path(scratch.name) / "git", Path(scratch.name) / "index", self.tree)
        self.write("mm/gup.c", "".join(f"line {n}\n" for n in range(30)))
        self.write("drivers/rxe.c", "rxe\n")
        self.write("mm/Makefile", "obj-y += gup.o\n")
        self.write("Kbuild", "obj-y += mm/\n")
        self.write("MAINTAINERS", "RXE\n")
        self.base = self.commit("base")

    def write(self, name: str, text: str):
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, message: str, *parent: str) -> str:
        self.git.run("add", "-A", ".")
        parents = [word for commit in parent for word in ("-p", commit)]
        return self.git.line("commit-tree", self.git.line("write-tree"), *parents, "-m", message, env=IDENTITY)

    def change(self, name: str, old: str, new: str):
        self.write(name, (self.tree / name).read_text().replace(old, new))

    def topic(self) -> str:
        """Four commits: a fix, hook and file, file alone, another folder's hook."""
        self.change("drivers/rxe.c", "rxe", "rxe, whole")
        fix = self.commit("RDMA/rxe: mend", self.base)
        self.git.run("branch", "--force", "fixes", fix)
        self.change("mm/gup.c", "line 7\n", "line seven\n")
        self.write("mm/phyr.c", "phyr\n")
        first = self.commit("mm: pin ranges\n\nWhy, at length.\n\nSigned-off-by: Ann Author <ann@example.org>", fix)
        self.write("tools/run.sh", "#!/bin/sh\n")
        (self.tree / "tools/run.sh").chmod(0o755)
        second = self.commit("tools: a script", first)
        self.change("drivers/rxe.c", "whole", "on ranges")
        return self.commit("RDMA/rxe: hold ranges", second)

    def build(self) -> str:
        return series.build(self.root, self.git.directory, self.base, TABLE)

    def import_topic(self, tip: str) -> None:
        series.import_range(self.root, self.git, f"{self.base}..{tip}", TABLE)

    def branches(self) -> dict[str, series.Branch]:
        found = series.branches(self.root, self.git.directory, self.base, TABLE)
        return {branch.destination.name: branch for branch in found}
