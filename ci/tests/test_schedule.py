# SPDX-License-Identifier: GPL-2.0-only
"""Order, room, and what becomes of jobs when one of them fails."""

import threading
import unittest

from ci import schedule
from ci.error import CiError
from ci.schedule import Job, Result, Room
from ci.tap import Tally


class Recorder:
    """A report that remembers; how many cores were ever in use at a time."""

    def __init__(self):
        self.lines: list[str] = []
        self.running: list[Job] = []
        self.most_cores = 0
        self.waited = threading.Event()

    def begins(self, job: Job) -> None:
        self.lines.append(f"+{job.name}")
        self.running.append(job)
        self.most_cores = max(self.most_cores, sum(each.cores for each in self.running))

    def ends(self, result: Result) -> None:
        self.lines.append(f"-{result.job.name}")
        if result.job in self.running:
            self.running.remove(result.job)

    def waits(self, running) -> None:
        self.waited.set()


def passes() -> Tally:
    return Tally(passed=1)


class ScheduleTest(unittest.TestCase):
    def run_jobs(self, *jobs: Job, room: Room = Room(2, 20)) -> dict[str, Result]:
        self.report = Recorder()
        return {result.job.name: result for result in schedule.run(jobs, room, self.report)}

    def test_each_job_runs_once_and_after_those_it_needs(self):
        results = self.run_jobs(Job("c", passes, ("b",)), Job("b", passes, ("a",)), Job("a", lambda: None))
        self.assertEqual(self.report.lines, ["+a", "-a", "+b", "-b", "+c", "-c"])
        self.assertEqual(list(results), ["c", "b", "a"])
        self.assertFalse(results["a"].failed)

    def test_two_run_side_by_side(self):
        both = threading.Barrier(2, timeout=10)
        results = self.run_jobs(*(Job(name, lambda: both.wait() < 2 and passes()) for name in "ab"))
        self.assertFalse(results["a"].failed or results["b"].failed)

    def test_cores_are_not_exceeded(self):
        self.run_jobs(*(Job(f"{i}", passes, cores=1 + i % 2) for i in range(12)))
        self.assertEqual(self.report.most_cores, 2)

    def test_memory_is_not_exceeded(self):
        self.run_jobs(*(Job(f"{i}", passes, memory=10) for i in range(4)), room=Room(4, 19))
        self.assertEqual(self.report.most_cores, 1)

    def test_what_wants_more_than_there_is_runs_by_itself(self):
        self.run_jobs(Job("a", passes), Job("all", passes, cores=99, memory=99), Job("b", passes))
        at = self.report.lines.index("+all")
        self.assertEqual(self.report.lines[at + 1], "-all")

    def test_the_longest_way_begins_first(self):
        self.run_jobs(Job("short", passes, seconds=5), Job("step", lambda: None, seconds=1),
                      Job("long", passes, ("step",), seconds=9), Job("middle", passes, seconds=7), room=Room(1, 0))
        self.assertEqual([line for line in self.report.lines if line[0] == "+"],
                         ["+step", "+long", "+middle", "+short"])

    def test_what_takes_all_cores_comes_first_or_last(self):
        """Between the others it would leave a core idle, and is not kept waiting by small ones either."""
        hold = threading.Event()
        threading.Timer(0.2, hold.set).start()
        self.run_jobs(Job("long", lambda: hold.wait() and passes(), seconds=9),
                      Job("step", lambda: None, cores=2, seconds=1),
                      Job("alone", passes, cores=2, seconds=5), Job("small", passes, ("step",), seconds=2))
        self.assertEqual(self.report.lines[:2], ["+step", "-step"])
        self.assertEqual(self.report.lines[-2:], ["+alone", "-alone"])

    def test_what_takes_all_cores_is_not_kept_waiting(self):
        hold = threading.Event()
        threading.Timer(0.2, hold.set).start()
        self.run_jobs(Job("first", lambda: hold.wait() and None, seconds=9),
                      Job("large", lambda: None, ("first",), cores=2),
                      Job("behind", passes, ("large",)), Job("small", passes, ("first",)))
        self.assertEqual(self.report.lines[:4], ["+first", "-first", "+large", "-large"])

    def test_a_failed_test_fails_nothing_else(self):
        results = self.run_jobs(Job("bad", lambda: Tally(failures=["bad: x"])), Job("good", passes))
        self.assertEqual(results["bad"].tally.failures, ["bad: x"])
        self.assertFalse(results["good"].failed)

    def test_what_needs_a_failed_one_is_not_run_and_fails(self):
        def cannot():
            raise CiError("no compiler")

        results = self.run_jobs(Job("kernel", cannot), Job("boot", self.fail, ("kernel",)),
                                Job("page", self.fail, ("boot",)), Job("other", passes))
        self.assertEqual(results["kernel"].tally.failures, ["kernel: no compiler"])
        self.assertEqual(results["boot"].tally.failures, ["boot: not run, for kernel failed"])
        self.assertTrue(results["page"].failed)
        self.assertFalse(results["other"].failed)

    def test_an_exception_is_a_failure_with_its_place(self):
        failure = self.run_jobs(Job("odd", lambda: {}["key"]))["odd"].tally.failures[0]
        self.assertIn("KeyError", failure)
        self.assertIn("test_schedule.py", failure)

    def test_who_waits_long_is_told_so(self):
        heartbeat, schedule.HEARTBEAT = schedule.HEARTBEAT, 0.05
        self.addCleanup(setattr, schedule, "HEARTBEAT", heartbeat)
        report = Recorder()
        schedule.run([Job("slow", lambda: report.waited.wait(10) and passes())], Room(1, 0), report)
        self.assertTrue(report.waited.is_set())
