# SPDX-License-Identifier: GPL-2.0-only
"""A listed tarball must be the listed one."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import base
from ci.git import Git


class BaseTest(unittest.TestCase):
    SUMS = {("7.3.4", "linux-source-7.3.tar.xz"): "aa"}

    def test_listed_tarball_must_have_the_listed_sum(self):
        base.verify("linux-source-7.3.tar.xz", "aa", "7.3.4", self.SUMS)
        with self.assertRaisesRegex(base.BaseError, "sha256 is bb, kernel/base lists aa"):
            base.verify("linux-source-7.3.tar.xz", "bb", "7.3.4", self.SUMS)

    def test_later_release_of_the_series_is_accepted(self):
        with mock.patch("ci.base.note") as note:
            base.verify("linux-source-7.3.tar.xz", "bb", "7.3.5", self.SUMS)
        note.assert_called_once()

    def test_other_series_is_refused(self):
        with self.assertRaisesRegex(base.BaseError, "Linux 7.30.1; the series applies to 7.3.y"):
            base.verify("linux.tar.xz", "bb", "7.30.1", self.SUMS)

    def test_missing_tarball_of_the_user_is_named(self):
        with mock.patch.dict("os.environ", {base.TARBALL_VARIABLE: "/nowhere/linux.tar.xz"}):
            with self.assertRaisesRegex(base.BaseError, "PHYR_LINUX_TARBALL=/nowhere/linux.tar.xz: no such file"):
                base.tarball(Path("/nonexistent"))

    def test_version_is_read_from_the_makefile(self):
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / "Makefile").write_text("VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 4\nEXTRAVERSION =\n")
            self.assertEqual(base.version(Path(scratch)), "7.3.4")

    def test_commits_on_the_branch_are_refused(self):
        with tempfile.TemporaryDirectory() as scratch:
            store = Git(Path(scratch) / "git")
            store.init()
            tree = store.line("mktree")
            first = store.line("commit-tree", tree, "-m", "Linux", env=base.IDENTITY)
            store.run("update-ref", base.REF, first)
            self.assertEqual(base.root_commit(store), first)
            store.run("update-ref", base.REF,
                      store.line("commit-tree", tree, "-p", first, "-m", "mine", env=base.IDENTITY))
            with self.assertRaisesRegex(base.BaseError, f"1 commits on top of Linux.* {base.REF} {first}$"):
                base.root_commit(store)

    def test_the_project_list_is_valid(self):
        for (version, name), sha256 in base.known().items():
            self.assertRegex(f"{version} {name} {sha256}", r"^7\.3\.\d+ \S+\.tar\.\w+ [0-9a-f]{64}$")


if __name__ == "__main__":
    unittest.main()
