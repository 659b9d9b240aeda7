# SPDX-License-Identifier: GPL-2.0-only
"""Which Makefile lists the objects of a folder."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import kernel, paths
from ci.entries import kbuild_objects


class PlaceTest(unittest.TestCase):
    def places(self, makefiles: dict[str, str], *folders: str) -> list[str]:
        with tempfile.TemporaryDirectory() as trees, mock.patch.object(paths, "TREES", Path(trees)):
            which = kernel.Kernel("commits", "check")
            for name, text in makefiles.items():
                (which.source / name).mkdir(parents=True, exist_ok=True)
                (which.source / name / "Makefile").write_text(text)
            return [str(kbuild_objects.place(which, Path(folder))) for folder in folders]

    def test_a_folder_without_a_makefile_is_its_parents(self):
        self.assertEqual(self.places({"mm": "obj-y := phyr.o phyr_test/main.o\n"}, "mm", "mm/phyr_test"), ["mm", "mm"])

    def test_so_is_one_whose_makefile_the_parents_include(self):
        makefiles = {"drivers/hl": "include $(src)/common/Makefile\n", "drivers/hl/common": "FILES := common/a.o\n"}
        self.assertEqual(self.places(makefiles, "drivers/hl/common", "drivers/hl/common/pci"), ["drivers/hl"] * 2)

    def test_a_folder_of_a_similar_name_is_not_meant(self):
        makefiles = {"drivers": "include $(src)/nocommon/Makefile\n", "drivers/common": "obj-y := a.o\n"}
        self.assertEqual(self.places(makefiles, "drivers/common"), ["drivers/common"])


if __name__ == "__main__":
    unittest.main()
