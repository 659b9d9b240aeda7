# SPDX-License-Identifier: GPL-2.0-only
"""A fresh Debian is made from what this machine's Debian says of itself."""

import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import debian_root


class DebianRootTest(unittest.TestCase):
    def test_the_release_is_this_machines(self):
        self.assertEqual(debian_root.codename('NAME="Debian"\nVERSION_CODENAME=bookworm\n'), "bookworm")
        self.assertEqual(debian_root.codename('VERSION_CODENAME="trixie"\n'), "trixie")
        with self.assertRaisesRegex(debian_root.RootError, "VERSION_CODENAME"):
            debian_root.codename("NAME=Other\n")

    def test_archives_are_those_that_are_in_use(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "sources.list.d").mkdir()
            (folder / "sources.list").touch()
            for file in ("debian.sources", "own.list", "own.list.disabled"):
                (folder / "sources.list.d" / file).write_text("Types: deb\n")
            self.assertEqual([path.name for path in debian_root.archives(folder)], ["debian.sources", "own.list"])

    def test_a_machine_without_either_file_has_no_archives(self):
        with tempfile.TemporaryDirectory() as name:
            self.assertEqual(debian_root.archives(Path(name)), [])

    def test_a_failure_shows_the_end_of_the_log(self):
        failed = subprocess.CompletedProcess([], 1)

        def run(_command: list[str], stdout: object, **_options: object) -> subprocess.CompletedProcess:
            stdout.write("E: no such package\n")
            stdout.flush()
            return failed

        with tempfile.TemporaryDirectory() as name, mock.patch.object(debian_root.subprocess, "run", run), \
                self.assertRaisesRegex(debian_root.RootError, "no such package"):
            debian_root.make([Path("a.deb")], Path(name) / "root")


if __name__ == "__main__":
    unittest.main()
