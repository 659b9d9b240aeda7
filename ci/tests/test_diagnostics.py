# SPDX-License-Identifier: GPL-2.0-only
"""Compiler and sparse diagnostics are recognised, wherever in the build they appear."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import kernel, paths
from ci.entries import diagnostics


class DiagnosticsTest(unittest.TestCase):
    def test_diagnostics(self):
        text = ("  CC      mm/gup.o\n"
                "../mm/gup.c:12:5: warning: no previous prototype for 'f' [-Wmissing-prototypes]\n"
                "../mm/gup.c: In function 'f':\n"
                "mm/phyr.c:7:2: error: unknown type name 'phyr'\n"
                "../mm/phyr.c:9: warning: Function parameter 'x' not described in 'f'\n")
        self.assertEqual(diagnostics.diagnostics(text), {
            ("mm/gup.c", "warning: no previous prototype for 'f' [-Wmissing-prototypes]"),
            ("mm/phyr.c", "error: unknown type name 'phyr'"),
            ("mm/phyr.c", "warning: Function parameter 'x' not described in 'f'"),
        })

    def test_line_numbers_do_not_matter(self):
        before, after = ("../mm/gup.c:1:2: warning: old", "../mm/gup.c:9:2: warning: old")
        self.assertEqual(diagnostics.diagnostics(before), diagnostics.diagnostics(after))

    def test_only_kernel_sources_become_objects(self):
        files = ["mm/phyr.c", "mm/phyr.h", "tools/t.c", "samples/s.c", "mm/Kconfig"]
        self.assertEqual(diagnostics.buildable(files), ["mm/phyr.o"])

    def test_objects_of_an_earlier_command_are_compiled_again(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(paths, "TREES", Path(folder)), \
                mock.patch.object(kernel, "checkout"), mock.patch.object(kernel, "make"), \
                mock.patch.object(diagnostics.subprocess, "run") as run:
            run.return_value = mock.Mock(stdout="", stderr="", returncode=0)
            tree = kernel.Kernel("commits", "check")
            there = tree.objects / "mm" / "gup.o"
            there.parent.mkdir(parents=True)
            there.touch()
            compiler = diagnostics.Compiler(mock.Mock(line=lambda *_: ""), tree, 1)
            compiler.run("first", ["mm/gup.o"])
            self.assertFalse(there.exists())
            there.touch()
            compiler.run("second", ["mm/gup.o"])
            self.assertTrue(there.exists())


if __name__ == "__main__":
    unittest.main()
