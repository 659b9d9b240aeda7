# SPDX-License-Identifier: GPL-2.0-only
"""With a clock of real time boots are the sampling unit, and A/A says what a difference must be beyond."""

import random
import unittest
from itertools import count

from ci.comparison import verdicts
from ci.comparison.measure import Boot
from ci.comparison.verdicts import Figure
from ci.tests.comparison_case import SUITE, boot, failed, result

NAME = "mr/reg/base/4KiB"


def boots(chance: random.Random, level: float, noise: float, number: int = verdicts.BOOTS) -> list[Boot]:
    """Each boot has a level of its own, about which its samples lie closely: more samples would not help."""
    found = []
    for _ in range(number):
        own = level * (1 + noise * chance.gauss(0, 1))
        found.append(boot(result(NAME, *(own * (1 + 0.0001 * chance.gauss(0, 1)) for _ in range(20)))))
    return found


def verdict(base: list[Boot], head: list[Boot]) -> str | None:
    rows, _missing = verdicts.rows(SUITE, base, head, "kvm")
    return rows[0]["verdict"]


class RealTime(unittest.TestCase):
    def tried(self, factor: float, noise: float, times: int = 300) -> dict[str | None, int]:
        chance = random.Random(1)
        found: dict[str | None, int] = {}
        for _ in range(times):
            one = verdict(boots(chance, 1000, noise), boots(chance, 1000 * factor, noise))
            found[one] = found.get(one, 0) + 1
        return found

    def test_the_same_twice_is_no_difference(self):
        """Samples alone would call nearly each pair of boots different."""
        for noise in (0.001, 0.01, 0.1):
            self.assertGreaterEqual(self.tried(1, noise)["no difference"], 294)

    def test_what_is_beyond_the_noise_is_found(self):
        self.assertGreaterEqual(self.tried(1.05, 0.005)["worse"], 297)
        self.assertGreaterEqual(self.tried(0.95, 0.005)["better"], 297)

    def test_what_is_within_the_noise_is_not(self):
        self.assertGreaterEqual(self.tried(1.01, 0.02)["no difference"], 290)

    def test_the_floor_is_how_far_boots_of_one_kernel_are_apart(self):
        base, head = ([boot(result(NAME, level)) for level in levels]
                      for levels in ((100, 101, 102, 100), (103, 104, 103, 103)))
        rows, _missing = verdicts.rows(SUITE, base, head, "kvm")
        self.assertAlmostEqual(rows[0]["floor"], 100 * 2 / 100.5)
        self.assertFalse(rows[0]["exact"])
        self.assertEqual((rows[0]["base"]["boots"], rows[0]["verdict"]), (4, "worse"))
        near = [boot(result(NAME, level)) for level in (102.3, 102.4, 102.3, 102.3)]
        self.assertEqual(verdict(base, near), "no difference")

    def test_sides_that_overlap_do_not_differ(self):
        base, head = ([boot(result(NAME, level)) for level in levels]
                      for levels in ((1000, 1000, 1000, 1020), (1015, 1034, 1034, 1034)))
        self.assertEqual(verdict(base, head), "no difference")
        self.assertEqual(verdict(base, [boot(result(NAME, 1034)) for _ in range(4)]), "worse")

    def test_a_difference_is_one_if_other_boots_say_so(self):
        low, high = ([boot(result(NAME, level)) for level in levels] for levels in ((100, 101, 100, 100), (110,) * 4))
        for second, said in (((low, high), "worse"), ((low, low), "no difference"), ((high, low), "no difference"),
                             ((low, [boot(failed(NAME, "ENODEV"))]), "worse")):
            found = verdicts.rows(SUITE, low, high, "kvm", second)[0][0]
            self.assertEqual(found["verdict"], said)
        self.assertEqual(verdicts.differing(SUITE, low, high, "kvm"), [NAME])

    def test_false_differences_are_as_rare_as_documented(self):
        """docs/comparing.md: of 10,000 rows of the same kernel 95 in the first boots, one or none after the others."""
        chance = random.Random(1)

        def medians() -> Figure:
            found = tuple(1000 * (1 + 0.01 * chance.gauss(0, 1)) for _ in range(verdicts.BOOTS))
            return Figure(found, min(found), max(found), 80)

        first = both = 0
        for _ in range(10_000):
            one = verdicts.judge(medians(), medians(), True, "kvm", 0)
            if one != verdicts.SAME:
                first += 1
                both += verdicts.judge(medians(), medians(), True, "kvm", 0) == one
        self.assertTrue(60 < first < 130, first)
        self.assertLess(both, 4)

    def test_few_boots(self):
        chance = random.Random(1)
        self.assertEqual(verdict(boots(chance, 1000, 0.001, 3), boots(chance, 2000, 0.001, 4)), "too few samples")

    def test_one_boot_that_fails_is_a_failure(self):
        good = [boot(result(NAME, 100)) for _ in range(4)]
        self.assertEqual(verdict(good, [*good[:3], boot(failed(NAME, "EIO"))]), "worse")

    def test_boots_are_numbered(self):
        """Distinct medians of one side are kept apart, not pooled."""
        serial = count(100)
        side = [boot(result(NAME, next(serial))) for _ in range(4)]
        self.assertEqual(verdicts.figure(verdicts.by_name(side)[NAME], True).medians, (100, 101, 102, 103))


if __name__ == "__main__":
    unittest.main()
