# SPDX-License-Identifier: GPL-2.0-only
"""A digest that differs, or that one kernel lacks, is a failure."""

import tempfile
import unittest
from pathlib import Path

from ci.entries import differential


class DifferentialTest(unittest.TestCase):
    def test_digests_are_found(self):
        with tempfile.TemporaryDirectory() as scratch:
            results = Path(scratch)
            self.assertEqual(differential.digests(results), {})
            (results / f"{differential.PROGRAM}.tap").write_text(
                "TAP version 13\n1..2\n# digest nvme 1: 0123456789abcdef\n# digest nvme 2: fedcba9876543210\n"
                "ok 1 test_digests: nvme\n# digest of nothing\n")
            self.assertEqual(differential.digests(results),
                             {"nvme 1": "0123456789abcdef", "nvme 2": "fedcba9876543210"})

    def test_equal(self):
        tally = differential.differences({"a 1": "00", "a 2": "01"}, {"a 1": "00", "a 2": "01"})
        self.assertEqual((tally.passed, tally.failures), (2, []))

    def test_different(self):
        tally = differential.differences({"a 1": "00", "a 2": "01"}, {"a 1": "00", "a 2": "02"})
        self.assertEqual((tally.passed, tally.failures), (1, ["differential: a 2: 01 on stock, 02 on phyr"]))

    def test_one_kernel_only(self):
        self.assertEqual(differential.differences({"a 1": "00"}, {}).failures,
                         ["differential: a 1: 00 on stock, nothing on phyr"])


if __name__ == "__main__":
    unittest.main()
