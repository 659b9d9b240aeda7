# SPDX-License-Identifier: GPL-2.0-only
"""Instructions by function, with those of callees, and the picture of it."""

import json
import tempfile
import unittest
import xml.etree.ElementTree as xml
from dataclasses import replace
from pathlib import Path
from unittest import mock

from ci import bench, explain, flame, memory
from ci.comparison.builder import Built
from ci.comparison.sides import Side
from ci.memory import Node, Sample

NAMES = ["main", "walk", "grab"]
SVG = "{http://www.w3.org/2000/svg}"


def tree(*nodes: tuple[int, int, int]) -> Sample:
    """(parent, function, instructions) of each"""
    zeros = (0,) * (len(memory.COUNTERS) - 1)
    found = {number: Node(parent, function, (own, *zeros)) for number, (parent, function, own) in enumerate(nodes, 1)}
    return Sample({"instructions": sum(own for _parent, _function, own in nodes)}, found)


# The program calls main, which calls walk, which calls itself and grab.
BEFORE = tree((0, 3, 5), (0, 0, 10), (2, 1, 20), (3, 1, 30), (4, 2, 40))
AFTER = tree((0, 3, 5), (0, 0, 10), (2, 1, 21))


class ExplainTest(unittest.TestCase):
    def test_own_and_inclusive(self):
        side = explain.column("stock", [BEFORE], NAMES)
        self.assertEqual({name: (each.own[0], each.inclusive) for name, each in side.functions.items()},
                         {"[program]": (5, 5), "main": (10, 100), "walk": (50, 90), "grab": (40, 40)})

    def test_the_sample_in_the_middle(self):
        self.assertEqual(explain.column("x", [BEFORE, AFTER, AFTER], NAMES).instructions, 36)

    def test_a_tree_that_is_not_the_sample(self):
        sample = tree((0, 0, 10))
        sample.figures["instructions"] = 11
        with self.assertRaisesRegex(memory.MemoryClockError, "functions have 10"):
            explain.column("x", [sample], NAMES)

    def test_greatest_difference_first(self):
        left, right = explain.column("stock", [BEFORE], NAMES), explain.column("phyr", [AFTER], NAMES)
        lines = [line.split() for line in explain.table(left, right).splitlines()]
        self.assertEqual([line[0] for line in lines[2:]], ["grab", "walk", "main", "[program]", "all"])
        self.assertEqual(lines[2][1:6], ["40", "0", "-40", "40", "0"])
        self.assertEqual(lines[-1][1:6], ["105", "36", "-69", "105", "36"])
        short = [line.split() for line in explain.table(left, right, 1).splitlines()]
        self.assertEqual(short[3][:5], ["3", "more", "65", "36", "-29"])

    def test_functions_of_a_system_map(self):
        text = ("0000000000001000 A start_of_nothing\nffffffff81000010 T second\nffffffff81000000 t first\n"
                "ffffffff81000010 t alias\nffffffff81000020 D data\nffffffff81000018 t __pfx_third\n")
        self.assertEqual(explain.functions(text), [(0xffffffff81000000, "first"), (0xffffffff81000010, "second")])

    def columns(self, row: str, *asked: Side) -> list[tuple[str, str, str]]:
        plan = json.loads(bench.WORKLOADS.read_text())
        return [(one.label, one.side.text, one.workload) for one in explain.sides_of(row, plan, asked)]

    def test_what_is_asked_for(self):
        stock, phyr = Side("base", "stock", "own"), Side("head", "phyr", "own")
        row, form = "mr/reg/base/4KiB", "gup/phyrs/pin/base/4KiB"
        self.assertEqual(self.columns(row), [("stock", "stock", row), ("phyr", "phyr", row)])
        self.assertEqual(self.columns(row, stock, phyr), self.columns(row))
        self.assertEqual(self.columns(row, stock, stock), [("stock", "stock", row)])
        self.assertEqual(self.columns("iommu:dma/map/base/64MiB"),
                         [("sg", "phyr", "iommu:dma/sg/map/base/64MiB"),
                          ("phyrs", "phyr", "iommu:dma/phyrs/map/base/64MiB")])
        # One form in any two kernels.
        old, new = (Side(role, f"/{role}/linux", "tree", Path(f"/{role}/linux")) for role in ("base", "head"))
        self.assertEqual(self.columns(form, old, new), [("base", "/base/linux", form), ("head", "/head/linux", form)])
        self.assertEqual(self.columns(row, Side("base", "v1", "ref"), Side("head", "/x/bzImage", "image")),
                         [("v1", "v1", row), ("bzImage", "/x/bzImage", row)])
        for words, said in ((("iommu:dma/map/base/64MiB", stock, phyr), "its sides are sg and phyrs, both in .*; leave "
                             "out BASE and HEAD, or name one of iommu:dma/sg/map/base/64MiB, iommu:dma/phyrs"),
                            (("mr/reg/base/5KiB",), "5KiB: no such row; near it are mr/reg/base/4KiB"),
                            ((form,), "is not measured in the stock kernel"),
                            ((form, phyr, stock), "is not measured in the stock kernel")):
            with self.subTest(words), self.assertRaisesRegex(explain.ExplainError, said):
                self.columns(*words)

    def test_where_the_functions_of_an_image_are(self):
        with tempfile.TemporaryDirectory() as scratch:
            image = Path(scratch) / "arch/x86/boot/bzImage"
            image.parent.mkdir(parents=True)
            image.touch()
            one = Built(Side("base", "x", "image"), image)
            with self.assertRaisesRegex(explain.ExplainError, r"base \(x\): .*put its System.map beside .*bzImage"):
                explain.symbols_of(one)
            # Another kernel's.
            for place in ("arch/System.map", "arch/x86/System.map"):
                (Path(scratch) / place).touch()
            copied = replace(one, image=Path(scratch) / "a/b/c/bzImage")
            (Path(scratch) / "System.map").touch()
            with self.assertRaisesRegex(explain.ExplainError, r"put its System.map beside .*c/bzImage"):
                explain.symbols_of(copied)
            for place in (Path(scratch) / "System.map", image.with_name("System.map")):
                place.touch()
                self.assertEqual(explain.symbols_of(one), place)

    def test_two_kernels_that_are_not_ours(self):
        """Each is booted once, with the list of its own functions, and its column has its own samples."""
        sides = [Side(role, role, "ref") for role in ("base", "head")]
        row = "mr/reg/base/4KiB"
        followed = []

        def follow(_artifacts, name, built, workloads, _plan, clock):
            followed.append((built.side.text, workloads, clock.lists[name].read_text()))
            clock.found[name] = {row: [BEFORE if built.side.text == "base" else AFTER]}

        class Clock:
            def __init__(self, lists):
                self.lists, self.found = lists, {}

        with tempfile.TemporaryDirectory() as scratch, mock.patch.object(explain, "MemoryClock", Clock), \
                mock.patch.object(explain, "follow", follow), \
                mock.patch.object(explain.paths, "BUILD", Path(scratch)):
            builts = {}
            for place, side in enumerate(sides):
                file = Path(scratch) / side.text
                file.write_text("".join(f"ffffffff810000{place}{number} T {name}\n"
                                        for number, name in enumerate(NAMES)))
                builts[side] = Built(side, file, symbols=file)
            wanted = explain.sides_of(row, json.loads(bench.WORKLOADS.read_text()), sides)
            found = explain.explained(None, row, wanted, builts, {})
            text = explain.report(row, found, Path(scratch) / "x.svg")
            self.assertIn("<svg", (Path(scratch) / "x.svg").read_text())
        self.assertEqual([(one[0], one[1], one[2].split()[0]) for one in followed],
                         [("base", [row], "ffffffff81000000"), ("head", [row], "ffffffff81000010")])
        self.assertTrue(text.startswith(f"{row}: base 105, head 36 instructions\n"))


class FlameTest(unittest.TestCase):
    def test_boxes_are_as_wide_as_what_they_take(self):
        trees = {name: explain.column(name, [sample], NAMES).tree for name, sample in (("a", BEFORE), ("<b>", AFTER))}
        root = xml.fromstring(flame.svg(trees, "row & more"))
        groups = [(group.find(f"{SVG}title").text, float(group.find(f"{SVG}rect").get("width")))
                  for group in root.iter(f"{SVG}g")]
        widths = dict(groups[:6])
        self.assertAlmostEqual(widths["main: 100, of these itself 10; 95.24 %"], 1180 * 100 / 105, delta=0.1)
        # The other side has the same scale.
        self.assertAlmostEqual(next(width for title, width in groups if title.startswith("all: 36,")),
                               1180 * 36 / 105, delta=0.1)
        self.assertEqual(sum(title.startswith("walk: ") for title, _width in groups), 3)
        self.assertIn("<b>: 36", [text.text for text in root.iter(f"{SVG}text")])


if __name__ == "__main__":
    unittest.main()
