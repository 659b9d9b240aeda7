# SPDX-License-Identifier: GPL-2.0-only
"""What is worse on the phyr kernel is a failure, whatever fails on both or on stock is none."""

import unittest

from ci.entries import suites


class SuitesTest(unittest.TestCase):
    def counts(self, stock: dict[str, str], phyr: dict[str, str]) -> tuple[int, list[str], int]:
        tally = suites.compare("s", {"stock": stock, "phyr": phyr})
        return tally.passed, tally.failures, tally.skipped

    def test_the_same(self):
        same = {"a": "ok", "b": "not ok", "c": "skipped"}
        self.assertEqual(self.counts(same, same), (1, [], 2))

    def test_differences(self):
        self.assertEqual(self.counts({"a": "ok", "b": "not ok"}, {"a": "not ok", "b": "ok"}),
                         (1, ["s: a: stock: ok, phyr: not ok"], 0))

    def test_missing(self):
        self.assertEqual(self.counts({"a": "ok"}, {}), (0, ["s: a: stock: ok, phyr: did not run"], 0))

    def test_nothing(self):
        self.assertEqual(self.counts({}, {}), (0, ["s: no results on any kernel"], 0))

    def test_job(self):
        self.assertIn("run_pyverbs.py rxe0 10.0.0.1 test_mr ", suites.job(("pyverbs-rxe",), long=False))
        self.assertNotIn("test_mr", suites.job(("pyverbs-rxe",), long=True))
