# SPDX-License-Identifier: GPL-2.0-only
"""Files and patches become commits and come back unchanged; what does not fit stops everything."""

import errno
import shutil
import subprocess
import unittest
from pathlib import Path
from unittest import mock

from ci import patch, series
from ci.destinations import Destinations
from ci.error import CiError
from ci.git import Git, GitError
from ci.tests.topic import TABLE, TopicCase, destination


class SeriesTest(TopicCase):
    def files(self) -> dict[str, bytes]:
        return {str(p.relative_to(self.root)): p.read_bytes() for p in self.root.rglob("*") if p.is_file()}

    def test_round_trip(self):
        tip = self.topic()
        self.import_topic(tip)
        self.assertEqual(sorted(self.files()), [
            "kernel/files/mm/phyr.c", "kernel/files/tools/run.sh", "kernel/patches/0001-mm-pin-ranges.patch",
            "kernel/patches/0002-tools-a-script.patch", "rdma-driver/fixes/0001-RDMA-rxe-mend.patch",
            "rdma-driver/patches/0001-RDMA-rxe-hold-ranges.patch"])
        built = self.build()
        series.compare_trees(self.git, built, self.git, f"{self.base}..{tip}")
        self.assertEqual(self.git.line("log", "--format=%s", f"{self.base}..{built}"),
                         "RDMA/rxe: hold ranges\ntools: a script\nmm: pin ranges\nRDMA/rxe: mend")
        self.assertEqual(self.git.line("log", "--format=%s", f"{self.base}..fixes"), "RDMA/rxe: mend")
        self.assertIn("Why, at length.", self.git.line("log", "-1", "--format=%b", f"{built}~2"))

    def test_a_range_that_leaves_patches_out(self):
        tip = self.topic()
        series.check_start(self.git, self.base, self.git, f"{self.base}..{tip}")
        with self.assertRaisesRegex(series.SeriesError, "not the base .*; name all commits"):
            series.check_start(self.git, self.base, self.git, f"{tip}~1..{tip}")

    def test_what_is_no_range(self):
        tip = self.topic()
        series.check_range(self.git, f"{self.base}..{tip}")
        for span, text in ((tip, "is no range of commits; name one, as in base..topic"), (f"{tip}..", "is no range"),
                           (f"..{tip}", "is no range"), (f"{self.base}...{tip}", "has no commit '."),
                           (f"nowhere..{tip}", "has no commit 'nowhere'"), (f"{tip}..--all", "has no commit '--all'"),
                           (f"{self.base}^{{tree}}..{tip}", "has no commit")):
            with self.subTest(span), self.assertRaises(series.SeriesError) as refused:
                series.check_range(self.git, span)
            said = str(refused.exception)
            self.assertIn(text, said)
            self.assertNotIn("\n", said)
        for folder in (self.root / "nowhere", self.tree):
            with self.assertRaisesRegex(series.SeriesError, f"^{folder}: is no git directory"):
                series.check_range(Git(folder), f"{self.base}..{tip}")

    def test_same_inputs_same_commits_and_same_files(self):
        tip = self.topic()
        self.import_topic(tip)
        before, first = self.files(), self.build()
        self.assertEqual(self.build(), first)
        self.import_topic(first)
        self.assertEqual(self.files(), before)
        self.assertEqual(self.build(), first)

    def test_no_patches_is_the_base(self):
        self.assertEqual(self.build(), self.base)

    def subjects(self, span: str) -> list[str]:
        return self.git.line("log", "--reverse", "--format=%s", span).splitlines()

    def test_a_branch_holds_what_it_needs_and_nothing_else(self):
        self.import_topic(self.topic())
        branches = self.branches()
        self.assertEqual(list(branches), ["fixes-rdma", "mm", "rdma"])
        self.assertEqual(branches["fixes-rdma"].start, self.base)
        self.assertEqual(self.subjects(f"{self.base}..series/mm"), ["mm: pin ranges", "tools: a script"])
        self.assertEqual(self.subjects(f"{self.base}..{branches['rdma'].start}"),
                         ["RDMA/rxe: mend", "mm: pin ranges", "tools: a script"])
        self.assertEqual(self.subjects(branches["rdma"].span), ["RDMA/rxe: hold ranges"])

    def test_a_need_that_is_not_in_the_table_stops(self):
        self.import_topic(self.topic())
        rdma = destination("rdma", "rdma-driver", "patches", "drivers/*", needs=("mm",))
        with self.assertRaisesRegex(series.SeriesError, "series rdma: .*does not apply(.|\n)*Does it need more"):
            series.branches(self.root, self.git.directory, self.base,
                            Destinations(TABLE.shared, [*TABLE.all[:2], rdma]))

    def test_patches_are_imported_by_the_files_they_touch(self):
        tip = self.topic()
        self.write("mm/rdma.c", "measures rdma\n")
        self.change("mm/Makefile", "gup.o", "gup.o rdma.o")
        self.import_topic(self.commit("mm: nothing says rdma in this subject", tip))
        name = "rdma-driver/patches/0002-mm-nothing-says-rdma-in-this-subject.patch"
        self.assertIn(name, self.files())
        self.assertIn("rdma-driver/files/mm/rdma.c", self.files())

    def assert_not_imported(self, tip: str, text: str):
        with self.assertRaisesRegex(CiError, text):
            self.import_topic(tip)
        self.assertFalse(self.root.exists())

    def test_what_fits_no_destination_is_not_imported(self):
        tip = self.topic()
        self.write("fs/ext9.c", "x\n")
        self.assert_not_imported(self.commit("fs: more", tip),
                                 "'fs: more': fs/ext9.c belongs to no destination of patches")

    def test_a_patch_for_two_destinations_is_not_imported(self):
        tip = self.topic()
        self.change("mm/gup.c", "line 1\n", "line one\n")
        self.change("drivers/rxe.c", "rxe", "rxe2")
        self.assert_not_imported(self.commit("both", tip), "'both': drivers/rxe.c belongs to rdma and mm/gup.c to mm")

    def test_a_series_that_is_not_contiguous_is_not_imported(self):
        tip = self.topic()
        self.change("mm/gup.c", "line 1\n", "line one\n")
        self.assert_not_imported(self.commit("mm: late", tip),
                                 "'mm: late': belongs to mm, but comes behind .*'RDMA/rxe: hold ranges'")

    def test_a_patch_in_the_wrong_folder_is_refused(self):
        self.imported()
        patches = self.root / "rdma-driver/patches"
        shutil.move(patches / "0001-RDMA-rxe-hold-ranges.patch", self.root / "kernel/patches/0003-stray.patch")
        self.assert_refused("kernel/patches/0003-stray.patch: patches for rdma belong below rdma-driver/")

    def imported(self) -> Path:
        self.import_topic(self.topic())
        return self.root / "kernel"

    def assert_refused(self, text: str):
        with self.assertRaisesRegex((series.SeriesError, patch.PatchError), text):
            self.build()

    def test_patch_that_does_not_apply_stops(self):
        hook = next((self.imported() / "patches").glob("0001*"))
        hook.write_text(hook.read_text().replace("-line 7\n", "-line 77\n"))
        self.assert_refused("0001-mm-pin-ranges.patch does not apply")

    def test_file_that_no_patch_names_is_refused(self):
        (self.imported() / "files/mm/stray.c").write_text("x\n")
        self.assert_refused("kernel/files/mm/stray.c is named by no patch")

    def test_named_file_that_is_missing_is_refused(self):
        (self.imported() / "files/mm/phyr.c").unlink()
        self.assert_refused("mm/phyr.c is not in kernel/files")

    def test_file_named_twice_is_refused(self):
        patches = self.imported() / "patches"
        shutil.copy(next(patches.glob("0001*")), patches / "0003-again.patch")
        self.assert_refused("enters in 0001-mm-pin-ranges.patch and again in 0003-again.patch")

    def test_overlay_over_an_existing_file_is_refused(self):
        kernel = self.imported()
        (kernel / "files/mm/gup.c").write_text("x\n")
        hook = next((kernel / "patches").glob("0002*"))
        hook.write_text(hook.read_text().replace("Overlay: tools", "Overlay: mm/gup.c\nOverlay: tools"))
        self.assert_refused("mm/gup.c exists before")

    def test_new_file_inside_a_diff_is_refused(self):
        hook = next((self.imported() / "patches").glob("0001*"))
        hook.write_text(hook.read_text() + "diff --git a/new.c b/new.c\nnew file mode 100644\n--- /dev/null\n"
                        "+++ b/new.c\n@@ -0,0 +1 @@\n+x\n")
        self.assert_refused("creates new.c")

    def test_malformed_header_is_refused(self):
        hook = next((self.imported() / "patches").glob("0001*"))
        hook.write_text(hook.read_text().replace("Date: ", "When: "))
        self.assert_refused("From, Date, Subject")

    def test_second_change_of_a_new_file_is_not_imported(self):
        tip = self.topic()
        self.change("mm/phyr.c", "phyr", "phyr again")
        again = self.commit("mm: more", tip)
        with self.assertRaisesRegex(series.SeriesError, "mm/phyr.c is changed by a second commit"):
            self.import_topic(again)
        self.assertFalse(self.root.exists())

    def test_a_full_disk_leaves_all_as_it_was(self):
        tip = self.topic()
        self.import_topic(tip)
        before = self.files()
        for function in ("write_text", "write_bytes"):
            with mock.patch.object(Path, function, side_effect=OSError(errno.ENOSPC, "No space left on device")), \
                    self.assertRaises(OSError):
                self.import_topic(tip)
            self.assertEqual(self.files(), before)

    def test_what_a_killed_import_left_is_removed(self):
        left = self.root / ".import/new/kernel/files/mm/stray.c"
        left.parent.mkdir(parents=True)
        left.touch()
        self.import_topic(self.topic())
        self.assertNotIn("kernel/files/mm/stray.c", self.files())
        self.assertFalse((self.root / ".import").exists())

    def test_changes_that_are_not_committed_are_not_deleted(self):
        kernel = self.imported()
        with self.assertRaisesRegex(series.SeriesError, "git says: .*not a git repository"):
            series.check_committed(self.root, TABLE)
        una = ["-c", "user.name=Una User", "-c", "user.email=una@example.org"]
        for words in (["init", "-q"], ["add", "-A"], [*una, "commit", "-qm", "all"]):
            subprocess.run(["git", "-C", self.root, *words], check=True)
        (self.root / "elsewhere").touch()
        series.check_committed(self.root, TABLE)
        new = kernel / "files/mm/new.c"
        new.touch()
        with self.assertRaisesRegex(series.SeriesError, "mm/new.c has changes .*1 such .* commit .* stash"):
            series.check_committed(self.root, TABLE)
        new.unlink()
        old = kernel / "files/mm/phyr.c"
        old.write_text("edited\n")
        with self.assertRaisesRegex(series.SeriesError, "kernel/files/mm/phyr.c has changes "):
            series.check_committed(self.root, TABLE)

    def test_merges_are_not_imported(self):
        tip = self.topic()
        with self.assertRaisesRegex(series.SeriesError, "merges"):
            self.import_topic(self.commit("merge", tip, self.base))

    def test_fixes_must_be_marked_and_below_the_tip(self):
        tip = self.topic()
        self.git.run("branch", "--force", "fixes", self.commit("elsewhere", self.base))
        with self.assertRaisesRegex(series.SeriesError, "'fixes' is not below"):
            self.import_topic(tip)
        self.git.run("branch", "-D", "fixes")
        with self.assertRaisesRegex(series.SeriesError, "no branch 'fixes'"):
            self.import_topic(tip)
        self.assertFalse(self.root.exists())

    def test_git_errors_name_the_command(self):
        with self.assertRaisesRegex(GitError, "git rev-parse"):
            self.git.run("rev-parse", "nonsense")


if __name__ == "__main__":
    unittest.main()
