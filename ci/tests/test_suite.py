# SPDX-License-Identifier: GPL-2.0-only
"""Which entries and parts a name stands for, and the pieces that they run in."""

import unittest
from functools import partial

from ci import suite, testing
from ci.artifacts import STEPS
from ci.entries import kunit, machines
from ci.entry import Entry, Options, apart
from ci.schedule import Room
from ci.tap import Tally


def chosen(*names: str) -> dict[str, list[str]]:
    return {each.entry.name: each.parts for each in suite.select(list(names))}


class Selection(unittest.TestCase):
    def test_nothing_named_is_all_of_it(self):
        self.assertEqual(list(chosen()), [entry.name for entry in suite.ENTRIES if entry.default])

    def test_long_adds_what_is_else_run_by_name(self):
        self.assertEqual([each.entry for each in suite.select([], long=True)], list(suite.ENTRIES))

    def test_a_part(self):
        self.assertEqual(chosen("kunit/phyr_dma"), {"kunit": ["phyr_dma"]})
        self.assertEqual(chosen("unit/stats"), {"unit": ["stats"]})

    def test_its_full_name_is_one_and_its_last_is_all(self):
        self.assertEqual(chosen("guest-perf/phyr_property"), {"guest-perf": ["phyr_property"]})
        self.assertEqual(chosen("guest-perf/movable"),
                         {"guest-perf": [f"movable/{name}" for name in machines.MOVABLE_PROGRAMS]})
        self.assertEqual(chosen("sanitizers/stats"), {"sanitizers": ["asan/stats", "tsan/stats"]})

    def test_patterns(self):
        found = chosen("checkpatch/0001*")["checkpatch"]
        self.assertGreater(len(found), 1)
        self.assertTrue(all("/0001-" in name for name in found))

    def test_parts_add_up_in_the_order_of_the_table(self):
        self.assertEqual(chosen("dma/bounce", "ci", "dma/direct", "dma/bounce")["dma"], ["direct", "bounce"])
        self.assertEqual(list(chosen("dma/bounce", "ci")), ["ci", "dma"])

    def test_quick(self):
        self.assertEqual(list(chosen("quick")), [entry.name for entry in suite.ENTRIES if entry.quick])
        self.assertIn("dma", chosen("quick", "dma"))


class Table(unittest.TestCase):
    def test_names_and_artifacts(self):
        names = [entry.name for entry in suite.ENTRIES]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(set(names).isdisjoint(STEPS))
        for entry in suite.ENTRIES:
            self.assertLessEqual(set(entry.uses), STEPS.keys(), entry.name)

    def test_what_boots_says_so(self):
        for entry in suite.ENTRIES:
            self.assertEqual(entry.guest, "guest" in entry.needs, entry.name)

    def test_parts_are_known_here(self):
        self.assertIn("phyr_skcipher", kunit.suites())
        self.assertIn("phyr_iommu_*", kunit.suites())


class Pieces(unittest.TestCase):
    def entry(self, parts: list[str], split) -> Entry:
        def run(_artifacts: None, options: Options) -> Tally:
            self.ran.append((options.name, options.parts, options.cores))
            return Tally(passed=len(options.parts))

        self.ran: list[tuple] = []
        return Entry("e", "", run, parts=lambda: parts, split=split)

    def names(self, parts: list[str], split) -> list[str]:
        each = suite.Selected(self.entry(parts, split), parts)
        return [job.name for job in testing.pieces_of(None, each, False, False, 2)]

    def test_names(self):
        self.assertEqual(self.names(["a", "b"], apart), ["e/a", "e/b"])
        self.assertEqual(self.names(["a", "b"], lambda parts: [parts]), ["e"])
        self.assertEqual(self.names(["a", "b", "c", "d", "movable/a", "movable/b"], partial(machines.by_boot, 2)),
                         ["e/1", "e/2", "e/movable"])

    def test_an_entry_by_itself_has_all_cores(self):
        each = suite.Selected(self.entry(["a"], apart), ["a"])
        for alone in (False, True):
            testing.pieces_of(None, each, False, alone, 2)[0].run()
        self.assertEqual(self.ran, [("e", ("a",), 1), ("e", ("a",), 2)])

    def test_what_tests_nothing_fails(self):
        each = suite.Selected(self.entry([], lambda parts: [parts]), [])
        self.assertEqual(testing.pieces_of(None, each, False, True, 2)[0].run().failures, ["e: nothing was tested"])

    def test_each_program_of_a_kernel_runs_in_one_boot(self):
        parts = machines.kernel_tests()
        pieces = machines.by_boot(2, parts)
        self.assertEqual(sorted(part for piece in pieces for part in piece), sorted(parts))
        self.assertEqual(len(pieces), 3)

    def test_steps_come_with_what_they_need(self):
        jobs = testing.steps_of(None, ["accelerator"], 2)
        self.assertEqual({job.name for job in jobs}, {"series", "phyr", "userspace", "guest", "accelerator"})


class Memory(unittest.TestCase):
    def test_two_guests_fit_where_there_is_room(self):
        job = testing.pieces_of(None, suite.select(["kunit"])[0], False, False, 2)[0]
        self.assertTrue(Room(2, 20).fits(job, [job]))
        self.assertFalse(Room(2, 19).fits(job, [job]))
