# SPDX-License-Identifier: GPL-2.0-only
"""What debian/ repeats of other files is what they say; the packages are of the work tree as it is."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import __main__ as door
from ci import deb, packages, paths

DEBIAN = paths.ROOT / "debian"
# Debian's older and newer names of the same.
RENAMED = {"pkg-config": "pkgconf"}
# What dpkg-buildpackage takes for granted, and what debian/control asks for in another way.
ESSENTIAL = {"gcc", "g++", "libc6-dev", "ninja-build"}


class Debian(unittest.TestCase):
    def test_version(self):
        newest = (DEBIAN / "changelog").read_text().splitlines()[0]
        self.assertTrue(newest.startswith(f"phyr ({door.version()}) "), newest)

    def test_the_libraries_that_userspace_needs(self):
        field = re.search(r"^Build-Depends:\n((?: .*\n)+)", (DEBIAN / "control").read_text(), re.M)[1]
        asked = {re.match(r"[\w.+-]+", line.strip())[0] for line in field.splitlines()}
        wanted = {RENAMED.get(name, name) for name in packages.wanted(["userspace"])} - ESSENTIAL
        self.assertEqual(wanted - asked, set())


class Export(unittest.TestCase):
    def test_files_as_they_are_now(self):
        with tempfile.TemporaryDirectory() as scratch:
            root, copy = Path(scratch) / "tree", Path(scratch) / "copy"
            (root / "folder").mkdir(parents=True)
            for name, text in (("folder/changed", "old"), ("gone", ""), (".gitignore", "built\n")):
                (root / name).write_text(text)
            for command in (["init", "--quiet"], ["add", "."]):
                subprocess.run(["git", *command], cwd=root, check=True)
            (root / "folder/changed").write_text("now")
            (root / "gone").unlink()
            (root / "new").touch()
            (root / "built").touch()
            deb.export(root, copy)
            found = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
            self.assertEqual(found, {".gitignore", "folder/changed", "new"})
            self.assertEqual((copy / "folder/changed").read_text(), "now")


@unittest.skipUnless(shutil.which("dpkg-buildpackage"), "no dpkg-dev on this machine")
class Failure(unittest.TestCase):
    def test_names_the_log_and_its_last_lines(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "deb"
            places = {"FOLDER": folder, "SOURCE": folder / "phyr", "LOG": folder / "build.log"}
            with mock.patch.multiple(deb, **places), mock.patch.object(deb, "export", lambda _root, to: to.mkdir(
                    parents=True)), self.assertRaisesRegex(deb.DebError, "build.log:(.|\n)*debian/changelog"):
                deb.build(1)


if __name__ == "__main__":
    unittest.main()
