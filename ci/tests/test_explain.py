# SPDX-License-Identifier: GPL-2.0-only
"""Instructions by function, with those of callees, and the picture of it."""

import json
import unittest
import xml.etree.ElementTree as xml

from ci import bench, explain, flame, memory
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
        side = explain.side("stock", [BEFORE], NAMES)
        self.assertEqual({name: (each.own[0], each.inclusive) for name, each in side.functions.items()},
                         {"[program]": (5, 5), "main": (10, 100), "walk": (50, 90), "grab": (40, 40)})

    def test_the_sample_in_the_middle(self):
        self.assertEqual(explain.side("x", [BEFORE, AFTER, AFTER], NAMES).instructions, 36)

    def test_a_tree_that_is_not_the_sample(self):
        sample = tree((0, 0, 10))
        sample.figures["instructions"] = 11
        with self.assertRaisesRegex(memory.MemoryClockError, "functions have 10"):
            explain.side("x", [sample], NAMES)

    def test_greatest_difference_first(self):
        left, right = explain.side("stock", [BEFORE], NAMES), explain.side("phyr", [AFTER], NAMES)
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

    def test_what_is_asked_for(self):
        plan = json.loads(bench.WORKLOADS.read_text())
        labels, kernels = explain.sides_of("mr/reg/base/4KiB", plan, ["stock", "phyr"])
        self.assertEqual(labels, {"stock": ("stock", "mr/reg/base/4KiB"), "phyr": ("phyr", "mr/reg/base/4KiB")})
        self.assertEqual([which.tree for which in kernels], ["stock", "phyr"])
        labels, kernels = explain.sides_of("iommu:dma/map/base/64MiB", plan)
        self.assertEqual(labels, {"sg": ("phyr", "iommu:dma/sg/map/base/64MiB"),
                                  "phyrs": ("phyr", "iommu:dma/phyrs/map/base/64MiB")})
        with self.assertRaisesRegex(explain.ExplainError, "its sides are sg and phyrs, both in .*; leave out BASE"):
            explain.sides_of("iommu:dma/map/base/64MiB", plan, ["stock", "phyr"])
        with self.assertRaisesRegex(explain.ExplainError, "5KiB: no such row; near it are mr/reg/base/4KiB"):
            explain.sides_of("mr/reg/base/5KiB", plan, ["stock", "phyr"])
        with self.assertRaisesRegex(explain.ExplainError, "neither of stock, phyr"):
            explain.sides_of("mr/reg/base/4KiB", plan, ["stock", "main"])


class FlameTest(unittest.TestCase):
    def test_boxes_are_as_wide_as_what_they_take(self):
        trees = {name: explain.side(name, [sample], NAMES).tree for name, sample in (("a", BEFORE), ("<b>", AFTER))}
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
