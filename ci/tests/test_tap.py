# SPDX-License-Identifier: GPL-2.0-only
"""Innermost tests count once; what was planned and did not run is a failure."""

import unittest

from ci import tap

KTAP = """\
[    1.100000] KTAP version 1
[    1.100000] 1..2
[    1.200000]     KTAP version 1
[    1.200000]     # Subtest: phyr_list
[    1.200000]     1..3
[    1.200000]     ok 1 grows
[    1.200000]         KTAP version 1
[    1.200000]         # Subtest: clips
[    1.200000]         ok 1 first
[    1.200000]         {clip} 2 last
[    1.200000]         # clips: pass:1 fail:0 skip:0 total:1
[    1.200000]     {clips} 2 clips
[    1.200000]     ok 3 huge # SKIP no hugepage
[    1.200000] # phyr_list: pass:3 fail:0 skip:0 total:3
[    1.200000] {clips} 1 phyr_list
[    1.300000]     KTAP version 1
[    1.300000]     1..1
[    1.300000]     ok 1 copies
[    1.300000] ok 2 phyr_iter
[    1.400000] Run /init as init process
"""


class TapTest(unittest.TestCase):
    def counts(self, text: str) -> tuple[int, int, int]:
        tally = tap.parse(text, "t")
        return tally.passed, len(tally.failures), tally.skipped

    def test_flat(self):
        self.assertEqual(self.counts("TAP version 13\n1..3\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP none\n"), (1, 1, 1))

    def test_verdicts(self):
        self.assertEqual(tap.verdicts("1..3\nok 1 - a, b\nnot ok 2 c\n# why\nok 3 d # SKIP none\n"),
                         {"a, b": "ok", "c": "not ok", "d": "skipped"})

    def test_cmocka_skips(self):
        self.assertEqual(self.counts("1..2\nnot ok 1 # SKIP a\nok 2 - b\n"), (1, 0, 1))

    def test_several_plans_add_up(self):
        self.assertEqual(self.counts("1..1\nok 1 - a\n1..2\nok 1 - b\nok 2 - c\n"), (3, 0, 0))

    def test_nested_blocks_count_by_their_leaves(self):
        self.assertEqual(self.counts(KTAP.format(clip="ok", clips="ok")), (4, 0, 1))

    def test_one_failed_leaf_is_one_failure(self):
        self.assertEqual(self.counts(KTAP.format(clip="not ok", clips="not ok")), (3, 1, 1))

    def test_failed_summary_of_passed_leaves_is_a_failure(self):
        self.assertEqual(self.counts("1..1\n    1..1\n    ok 1 a\nnot ok 1 suite\n"), (1, 1, 0))

    def test_a_failure_says_why(self):
        """Before its result as Python and KUnit do, or after it as cmocka; nothing of its neighbours."""
        text = """\
1..3
# of the first
ok 1 - first
    # second: EXPECTATION FAILED at f.c:1
    Expected a == 1, but
        a == 2
not ok 2 - second
# f.c:2: error: Failure!
not ok 3 - third
"""
        self.assertEqual(tap.parse(text, "t").failures, [
            "t: second\n    # second: EXPECTATION FAILED at f.c:1\n    Expected a == 1, but\n    a == 2\n"
            "    # f.c:2: error: Failure!",
            "t: third\n    # f.c:2: error: Failure!"])

    def test_a_long_explanation_is_cut(self):
        text = "1..1\n" + "".join(f"# line {i}\n" for i in range(1000)) + "not ok 1 - a\n"
        said = tap.parse(text, "t").failures[0].splitlines()
        self.assertEqual((said[0], said[1], said[-1], len(said)), ("t: a", "    # line 980", "    # line 999", 21))

    def test_planned_but_missing_is_a_failure(self):
        tally = tap.parse("1..3\nok 1 - a\n", "prog")
        self.assertEqual(tally.failures, ["prog: 3 tests planned, 1 ran"])

    def test_missing_inside_a_nested_block_is_a_failure(self):
        self.assertEqual(self.counts("1..1\n    1..2\n    ok 1 a\nok 1 suite\n"), (1, 1, 0))

    def test_no_plan_is_a_failure(self):
        self.assertEqual(self.counts(""), (0, 1, 0))
        self.assertEqual(self.counts("ok 1 - a\n"), (1, 1, 0))


if __name__ == "__main__":
    unittest.main()
