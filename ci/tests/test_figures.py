# SPDX-License-Identifier: GPL-2.0-only
"""Placeholders in a text become tables of measured figures; what was not measured is an error."""

import json
import tempfile
import unittest
from pathlib import Path

from ci import bench, compare, figures, paths


def result(name: str, median: int) -> dict:
    return {"workload": name, "stats": {"median": median, "min": median, "max": median, "n": 3}}


def failed(name: str, errno: str) -> dict:
    return {"workload": name, "error": {"errno": errno}}


STOCK = [result("mr/reg/thp/2MiB", 80_000), failed("mr/reg/thp/4GiB", "ENOMEM")]
PHYR = [result("mr/reg/thp/2MiB", 8_000), result("mr/reg/thp/4GiB", 9_000),
        result("gup/pages/pin/thp/2MiB", 3_000), result("gup/phyrs/pin/thp/2MiB", 1_500),
        result("crypto/sg/virtio/total/thp/2MiB", 10), result("crypto/phyrs/virtio/total/thp/2MiB", 2)]
INEXACT = [{"rows": "crypto/*", "reason": "the device decides"}]
KERNELS = {"stock": "7.3.4", "phyr": "7.3.4-phyr"}
TEXT = """Before.

@figures mr/reg/thp/2MiB, mr/reg/thp/4GiB
@figures gup/pin/thp/2MiB

After.
"""
TABLE = """Before.

  instructions      stock   phyr  ratio
  mr/reg/thp/2MiB  80,000  8,000  10.00
  mr/reg/thp/4GiB  ENOMEM  9,000      -

  instructions      pages  phyrs  ratio
  gup/pin/thp/2MiB  3,000  1,500   2.00

Guest instructions in QEMU (-icount, one CPU), the median. This clock
models no caches, no TLB and no memory latency. stock is Linux 7.3.4,
phyr 7.3.4-phyr with all series applied. pages and phyrs are two ways in
the same kernel, 7.3.4-phyr with all series applied. Measured on
2026-11-29.

After.
"""


def measured() -> set[str]:
    """The rows that ./phyr bench makes of its plan."""
    names = (run.get("prefix", "") + name.replace("{backing}", backing)
             for run in json.loads(bench.WORKLOADS.read_text())["runs"] for backing in run["backings"]
             for pattern in run["workloads"] for name in bench.expand(pattern))
    return {(compare.split_representation(name) or ("", name))[1] for name in names}


class CoversTest(unittest.TestCase):
    def test_each_row_of_a_cover_is_measured(self):
        cited = {name: cover for cover in paths.ROOT.glob("*/covers/*.txt")
                 for found in figures.PLACEHOLDER.finditer(cover.read_text())
                 for name in figures.placeholder_rows(found[0])}
        self.assertTrue(cited)
        for name, cover in cited.items():
            self.assertIn(name, measured(), cover)


class FiguresTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        (self.root / "bench").mkdir()

    def store(self, **changes) -> figures.Figures:
        rows = compare.rows(STOCK, PHYR, INEXACT)
        document = compare.document(rows, "icount", KERNELS, "2026-11-29T20:00:00+00:00") | changes
        (self.root / figures.FILE).write_text(json.dumps(document))
        return figures.Figures(self.root)

    def test_table(self):
        self.assertEqual(self.store().fill("cover.txt", TEXT), TABLE)

    def test_text_without_placeholders_needs_no_file(self):
        text = "Plain @figures in a line.\n"
        self.assertEqual(figures.Figures(self.root).fill("cover.txt", text), text)

    def test_another_clock_says_so(self):
        text = self.store(clock="kvm").fill("cover.txt", "@figures mr/reg/thp/2MiB\n")
        self.assertIn("  ns ", text)
        self.assertIn("Nanoseconds in a KVM guest", text)

    def test_what_is_no_figure_does_not_look_like_one(self):
        text = self.store().fill("cover.txt", "@figures crypto/virtio/total/thp/2MiB\n")
        self.assertIn("crypto/virtio/total/thp/2MiB  works  works      -\n", text)

    def assert_refused(self, found: figures.Figures, text: str):
        with self.assertRaisesRegex(figures.FigureError, text):
            found.fill("cover.txt", TEXT)

    def test_missing_file(self):
        self.assert_refused(figures.Figures(self.root),
                            "bench/figures.json.* is missing: ./phyr bench --json bench/figures.json")

    def test_missing_row(self):
        self.assert_refused(self.store(rows=[]),
                            "cover.txt: bench/figures.json has no row mr/reg/thp/2MiB: ./phyr bench --json")

    def test_document_that_does_not_say_when_or_where(self):
        document = json.loads((self.store().path).read_text())
        for member in ("schema", "clock", "date", "kernels"):
            self.store().path.write_text(json.dumps({key: value for key, value in document.items() if key != member}))
            with self.subTest(member):
                self.assert_refused(figures.Figures(self.root),
                                    "is no phyr-compare/2 with clock, date, kernels and rows")


if __name__ == "__main__":
    unittest.main()
