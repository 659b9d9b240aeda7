# SPDX-License-Identifier: GPL-2.0-only
"""./phyr bisect finds the commit that moved a row, as git bisect does, around commits of which nothing can be said."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from ci.bench import BenchError
from ci.comparison import bisect, commits, place
from ci.comparison.builder import BuildError
from ci.comparison.measure import MeasureError
from ci.comparison.suites import SuiteError, find
from ci.comparison.verdicts import Figure
from ci.git import Git
from ci.tests.comparison_case import SUITE, Repository, boot, failed, rename_head, result
from ci.vm import VmError

COMMITS = 20
LEVEL = 9552


class BisectTest(Repository, unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.tree = Path(scratch.name)
        self.git("init", "-q")
        self.taken: list[str] = []
        patch = mock.patch.object(bisect, "say")
        patch.start()
        self.addCleanup(patch.stop)

    def series(self, moved: int, cost: object = LEVEL * 1.011, **others: object) -> list[str]:
        """20 commits on one; the row is moved by the one of that number. others: n5='broken' of single ones."""
        return [self.commit(others.get(f"n{number}", cost if number >= moved else LEVEL + number % 3))
                for number in range(COMMITS + 1)]

    def measure(self, names: list[str]) -> list[Figure | bisect.Skip]:
        """A builder and a VM, in a word."""
        self.taken += names
        costs = [self.git("show", f"{name}:cost") for name in names]
        return [bisect.Skip("it does not build") if cost == "broken" else Figure(error=cost) if cost.startswith("E")
                else Figure((float(cost),), n=9) for cost in costs]

    def search(self, good: str, bad: str, percent: float = 1, workers: int = 1) -> bisect.Found:
        return bisect.Search(Git(self.tree / ".git"), [good], bad, self.measure, percent, workers).run()

    def test_one_percent_in_twenty_commits(self):
        for moved in (1, 7, 13, COMMITS):
            with self.subTest(moved):
                commits = self.series(moved)
                self.taken.clear()
                found = self.search(commits[0], commits[-1])
                self.assertEqual(found.commits, (commits[moved],))
                self.assertLess(abs(found.before.median - LEVEL), 3)
                self.assertEqual(found.after.median, LEVEL * 1.011)
                self.assertLessEqual(len(self.taken), 2 + 5)
                self.assertEqual(len(set(self.taken)), len(self.taken))

    def test_several_at_a_time_find_the_same(self):
        """With k workers a step leaves a part of k + 1."""
        for moved, others in ((7, {}), (13, {"n9": "broken", "n12": "broken"})):
            commits = self.series(moved, **others)
            alone = self.search(commits[0], commits[-1])
            for workers, most in ((2, 3), (4, 2), (100, 1)):
                with self.subTest(moved=moved, workers=workers):
                    self.taken.clear()
                    found = self.search(commits[0], commits[-1], workers=workers)
                    self.assertEqual((found.commits, found.before, found.after),
                                     (alone.commits, alone.before, alone.after))
                    # A commit that is skipped may cost a step more.
                    self.assertLessEqual(found.steps, most + len(others))
                    self.assertEqual(len(set(self.taken)), len(self.taken))

    def test_what_moved_twice_has_one_answer(self):
        """What is behind the first that moved is not believed, though it is as GOOD was."""
        costs = {f"n{number}": LEVEL for number in range(12, 16)}
        commits = self.series(7, **costs)
        for workers in (2, 6):
            self.assertIn(self.search(commits[0], commits[-1], workers=workers).commits,
                          [(commits[7],), (commits[16],)])

    def test_what_is_less_than_asked_for(self):
        commits = self.series(7)
        with self.assertRaisesRegex(bisect.BisectError, "does not move by more than 2 %: 9,552 at .*, 9,657 at"):
            self.search(commits[0], commits[-1], 2)

    def test_an_improvement_is_found_too(self):
        commits = self.series(7, LEVEL / 2)
        self.assertEqual(self.search(commits[0], commits[-1]).commits, (commits[7],))

    def test_from_works_to_fails(self):
        commits = self.series(7, "ENOMEM")
        found = self.search(commits[0], commits[-1])
        self.assertEqual((found.commits, found.after.error), ((commits[7],), "ENOMEM"))

    def test_commits_that_do_not_build_are_skipped(self):
        commits = self.series(7, n9="broken", n10="broken", n11="broken", n3="broken")
        found = self.search(commits[0], commits[-1])
        self.assertEqual(found.commits, (commits[7],))
        self.assertIn(commits[10], found.skipped)

    def test_what_is_skipped_is_said_once(self):
        """By who measured it; what only both ends tell, here."""
        errors = ("ENOMEM", "ENOMEM")
        search = bisect.Search(Git(self.tree / ".git"), [], "", self.measure, 1)
        self.assertEqual([search.usable("1" * 40, figure, errors) for figure in
                          (bisect.Skip("x"), Figure(error="EIO"), Figure(error="ENOMEM"))], [False, False, True])
        self.assertEqual(len(search.skipped), 2)
        bisect.say.assert_called_once_with("111111111111 is skipped: it fails with EIO, as neither end does")

    def test_broken_commits_before_it_leave_several(self):
        commits = self.series(7, n5="broken", n6="broken")
        found = self.search(commits[0], commits[-1])
        self.assertEqual(set(found.commits), set(commits[5:8]))
        said = bisect.report(Git(self.tree / ".git"), "row", found)
        self.assertIn("it is one of these", said)

    def test_ends_that_cannot_be_measured(self):
        commits = self.series(7, n0="broken")
        with self.assertRaisesRegex(bisect.BisectError, "GOOD, .*: it does not build"):
            self.search(commits[0], commits[-1])
        with self.assertRaisesRegex(bisect.BisectError, "nothing to look at"):
            self.search(commits[1], commits[1])

    def test_good_is_an_ancestor_of_bad(self):
        start = self.commit(LEVEL)
        self.git("checkout", "-qb", "side")
        side = self.commit(LEVEL * 2)
        self.git("checkout", "-q", "-")
        other = self.commit(LEVEL * 3)
        for good, bad in ((side, other), (other, start)):
            with self.assertRaisesRegex(bisect.BisectError, f"GOOD, {good[:12]}, is no ancestor of BAD, {bad[:12]}"):
                self.search(good, bad)
        self.assertEqual(self.taken, [])

    def test_an_error_that_neither_end_has_is_skipped(self):
        for cost, others in ((LEVEL * 1.011, {"n10": "EIO", "n4": "EIO"}), ("ENOMEM", {"n10": "EIO", "n4": "EIO"})):
            with self.subTest(cost):
                commits = self.series(7, cost, **others)
                found = self.search(commits[0], commits[-1])
                self.assertEqual(found.commits, (commits[7],))
                self.assertIn(commits[10], found.skipped)

    def test_merges(self):
        start = self.commit(LEVEL)
        self.git("checkout", "-qb", "side")
        (self.tree / "other").write_text("x")
        self.git("add", "-A")
        self.git("commit", "-qm", "other")
        self.git("checkout", "-q", "-")
        moved = self.commit(LEVEL * 2)
        self.git("merge", "-q", "--no-edit", "side")
        self.assertEqual(self.search(start, self.git("rev-parse", "HEAD")).commits, (moved,))

    def measured(self, *results: dict, error: Exception | None = None) -> Figure:
        """What the builder's and the VM's answer becomes."""
        row = "mr/reg/base/4KiB"
        with mock.patch.object(place, "Builder"), mock.patch.object(place, "Bench") as taken, \
                mock.patch.object(commits, "say"):
            taken.return_value.features.return_value = [frozenset()]
            taken.return_value.measured.side_effect = error
            taken.return_value.measured.return_value = boot(*results)
            return commits.Commits(mock.Mock(), self.tree, replace(SUITE, rows=(row,)), []).measure("0" * 40)[row]

    def test_what_a_boot_says(self):
        name = "mr/reg/base/4KiB"
        self.assertEqual(self.measured(result(name, 7)).median, 7)
        self.assertEqual([self.measured(*one).error for one in ([failed(name, "ENODEV")], [failed(name, "EIO")], [])],
                         ["ENODEV", "EIO", "no result"])
        for error in (BenchError("run mr ended as cancelled"), VmError("lost"), MeasureError("job"), BuildError("x")):
            with self.assertRaisesRegex(bisect.Skip, str(error)):
                self.measured(error=error)

    def test_report(self):
        commits = self.series(7)
        said = bisect.report(Git(self.tree / ".git"), "mr/reg/base/4KiB", self.search(commits[0], commits[-1]))
        self.assertRegex(said, r"\n    cost \S+\n\n cost +\| 2 \+-\n")
        self.assertRegex(said, r"mr/reg/base/4KiB: 9,55\d -> 9,657 \(\+1\.\d+ %\), \d steps\n")
        self.assertIn(f"commit {commits[7]}", said)
        self.assertIn("cost   | 2 +-", said)

    def test_a_subject_that_is_no_text(self):
        start = self.commit(LEVEL)
        (self.tree / "cost").write_text(f"{LEVEL * 2}\n")
        self.git("commit", "-aqm", "CAFE")
        rename_head(self.tree, b"CAFE", b"caf\xe9")
        self.commit(LEVEL * 2)
        found = self.search(start, self.git("rev-parse", "HEAD"))
        self.assertIn("    caf\ufffd\n", bisect.report(Git(self.tree / ".git"), "row", found))

    def test_ends_with_explain(self):
        """Of the commit and its parent; what was found stays so if that fails, or cannot be."""
        commits = self.series(7)
        git, svg = Git(self.tree / ".git"), Path("x.svg")
        found = self.search(commits[0], commits[-1])

        def explained(one: bisect.Found, **run) -> tuple:
            with mock.patch.object(bisect.explain, "run", **run) as asked, mock.patch.object(bisect, "note") as noted:
                bisect.explain_found(None, git, self.tree, SUITE, [], "mr/reg/base/4KiB", one, svg)
            return asked.call_args, [call.args[0] for call in noted.call_args_list]

        asked, noted = explained(found)
        _artifacts, row, pair, output, _fragments, plan = asked.args
        self.assertEqual(([one.commit for one in pair], row, output, plan, noted),
                         ([commits[6], commits[7]], "mr/reg/base/4KiB", svg, SUITE.plan, []))
        self.assertEqual(explained(found, side_effect=bisect.CiError("no marks"))[1], ["explain: no marks"])
        for other in (replace(found, commits=tuple(commits[5:7])), replace(found, after=Figure(error="EIO"))):
            self.assertEqual(explained(other), (None, []))

    def test_row(self):
        rows = ["mr/reg/base/4KiB"]
        self.assertEqual(commits.exact_rows(find("full", Path("x")), rows).names(), rows)
        for row in ("dio/nvme/read/base/4KiB", "crypto/sg/virtio/total/base/64KiB"):
            self.assertIn(row, find("full", Path("x")).names())
            with self.assertRaisesRegex(SuiteError, f"--row {row}: is not exact, .*: "):
                commits.exact_rows(find("full", Path("x")), [row])
        with self.assertRaisesRegex(SuiteError, "--row mr/x: suite full has no such row"):
            commits.exact_rows(find("full", Path("x")), ["mr/x"])


if __name__ == "__main__":
    unittest.main()
