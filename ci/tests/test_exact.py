# SPDX-License-Identifier: GPL-2.0-only
"""A median that differs between boots is a failure, unless the row is none."""

import json
import unittest

from ci import bench
from ci.entries import exact

INEXACT = [{"rows": "crypto/virtio/total/*", "reason": "the device decides"}]


class ExactTest(unittest.TestCase):
    def test_one_instruction_is_a_difference(self):
        boots = [{"mr/reg/a": 100, "mr/reg/b": "ENOMEM"}, {"mr/reg/a": 101, "mr/reg/b": "ENOMEM"}]
        tally = exact.differences(boots, "stock", INEXACT)
        self.assertEqual((tally.passed, tally.failures), (1, ["exact: mr/reg/a on stock: 100, 101"]))

    def test_what_is_no_figure_may_differ(self):
        boots = [{"crypto/sg/virtio/total/a": 1}, {"crypto/sg/virtio/total/a": 2}]
        self.assertEqual(exact.differences(boots, "phyr", INEXACT).failures, [])

    def test_a_figure_that_one_boot_lacks_is_a_difference(self):
        self.assertEqual(len(exact.differences([{"mr/reg/a": 1}, {}], "phyr", []).failures), 1)

    def test_results(self):
        self.assertEqual(exact.medians([{"workload": "a", "stats": {"median": 3}},
                                        {"workload": "b", "error": {"errno": "ENOMEM"}}]), {"a": 3, "b": "ENOMEM"})

    def test_the_few_rows_are_of_the_plan(self):
        plan = json.loads(bench.WORKLOADS.read_text())
        for row in exact.ROWS:
            self.assertTrue(bench.requests(plan, "phyr", rows=[row]), row)


if __name__ == "__main__":
    unittest.main()
