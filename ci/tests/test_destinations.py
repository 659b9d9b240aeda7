# SPDX-License-Identifier: GPL-2.0-only
"""The table of destinations is sound, and files lead to the destination with the longest pattern."""

import unittest
from fnmatch import fnmatchcase

from ci import destinations, pageless, paths, series
from ci.destinations import DestinationError


class TableTest(unittest.TestCase):
    def setUp(self):
        self.table = destinations.load()

    def test_names_are_unique_and_needs_come_before(self):
        names = [one.name for one in self.table.all]
        self.assertEqual(len(names), len(set(names)))
        for index, one in enumerate(self.table.all):
            self.assertLessEqual(set(one.needs), set(names[:index]), one.name)
            self.assertTrue(one.lists, one.name)

    def test_fixes_come_first_and_need_nothing(self):
        parts = [one.part for one in self.table.all]
        self.assertEqual(parts, sorted(parts))
        self.assertFalse([one.name for one in self.table.all if one.part == "fixes" and one.needs])

    def test_every_patch_has_a_destination(self):
        entries = series.entries(paths.ROOT, self.table)
        # Those of memory without struct pages are not of the series yet.
        apart = {paths.BUILD, paths.ROOT / pageless.FOLDER}
        patches = [path for path in paths.ROOT.glob("*/*/[0-9]*.patch") if not apart.intersection(path.parents)]
        self.assertEqual(len(entries), len(patches))

    def test_no_two_series_of_fixes_touch_the_same_file(self):
        owner = {}
        for entry in series.entries(paths.ROOT, self.table):
            for file in entry.content.touched if entry.part == "fixes" else []:
                self.assertEqual(owner.setdefault(file, entry.destination.name), entry.destination.name, file)

    def test_each_destination_and_shared_pattern_is_used(self):
        entries = series.entries(paths.ROOT, self.table)
        self.assertEqual({entry.destination.name for entry in entries}, {one.name for one in self.table.all})
        touched = {file for entry in entries for file in entry.content.touched}
        for pattern in self.table.shared:
            self.assertTrue([file for file in touched if fnmatchcase(file, pattern)], pattern)


class RouteTest(unittest.TestCase):
    def setUp(self):
        self.table = destinations.load()

    def assert_routed(self, name: str, *files: str, part: str = "patches"):
        self.assertEqual(self.table.route(part, "it", list(files)).name, name)

    def test_files_decide(self):
        self.assert_routed("mm", "mm/gup.c")
        self.assert_routed("mm", "mm/phyr_test/gup.c", "mm/phyr_test/phyr_test.h", "MAINTAINERS")
        self.assert_routed("dma", "kernel/dma/phyr.c", "Documentation/core-api/dma-phyr.rst",
                           "Documentation/core-api/index.rst")
        self.assert_routed("dma", "lib/scatterlist.c", "include/linux/scatterlist.h")
        self.assert_routed("rdma", "drivers/infiniband/core/umem.c", "include/rdma/ib_umem.h")
        self.assert_routed("crypto", "drivers/virtio/virtio_ring.c", "include/linux/virtio.h")

    def test_a_family_of_the_test_device_goes_with_what_it_measures(self):
        for name in ("dma", "crypto"):
            self.assert_routed(name, f"mm/phyr_test/{name}.c", f"mm/phyr_test/phyr_test_{name}.h", "mm/Kconfig",
                               "mm/Makefile")

    def test_shared_files_alone_go_to_who_claims_them(self):
        self.assert_routed("mm", "mm/Makefile")
        with self.assertRaisesRegex(DestinationError, "it: MAINTAINERS belongs to no destination of patches"):
            self.table.route("patches", "it", ["MAINTAINERS"])

    def test_fixes_have_destinations_of_their_own(self):
        self.assert_routed("fixes-rdma", "drivers/infiniband/sw/siw/siw_mem.c", part="fixes")
        with self.assertRaisesRegex(DestinationError, "kernel/dma/direct.c belongs to no destination of fixes"):
            self.table.route("fixes", "it", ["kernel/dma/direct.c"])

    def test_two_destinations_are_refused(self):
        with self.assertRaisesRegex(DestinationError, "it: mm/gup.c belongs to mm and drivers/infiniband/a.c to rdma"):
            self.table.route("patches", "it", ["mm/gup.c", "drivers/infiniband/a.c"])

    def test_series_are_contiguous(self):
        mm, dma = self.table.named(["mm", "dma"])
        self.table.check_order([("a", mm), ("b", mm), ("c", dma)])
        with self.assertRaisesRegex(DestinationError, "c: belongs to mm, but comes behind b of dma"):
            self.table.check_order([("a", mm), ("b", dma), ("c", mm)])

    def test_needs_are_found_through_others(self):
        rdma, = self.table.named(["rdma"])
        self.assertEqual([one.name for one in self.table.needed(rdma)],
                         ["fixes-mm", "fixes-lib", "fixes-rdma", "mm", "dma"])

    def test_unknown_names_are_refused(self):
        with self.assertRaisesRegex(DestinationError, "no series 'rmda'; there are: fixes-mm, "):
            self.table.named(["mm", "rmda"])


if __name__ == "__main__":
    unittest.main()
