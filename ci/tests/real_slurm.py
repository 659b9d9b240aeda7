# SPDX-License-Identifier: GPL-2.0-only
"""Made-up builds and boots as jobs of a real cluster: the result is that of one machine, whatever is killed."""

import json
import os
import re
import subprocess
import tempfile
import threading
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from ci.comparison import bisect, builder, command, commits, history, measure, place, sides, slurm
from ci.comparison.builder import Builder
from ci.comparison.sides import Side
from ci.git import Git
from ci.tests import made_up
from ci.tests.comparison_case import SUITE, Repository, sources
from ci.tests.slurm_cluster import LocalCluster

COMMITS, MOVED, LEVEL = 20, 13, 9552
PLAN = replace(SUITE, rows=(made_up.ROW,),
               plan={"inexact": [], "runs": [{"name": "mr", "samples": 9, "warmup": 3, "backings": ["base/4KiB"],
                                              "workloads": ["mr/reg/{backing}"]}]})
LOG = re.compile(r"the log is [^ ]+,")
COMMAND = ("python3", "-B", "-m", "ci.tests.made_up")
MODULES = (bisect, builder, commits, history, command, measure, slurm)      # which say what they do


class OneMachine(place.Here):
    """In a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder

    def builder(self, artifacts, fragments):
        return Builder(artifacts, fragments, self.folder)

    def bench(self, artifacts, suite, clock, again=False):
        return measure.Bench(artifacts, suite, clock, again, self.folder)


class Slurm(Repository, unittest.TestCase):
    cluster: LocalCluster

    @classmethod
    def setUpClass(cls):
        scratch = tempfile.TemporaryDirectory(prefix="phyr-", dir="/run")
        cls.addClassCleanup(scratch.cleanup)
        cls.cluster = cls.enterClassContext(LocalCluster(Path(scratch.name)))

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.tree = self.folder / "linux"
        sources(self.tree)
        self.git("init", "-q", "-b", "main")
        (self.folder / "trees").mkdir()
        self.said: list[str] = []
        for patch in [*made_up.patched(self.folder / "trees", measure.Bench),
                      mock.patch.object(slurm, "note", self.said.append), mock.patch.object(slurm, "LOOK", 0.2),
                      *(mock.patch.object(module, "say") for module in MODULES)]:
            patch.start()
            self.addCleanup(patch.stop)
        self.artifacts = mock.Mock(guest=Path("guest"))

    def series(self, number: int, moved: int) -> list[str]:
        return [self.commit({number // 2: "broken"}.get(each, LEVEL + 105 * (each >= moved) + each % 2))
                for each in range(number + 1)]

    def here(self) -> OneMachine:
        return OneMachine(self.folder / "here")

    def there(self, folder: str = "there") -> place.Cluster:
        return place.Cluster(None, COMMAND, self.folder / folder, ((), ()))

    def built(self, folder: str = "there") -> list[str]:
        log = self.folder / folder / "trees" / "built"
        return log.read_text().splitlines() if log.exists() else []

    def history(self, where: place.Place, names: list[str]) -> dict:
        of = history.of_range(self.tree, f"{names[0]}..{names[-1]}")
        take = commits.Commits(self.artifacts, self.tree, PLAN, [], where)
        made = history.make(PLAN, of, history.measured(take, of), take.bench.qemu, "x")
        # But for where the log of what does not build is.
        return json.loads(LOG.sub("", json.dumps(made)))

    def jobs(self, *options: str) -> int:
        return len(subprocess.run(["squeue", "--noheader", *options], capture_output=True,
                                  text=True).stdout.splitlines())

    def test_bisect_finds_the_same(self):
        names = self.series(COMMITS, MOVED)

        def search(where: place.Place) -> bisect.Found:
            take = commits.Commits(self.artifacts, self.tree, PLAN, [], where)

            def measured(asked):
                return [one if isinstance(one, commits.Skip) else one[made_up.ROW] for one in take.measure_all(asked)]

            return bisect.Search(Git(self.tree / ".git"), [names[0]], names[-1], measured, 1, where.workers).run()

        there, here = search(self.there()), search(self.here())
        self.assertEqual((there.commits, there.before, there.after), (here.commits, here.before, here.after))
        self.assertEqual(there.commits, (names[MOVED],))
        # Both nodes have worked, and a step leaves a third.
        self.assertEqual({line.split()[1].split("-")[1] for line in self.built()}, {"w1", "w2"})
        self.assertLessEqual(there.steps, 4)

    def test_history_is_the_same_and_goes_on(self):
        names = self.series(6, 4)
        there = self.history(self.there(), names)
        self.assertEqual(there, self.history(self.here(), names))
        self.assertIn("mm/gup.c:1: error: planted", there["commits"][3]["skipped"])
        before, made = self.jobs("--states=all"), self.built()
        self.assertEqual(len(made), 6)
        self.assertEqual(self.history(self.there(), names), there)
        # What failed is tried again, and nothing else.
        self.assertEqual((self.jobs("--states=all") - before, self.built()), (1, made))

    def test_compare_is_the_same(self):
        names = [self.commit(9552), self.commit(9553)]
        pair = tuple(Side(role, name[:12], "ref", self.tree, name) for role, name in zip(("base", "head"), names))

        def found(where: place.Place) -> dict:
            return command.compared(self.artifacts, pair, PLAN, [], place=where) | {"date": ""}

        there = found(self.there())
        self.assertEqual(there, found(self.here()))
        self.assertEqual((there["rows"][0]["verdict"], there["status"]), ("worse", 2))
        same = command.compared(self.artifacts, (pair[0], sides.ref("head", names[0], self.tree)), PLAN, [],
                                place=self.there("same"))
        self.assertEqual((same["rows"][0]["verdict"], len(self.built("same"))), ("no difference", 1))

    def interrupted(self, kill, again: str) -> None:
        """kill: (job, node) of a build that goes on; again: what is said of it."""
        gate = self.folder / "gate" / "closed"
        gate.parent.mkdir()
        gate.touch()
        names = [self.commit(9552)]
        (self.tree / "hold").write_text(str(gate))
        names.append(self.commit(9570))
        answers: list[dict] = []
        asked = threading.Thread(target=lambda: answers.append(self.history(self.there(), names)))
        asked.start()
        try:
            self.cluster.until(gate.with_name(made_up.STARTED).exists, "the build has not begun")
            listed = subprocess.run(["squeue", "--noheader", "--states=running", "--format=%i|%N|%j"],
                                    capture_output=True, text=True).stdout.splitlines()
            running = [line.split("|") for line in listed if "build" in line]
            process = int(gate.with_name(made_up.STARTED).read_text())
            node = next(word[16:].decode() for word in Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
                        if word.startswith(b"SLURMD_NODENAME="))
            kill(next(job for job, where, _name in running if where == node), node)
            self.cluster.until(lambda: self.said, "nobody says that the job was lost", 60)
        finally:
            gate.unlink()
            asked.join(60)
        self.assertRegex(self.said[0], again)
        self.assertEqual(answers, [self.history(self.here(), names)])
        self.assertEqual([move["change"] for move in answers[0]["moves"]], [100 * (9570 - 9552) / 9552])

    def test_a_job_that_is_killed_is_run_again(self):
        self.interrupted(lambda job, _node: subprocess.run(["scancel", job], check=True),
                         r"^build-\w+, job \d+ on w\d, ended as CANCELLED; it is run again$")

    def test_a_job_whose_process_is_killed_is_run_again(self):
        def kill(_job: str, _node: str) -> None:
            os.kill(int((self.folder / "gate" / made_up.STARTED).read_text()), 9)

        self.interrupted(kill, r"^build-\w+, job \d+ on w\d, ended as FAILED; it is run again$")

    def test_a_node_that_dies(self):
        died: list[str] = []

        def kill(_job: str, node: str) -> None:
            died.append(node)
            self.cluster.kill(node)

        try:
            self.interrupted(kill, r"^build-\w+, job \d+ on w\d, ended as NODE_FAIL; it is run again$")
        finally:
            self.cluster.worker(died[0])
            self.cluster.until(lambda: self.cluster.states() == ["idle"] * 2, "the node does not come back", 60)

    def test_a_node_that_would_measure_something_else(self):
        names = [self.commit(9552), self.commit(9570)]
        with mock.patch.object(slurm, "PASSED", (*slurm.PASSED, "PHYR_QEMU")), \
                mock.patch.dict(os.environ, {"PHYR_QEMU": "8.2"}), \
                mock.patch.object(measure, "qemu_version", lambda: "7.2.22"):
            with self.assertRaisesRegex(Exception, "w[12] would measure something else: QEMU is 8.2 there"):
                self.history(self.there(), names)

    def test_an_interrupt_leaves_no_job(self):
        gate = self.folder / "gate" / "closed"
        gate.parent.mkdir()
        gate.touch()
        names = [self.commit(9552)]
        (self.tree / "hold").write_text(str(gate))
        names.append(self.commit(9570))
        there = self.there()
        ended: list[BaseException] = []

        def ask() -> None:
            try:
                there.each(lambda name: there.builder(self.artifacts, []).build(
                    Side("commit", name[:12], "ref", self.tree, name)), names)
            except BaseException as error:
                ended.append(error)

        asked = threading.Thread(target=ask)
        asked.start()
        self.cluster.until(gate.with_name(made_up.STARTED).exists, "the build has not begun")
        there.slurm.stop()
        asked.join(30)
        self.assertIsInstance(ended[0], slurm.Stopped)
        self.cluster.until(lambda: not self.jobs(), "a job goes on")


if __name__ == "__main__":
    unittest.main()
