# SPDX-License-Identifier: GPL-2.0-only
"""What run-tests leaves behind, summed up."""

import tempfile
import unittest
from pathlib import Path

from ci.entries import guest, kunit


class GuestTallyTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.results = Path(scratch.name)

    def tally(self, code: int | None, text: str = "1..1\nok 1 - a\n", leak: str = "") -> tuple[int, list[str], int]:
        (self.results / "t.tap").write_text(text)
        if code is not None:
            (self.results / "t.exit").write_text(f"{code}\n")
        if leak:
            (self.results / "t.leak").write_text(leak)
        tally = guest.tally_of(self.results, ["t"])
        return tally.passed, tally.failures, tally.skipped

    def test_passed(self):
        self.assertEqual(self.tally(0), (1, [], 0))

    def test_skipped_as_a_whole(self):
        self.assertEqual(self.tally(guest.KSFT_SKIP, "1..0 # SKIP no device\n"), (0, [], 1))

    def test_bad_exit_without_a_failed_test_is_a_failure(self):
        self.assertEqual(self.tally(139), (1, ["t: exit 139"], 0))

    def test_out_of_time(self):
        self.assertEqual(self.tally(137)[1], ["t: exit 137 (killed: out of time)"])

    def test_failed_test_counts_once(self):
        self.assertEqual(self.tally(1, "1..1\nnot ok 1 - a\n"), (0, ["t: a"], 0))

    def test_pages_left_pinned(self):
        self.assertEqual(self.tally(0, leak="0 pinned pages before, 512 after")[1],
                         ["t: pages left pinned: 0 pinned pages before, 512 after"])

    def test_program_that_never_ran(self):
        self.assertEqual(self.tally(None)[1], ["t: did not run to its end"])

    def test_missing_kunit_results(self):
        self.assertEqual(kunit.tally_of("[    0.1] Linux\n").failures, ["KUnit: no results on the console"])


if __name__ == "__main__":
    unittest.main()
