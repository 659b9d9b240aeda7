# SPDX-License-Identifier: GPL-2.0-only
"""The man pages: well formed, and of what there is."""

import re
import subprocess
import sys
import unittest
from pathlib import Path

import phyrd

USERSPACE = Path(__file__).resolve().parent.parent
PAGES = sorted(USERSPACE.glob("man/*.[1-8]"))
HEADERS = sorted(USERSPACE.parent.glob("*/files/mm/phyr_test/phyr_test*.h"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def text(section, name):
    return (USERSPACE / "man" / f"{name}.{section}").read_text()


class Pages(unittest.TestCase):
    def quiet(self, *command):
        result = subprocess.run(command, capture_output=True, text=True,
                                env={"PATH": "/usr/bin:/bin", "MANROFFSEQ": ""})
        complaints = [line for line in (result.stdout + result.stderr).splitlines() if "makewhatis" not in line]
        self.assertEqual((result.returncode, complaints), (0, []))

    def test_lint(self):
        self.assertTrue(PAGES)
        for page in PAGES:
            with self.subTest(page=page.name):
                self.quiet("mandoc", "-T", "lint", "-W", "warning", page)

    def test_sections_and_references(self):
        pages = {(page.name.rpartition(".")[0], page.suffix[1:]) for page in PAGES}
        for page in PAGES:
            for name, section in re.findall(r"^\.Xr (\S+) (\d)", page.read_text(), re.MULTILINE):
                if "phyr" in name:
                    self.assertIn((name, section), pages, page.name)


class Library(unittest.TestCase):
    def test_functions(self):
        headers = "".join(COMMENT.sub("", path.read_text()) for path in USERSPACE.glob("include/phyr/*.h"))
        declared = set(re.findall(r"\b(phyr_\w+)\(", headers))
        described = set(re.findall(r"^\.F[no] (phyr_\w+)", text(3, "libphyr"), re.MULTILINE))
        self.assertEqual(described, declared)

    def test_headers(self):
        there = {f"phyr/{path.name}" for path in USERSPACE.glob("include/phyr/*.h")}
        self.assertEqual(set(re.findall(r"^\.In (\S+)", text(3, "libphyr"), re.MULTILINE)), there)


class Options(unittest.TestCase):
    def test_programs(self):
        """What --help knows the page knows, and the other way round."""
        for section, name, program in ((8, "phyrd", phyrd.PROGRAM), (1, "phyrctl", sys.argv[2])):
            help_ = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
            options = set(re.findall(r"--([a-z-]+)", help_))
            self.assertEqual(set(re.findall(r"Fl \\-([a-z-]+)", text(section, name))), options, name)


class Device(unittest.TestCase):
    def test_structures(self):
        """Member for member what the kernel's headers say."""
        self.assertEqual(len(HEADERS), 3)
        header = COMMENT.sub("", "".join(path.read_text() for path in HEADERS))
        page = COMMENT.sub("", text(4, "phyr_test"))
        for name in re.findall(r"^struct (\w+) \{", header, re.MULTILINE):
            pattern = re.compile(r"^struct " + name + r" \{\n(.*?)^\};", re.DOTALL | re.MULTILINE)
            members = pattern.search(header)[1].split()
            self.assertEqual(pattern.search(page)[1].split(), members, name)

    def test_requests_and_flags(self):
        page = text(4, "phyr_test")
        headers = COMMENT.sub("", "".join(path.read_text() for path in HEADERS))
        for name in re.findall(r"\b(PHYR_TEST_[A-Z_]+)\b", headers):
            if name != "PHYR_TEST_IOC_MAGIC":
                self.assertIn(name, page)


phyrd.main()
