# SPDX-License-Identifier: GPL-2.0-only
"""A configuration has its own options, and what kbuild says of our files, or cannot make, is a failure."""

import unittest

from ci import config
from ci.entries import portability

ONE = portability.CONFIGURATIONS[0]
FILES = {"mm/phyr.c", "include/linux/phyr.h"}


class PortabilityTest(unittest.TestCase):
    def test_every_fragment_is_somebodys(self):
        fragments = {path.stem for path in (config.FRAGMENTS / portability.TREE).glob("*.config")}
        self.assertEqual(fragments, set(portability.configurations()))

    def test_own_options_win(self):
        i386 = next(one for one in portability.CONFIGURATIONS if one.name == "i386")
        self.assertEqual((i386.options["CONFIG_64BIT"], i386.options["CONFIG_PHYR_KUNIT_TEST"]), ("n", "y"))
        for one in portability.CONFIGURATIONS:
            self.assertTrue(one.options)

    def test_warning_in_a_file_of_ours_is_a_problem(self):
        said = ("../mm/phyr.c:7:2: warning: unused variable 'x' [-Wunused-variable]\n"
                "../mm/slub.c:7:2: warning: unused variable 'x' [-Wunused-variable]\n")
        self.assertEqual(portability.problems(ONE, FILES, True, said),
                         ["mm/phyr.c: warning: unused variable 'x' [-Wunused-variable]"])

    def test_failure_elsewhere_is_a_problem(self):
        said = "../mm/slub.c:7:2: error: 'x' undeclared\nmake[3]: *** [mm/slub.o] Error 1\n"
        found = portability.problems(ONE, FILES, False, said)
        self.assertEqual(len(found), 1)
        self.assertIn("mm/slub.c:7:2: error", found[0])

    def test_symbol_without_export_is_a_problem(self):
        found = portability.problems(ONE, FILES, False, 'ERROR: modpost: "f" [mm/tests/phyr_kunit.ko] undefined!\n')
        self.assertIn('"f" [mm/tests/phyr_kunit.ko] undefined!', found[0])

    def test_silence_is_none(self):
        self.assertEqual(portability.problems(ONE, FILES, True, ""), [])


if __name__ == "__main__":
    unittest.main()
