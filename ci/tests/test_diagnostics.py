# SPDX-License-Identifier: GPL-2.0-only
"""Compiler and sparse diagnostics are recognised, wherever in the build they appear."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import kernel, paths
from ci.entries import diagnostics, kbuild_objects


class DiagnosticsTest(unittest.TestCase):
    def setUp(self):
        self.noted: list[str] = []

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

    def walk(self, folder: str, changes: dict[str, list[str]], wanted: list[str],
             left_out: tuple[str, ...] = (), nowhere: tuple[str, ...] = ()) -> list[list[str]]:
        """What make is asked for; changes: name of a commit -> the files that it changes.

        left_out: objects that only the configuration with everything has; nowhere: that none has.
        """
        all_files = list(dict.fromkeys(file for files in changes.values() for file in files))
        order = ["base", *changes]

        def touched(_git: object, left: str, right: str) -> list[str]:
            between = order[order.index(left) + 1:order.index(right) + 1]
            return list(dict.fromkeys(file for commit in between for file in changes[commit]))

        def beside(which: kernel.Kernel, objects: list[str]) -> list[str]:
            return [name for name in objects if name not in nowhere
                    and (which.flavour == "everything" or name not in left_out)]

        with mock.patch.object(paths, "TREES", Path(folder)), mock.patch.object(kernel, "checkout"), \
                mock.patch.object(kernel, "make"), mock.patch.object(diagnostics, "touched", touched), \
                mock.patch.object(kbuild_objects, "beside", beside), \
                mock.patch.object(diagnostics, "note", self.noted.append), \
                mock.patch.object(diagnostics.subprocess, "run") as run:
            run.return_value = mock.Mock(stdout="", stderr="", returncode=0)
            tree = kernel.Kernel("commits", "check")
            for file in all_files:
                (tree.source / file).parent.mkdir(parents=True, exist_ok=True)
                (tree.source / file).touch()
            measured, everything = (diagnostics.Compiler(mock.Mock(line=lambda *_: ""), which, 1, {})
                                    for which in (tree, diagnostics.EVERYTHING))
            self.tally = diagnostics.walk(measured, everything, "base", {name: name for name in changes}, wanted)
            return [[word.removeprefix("O=") for word in call.args[0] if word.endswith((".o", "/", "everything"))]
                    for call in run.call_args_list]

    def test_sources_of_other_processors_are_not_compiled_for_this_one(self):
        files = ["arch/arm64/crypto/aes-glue.c", "arch/x86/crypto/aesni-intel_glue.c"]
        self.assertEqual(diagnostics.affected(files, []), (["arch/x86/crypto/aesni-intel_glue.o"], []))

    def test_sources_of_a_commit_are_compiled_and_all_that_a_header_may_break(self):
        changes = {"1": ["mm/gup.c"], "2": ["mm/phyr.h", "mm/phyr.c"], "3": ["Documentation/phyr.rst"],
                   "4": ["mm/Makefile"]}
        both = ["mm/gup.o", "mm/phyr.o"]
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.walk(folder, changes, list(changes)), [["mm/gup.o"], ["mm/", *both], ["mm/", *both]])

    def test_what_a_header_may_break_is_compiled_of_its_folder_and_at_the_end_of_that_of_all(self):
        changes = {"mm/1": ["mm/phyr.h"], "mm/2": ["mm/gup.c"], "mm/3": ["Documentation/phyr.rst"],
                   "fs/1": ["fs/bio.c"], "fs/2": ["fs/bio.c"]}
        both = ["mm/gup.o", "fs/bio.o"]
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.walk(folder, changes, list(changes)),
                             [["mm/", "mm/gup.o"], ["mm/gup.o"], ["fs/", "mm/", *both], ["fs/bio.o"], ["fs/bio.o"]])

    def test_sources_that_the_configuration_lacks_are_compiled_with_everything_by_the_commit_that_changes_them(self):
        changes = {"1": ["mm/gup.c", "fs/ceph.c"], "2": ["mm/Kconfig"], "3": ["fs/ceph.c"]}
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.walk(folder, changes, list(changes), ("fs/ceph.o",)),
                             [["mm/gup.o"], ["everything", "fs/ceph.o"], ["mm/gup.o"], ["mm/gup.o"],
                              ["everything", "fs/ceph.o"]])

    def test_sources_that_no_configuration_has_are_said(self):
        with tempfile.TemporaryDirectory() as folder:
            asked = self.walk(folder, {"1": ["mm/gup.c", "fs/odd.c"], "2": ["mm/gup.c"]}, ["1", "2"],
                              nowhere=("fs/odd.o",))
        self.assertEqual(asked, [["mm/gup.o"], ["mm/gup.o"]])
        self.assertEqual(self.noted, ["1: not compiled, as neither configuration has it: fs/odd.o"])
        self.assertEqual((self.tally.passed, self.tally.skipped, self.tally.failures), (2, 1, []))

    def test_commits_that_were_skipped_are_compiled_with_the_next(self):
        changes = {"1": ["mm/phyr.c"], "2": ["mm/gup.c"], "3": ["mm/gup.c"]}
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.walk(folder, changes, ["2", "3"]), [["mm/phyr.o", "mm/gup.o"]] * 2)

    def test_objects_of_an_earlier_command_are_compiled_again(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(paths, "TREES", Path(folder)):
            there = kernel.Kernel("commits", "check").objects / "mm" / "gup.o"
            there.parent.mkdir(parents=True)
            there.touch()
            self.walk(folder, {"1": ["mm/gup.c"], "2": ["mm/gup.c"]}, ["1", "2"])
            self.assertFalse(there.exists())


if __name__ == "__main__":
    unittest.main()
