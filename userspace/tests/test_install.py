# SPDX-License-Identifier: GPL-2.0-only
"""test_install.py PHYRD BUILD COMPILER...: what meson installs, used as a stranger would use it."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import phyrd

BUILD, COMPILER = sys.argv[2], sys.argv[3:]
USERSPACE = Path(__file__).resolve().parent.parent
SANITIZER = os.environ.get("PHYR_SANITIZER", "none")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def run(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60, **more).stdout


def example():
    """The program in the man page."""
    page = (USERSPACE / "man/libphyr.3").read_text()
    return re.search(r"^\.Bd -literal\n(.*?)^\.Ed$", page, re.DOTALL | re.MULTILINE)[1].replace("\\e", "\\")


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.root = Path(folder.name)
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--destdir", folder.name)

    def find(self, pattern):
        found = list(self.root.rglob(pattern))
        self.assertEqual(len(found), 1, pattern)
        return found[0]

    def test_the_example_of_the_man_page(self):
        pc = self.find("phyr.pc")
        package = ["pkg-config", str(pc)]
        prefix = f"{self.root}{run(*package, '--variable=prefix').strip()}"
        flags = run(*package, "--cflags", "--libs", f"--define-variable=prefix={prefix}").split()
        source, program = self.root / "example.c", self.root / "example"
        source.write_text(example())
        sanitizer = [] if SANITIZER == "none" else [f"-fsanitize={SANITIZER}"]
        run(*COMPILER, "-std=c11", "-Wall", "-Wextra", "-Werror", *sanitizer, "-o", program, source, *flags)
        said = run(program, env=os.environ | {"LD_LIBRARY_PATH": str(pc.parent.parent)})
        self.assertRegex(said, r"^(\d+ ns|no RDMA device.*)\n$")

    def test_the_library_has_what_the_headers_declare(self):
        headers = "".join(COMMENT.sub("", path.read_text()) for path in self.root.rglob("include/phyr/*.h"))
        inline = set(re.findall(r"^static inline \w+ (\w+)", headers, re.MULTILINE))
        declared = set(re.findall(r"\b(phyr_\w+)\(", headers)) - inline
        symbols = run("nm", "-D", "--defined-only", self.find("libphyr.so.0"))
        exported = {line.split()[-1] for line in symbols.splitlines()}
        self.assertEqual({name for name in exported if not name.startswith("__")}, declared | {"phyr_families"})

    def test_programs_and_pages(self):
        for name, option in (("phyrd", "--version"), ("phyrctl", "--version"), ("phyr-bench", "--version")):
            run(self.find(f"bin/{name}"), option)
        for page in USERSPACE.glob("man/*.[1-8]"):
            self.assertEqual(self.find(page.name).read_bytes(), page.read_bytes())

    def test_the_unit_starts_the_program_that_is_installed(self):
        unit = self.find("systemd/system/phyrd.service").read_text()
        program = re.search(r"^ExecStart=(\S+)", unit, re.MULTILINE)[1]
        self.assertEqual(f"{self.root}{program}", str(self.find("bin/phyrd")))
        # Wherever that is: the prefix of this build is no part of the source.
        source = (USERSPACE / "programs/phyrd/phyrd.service.in").read_text()
        self.assertNotIn(str(Path(program).parent), source)


phyrd.main()
