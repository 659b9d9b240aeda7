# SPDX-License-Identifier: GPL-2.0-only
"""A command asks for the packages of its own needs only, and names them where it cannot install them."""

import contextlib
import io
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import __main__ as door
from ci import base, packages, suite

LISTING = """\
# nothing
[ci]
git       # commits
[kernel]
gcc       # compiler
make      # kbuild
[userspace]
gcc       # compiler
meson     # build system
"""


class Listing(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        listing = Path(scratch.name) / "packages"
        listing.write_text(LISTING)
        self.sections = packages.listed(listing)

    def test_sections(self):
        self.assertEqual(self.sections, {"ci": ["git"], "kernel": ["gcc", "make"], "userspace": ["gcc", "meson"]})

    def test_a_package_of_two_needs_is_wanted_once(self):
        with mock.patch.object(packages, "listed", return_value=self.sections):
            self.assertEqual(packages.wanted({"userspace", "kernel"}), ["gcc", "make", "meson"])


class Missing(unittest.TestCase):
    def ensure(self, root: bool) -> mock.Mock:
        listed = {"a": ["there"], "b": ["lacking", "also"], "c": ["other"]}
        with mock.patch.object(packages, "listed", return_value=listed), \
                mock.patch.object(packages, "missing",
                                  side_effect=lambda names: [name for name in names if name != "there"]), \
                mock.patch.object(packages.shutil, "which", return_value="/usr/bin/dpkg-query"), \
                mock.patch.object(packages.os, "geteuid", return_value=0 if root else 1000), \
                mock.patch.object(packages, "install") as install:
            packages.ensure({"a", "b"})
        return install

    def test_root_gets_them(self):
        self.ensure(root=True).assert_called_once_with(["lacking", "also"])

    def test_others_are_told_the_command(self):
        command = "as root: apt-get install --no-install-recommends lacking also$"
        with self.assertRaisesRegex(packages.PackageError, command):
            self.ensure(root=False)


class Needs(unittest.TestCase):
    def wanted_by(self, *words: str) -> list[str]:
        """The packages that ./phyr WORDS would ask for, on a machine that has the base."""
        found = []
        with mock.patch.object(sys, "argv", ["phyr", *words]), mock.patch.object(base, "needs", return_value=()), \
                mock.patch.object(door.children, "adopt"), mock.patch.object(door.children, "end_all"), \
                mock.patch.object(door.signal, "signal"), contextlib.redirect_stderr(io.StringIO()), \
                mock.patch.object(packages, "ensure", side_effect=lambda needs: found.extend(needs) or self.stop()):
            self.assertEqual(door.main(), 1)
        return packages.wanted(found)

    def stop(self):
        raise packages.PackageError("as if some were missing")

    def test_every_need_is_a_heading(self):
        known = packages.listed()
        for entry in suite.ENTRIES:
            self.assertLessEqual(set(entry.needs), known.keys(), entry.name)
        self.assertLessEqual({"ci", "base", *door.GUEST}, known.keys())

    def test_the_tests_of_ci_need_what_they_run(self):
        self.assertLessEqual({"python3-jsonschema", "gcc", "cpio"}, set(self.wanted_by("test", "ci")))

    def test_the_series_needs_no_compiler(self):
        self.assertEqual(self.wanted_by("series"), ["python3", "git"])

    def test_kernels_need_no_libraries_and_no_machine(self):
        wanted = self.wanted_by("kernels")
        self.assertIn("flex", wanted)
        self.assertTrue({"meson", "qemu-system-x86", "chromium"}.isdisjoint(wanted))

    def test_quick_needs_no_kernel_and_no_guest(self):
        wanted = self.wanted_by("test", "quick")
        self.assertLessEqual({"perl", "meson"}, set(wanted))
        self.assertTrue({"flex", "bison", "qemu-system-x86", "chromium", "clang"}.isdisjoint(wanted))

    def test_a_part_needs_what_its_entry_needs(self):
        self.assertEqual(self.wanted_by("test", "checkpatch/0001*"), ["python3", "git", "perl"])

    def test_all_tests_need_all(self):
        self.assertLessEqual({"chromium", "sparse", "clang", "qemu-system-x86"}, set(self.wanted_by("test")))
