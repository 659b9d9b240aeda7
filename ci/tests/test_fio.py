# SPDX-License-Identifier: GPL-2.0-only
"""A job of fio that failed, did not end or read nothing has not passed."""

import tempfile
import unittest
from pathlib import Path

from ci.entries import fio


class FioTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.results = Path(scratch.name)

    def tally(self, code: str, read: int) -> tuple[int, int]:
        (self.results / "nvme.exit").write_text(f"{code}\n")
        (self.results / "nvme.out").write_text(f"3;fio-3.33;verify;0;0;{read};100;1\n")
        (self.results / "nvme.err").write_text("verify: bad header\n")
        tally = fio.tally_of(self.results, ["nvme"])
        return tally.passed, len(tally.failures)

    def test_verdicts(self):
        self.assertEqual(self.tally("0", 4096), (1, 0))
        self.assertEqual(self.tally("0", 0), (0, 1))
        self.assertEqual(self.tally("1", 4096), (0, 1))

    def test_a_job_that_never_ended(self):
        self.assertEqual(fio.tally_of(self.results, ["nvme"]).failures, ["fio: nvme did not run to its end"])


if __name__ == "__main__":
    unittest.main()
