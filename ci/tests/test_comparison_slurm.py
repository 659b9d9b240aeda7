# SPDX-License-Identifier: GPL-2.0-only
"""Jobs of Slurm: what is believed, what is run again, and what becomes of errors. Slurm itself is made up here."""

import json
import os
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from unittest import mock

from ci import packages
from ci.comparison import builder, job, measure, place, slurm
from ci.comparison.builder import Order
from ci.comparison.sides import Side
from ci.tests import made_up

ANSWER = {"answer": {"x": 1}}


class Controller:
    """In place of sbatch, squeue and sinfo. states: of each job in turn, what it is called at each look."""

    def __init__(self, *states: tuple[str, ...]):
        self.states = [list(each) for each in states]
        self.scripts: list[str] = []
        self.submitted: list[tuple[str, ...]] = []
        self.nodes = "w1|idle\nw2|mixed\nw2|mixed\nw3|down*\nw4|idle*\nw5|drained\n"
        self.answers: dict[int, object] = {}       # job -> what it leaves
        self.refusals: list[str] = []              # what sbatch says before it takes a job

    def call(self, *words: str, text: str | None = None) -> str:
        if words[0] == "sbatch":
            if self.refusals:
                raise slurm.SlurmError(f"sbatch: {self.refusals.pop(0)}")
            self.submitted.append(words)
            self.scripts.append(text)
            number = len(self.submitted)
            if number in self.answers:
                folder = next(word for word in words if word.startswith("--output="))[9:].removesuffix("/log")
                (Path(folder) / "answer.json").write_text(json.dumps(self.answers[number]))
            return f"{number};phyr\n"
        if words[0] == "sinfo":
            return self.nodes
        lines = []
        for number, states in enumerate(self.states[:len(self.submitted)], 1):
            state = states.pop(0) if len(states) > 1 else states[0]
            if state == "silent":
                raise slurm.SlurmError("squeue: Unable to contact slurm controller")
            lines += [f"{number}|{state}|w1|None"] if state != "unknown" else []
        return "\n".join(lines)


class Jobs(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.said: list[str] = []
        for name, value in (("LOOK", 0.001), ("LATE", 0.0), ("note", self.said.append), ("say", mock.Mock())):
            patch = mock.patch.object(slurm, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def run_with(self, controller: Controller) -> dict:
        with mock.patch.object(slurm, "call", controller.call):
            return slurm.Slurm(1, ("job",), self.folder).run("build-x", {"kind": "build"}, ("--exclusive",))

    def test_an_answer(self):
        controller = Controller(("PENDING", "RUNNING", "COMPLETING", "COMPLETED"))
        controller.answers[1] = ANSWER
        self.assertEqual(self.run_with(controller), ANSWER)
        self.assertEqual((self.said, list(self.folder.iterdir())), ([], []))
        words = controller.submitted[0]
        for word in ("--exclusive", "--no-requeue", "--export=NIL", "--job-name=phyr-build-x"):
            self.assertIn(word, words)

    def test_what_is_run_again(self):
        for state in ("CANCELLED", "NODE_FAIL", "FAILED", "TIMEOUT", "OUT_OF_MEMORY", "PREEMPTED", "unknown"):
            with self.subTest(state):
                self.said.clear()
                controller = Controller(("RUNNING", state), ("RUNNING", "COMPLETED"))
                # make that was killed says that nothing can be built, which is not believed.
                controller.answers = {1: {"error": ["build", "killed"]}, 2: ANSWER}
                self.assertEqual(self.run_with(controller), ANSWER)
                self.assertEqual(len(controller.submitted), 2)
                self.assertRegex(self.said[0], f"build-x, job 1.*, ended as {state.replace('unknown', 'LOST')}; it is "
                                               "run again")

    def test_completed_without_an_answer(self):
        controller = Controller(("COMPLETED",), ("COMPLETED",))
        controller.answers = {2: ANSWER}
        self.assertEqual(self.run_with(controller), ANSWER)

    def test_what_never_ends_well(self):
        controller = Controller(*[("NODE_FAIL",)] * 9)
        with self.assertRaisesRegex(slurm.SlurmError, "job 4 on w1, ended as NODE_FAIL, 4 times; the log is .*/log"):
            self.run_with(controller)
        self.assertEqual(len(controller.submitted), 4)

    def test_a_controller_that_is_away(self):
        controller = Controller(("silent", "silent", "RUNNING", "COMPLETED"))
        controller.answers = {1: ANSWER}
        self.assertEqual(self.run_with(controller), ANSWER)
        with mock.patch.object(slurm, "PATIENCE", 0.0), \
                self.assertRaisesRegex(slurm.SlurmError, "Slurm has not answered: squeue: Unable"):
            self.run_with(Controller(("silent",)))

    def test_why_it_waits(self):
        controller = Controller(("PENDING",) * 3 + ("COMPLETED",))
        controller.answers = {1: ANSWER}
        with mock.patch.object(slurm, "WAITS", 0.0), \
                mock.patch.object(controller, "call", lambda *words, call=controller.call, **more:
                                  call(*words, **more).replace("None", "Resources")):
            self.run_with(controller)
        self.assertEqual(self.said, ["build-x, job 1, waits: Resources"])

    def test_nodes_that_are_up(self):
        controller = Controller()
        with mock.patch.object(slurm, "call", controller.call):
            self.assertEqual(slurm.nodes(), 2)
            controller.nodes = "w1|down*\n"
            with self.assertRaisesRegex(slurm.SlurmError, "no node of the cluster is up"):
                slurm.nodes()

    def test_without_slurm(self):
        with mock.patch.dict(os.environ, {"PATH": "/nowhere"}), \
                self.assertRaisesRegex(slurm.SlurmError, "this machine has no sinfo; Debian's package slurm-client"):
            slurm.nodes()

    def test_script(self):
        with mock.patch.dict(os.environ, {"CCACHE_DIR": "/a b", "PHYR_LOCK": "/x"}):
            text = slurm.script(("python3", "-m", "x"), Path("/f 1"))
        self.assertIn("export CCACHE_DIR='/a b'\n", text)
        self.assertIn("exec python3 -m x '/f 1'\n", text)
        # Or a job would be taken for what a killed command has left.
        self.assertNotIn("PHYR_LOCK", text)

    def test_the_first_error_ends_all(self):
        begun, ended = threading.Event(), []
        with mock.patch.object(slurm, "call") as run:
            cluster = slurm.Slurm(2, ("job",), self.folder)
            cluster.open = {"7"}

            def work(item: str) -> None:
                if item == "bad":
                    begun.wait(5)
                    raise ValueError(item)
                begun.set()
                ended.append(cluster.stopping.wait(5))

            with self.assertRaisesRegex(ValueError, "bad"):
                cluster.each(work, ["good", "bad"])
        self.assertEqual(ended, [True])
        self.assertEqual(run.call_args_list, [mock.call("scancel", "7")])
        with self.assertRaises(slurm.Stopped):
            cluster.submit("x", self.folder, ())

    def test_jobs_that_cannot_be_ended_are_named(self):
        cluster = slurm.Slurm(2, ("job",), self.folder)
        cluster.open = {"7", "8"}
        with mock.patch.object(slurm, "call", side_effect=slurm.SlurmError("scancel: no")):
            cluster.stop()
        self.assertEqual(self.said, ["scancel: no; these jobs go on, scancel ends them: 7 8"])

    def test_ctrl_c_does_not_end_what_submits(self):
        """It goes to the whole group of the terminal."""
        said = slurm.call(sys.executable, "-c", "import os; print(os.getpgid(0), os.getsid(0))")
        self.assertTrue({os.getpgid(0), os.getsid(0)}.isdisjoint(map(int, said.split())))

    def test_a_controller_that_is_away_while_it_is_asked(self):
        controller = Controller(("COMPLETED",))
        controller.answers[1] = ANSWER
        controller.refusals = ["Batch job submission failed: Unable to contact slurm controller (connect failure)"] * 2
        self.assertEqual(self.run_with(controller), ANSWER)
        # It may have been submitted, or never will be.
        for said in ("Socket timed out on send/recv operation", "invalid partition specified: x"):
            controller.refusals = [said]
            with self.assertRaisesRegex(slurm.SlurmError, f"^sbatch: {said}$"):
                self.run_with(controller)
            self.assertEqual((controller.refusals, len(controller.submitted)), ([], 1))
        controller.refusals = [slurm.AWAY] * 2
        with mock.patch.object(slurm, "PATIENCE", 0.0), \
                self.assertRaisesRegex(slurm.SlurmError, "for 0 s Slurm has not answered: sbatch: Unable"):
            self.run_with(controller)

    def test_each_in_their_order(self):
        self.assertEqual(slurm.Slurm(3, (), self.folder).each(lambda item: -item, range(5)), [0, -1, -2, -3, -4])


class Answers(unittest.TestCase):
    def test_errors_are_what_they_are_here(self):
        for kind, error in job.KINDS.items():
            with mock.patch.dict(job.WORK, {"build": mock.Mock(side_effect=error("why"))}):
                found = job.answer({"kind": "build"})
            self.assertEqual(found, {"error": [kind, "why"]})
            back = job.error_of(found)
            self.assertEqual((type(back), str(back)), (error, "why"))
        for error in (OSError(28, "No space left"), packages.PackageError("x")):
            with mock.patch.dict(job.WORK, {"build": mock.Mock(side_effect=error)}):
                self.assertIs(type(job.error_of(job.answer({"kind": "build"}))), job.JobError)

    def test_another_compiler(self):
        with mock.patch.object(job, "need"), mock.patch.object(job.kernel, "compiler", lambda: "gcc 12\nx"), \
                self.assertRaisesRegex(job.JobError, "has another compiler .*: gcc 12, there gcc 13"):
            job.build({"compiler": "gcc 13\n"})

    def test_what_a_node_lacks_is_named(self):
        with mock.patch.object(packages, "missing", lambda names: ["bison"]), \
                mock.patch.object(job.shutil, "which", lambda name: name), \
                self.assertRaisesRegex(job.JobError, "lacks packages; as root there: apt-get install .* bison$"):
            job.need("kernel")

    def test_builds_of_one_node_do_not_meet(self):
        with tempfile.TemporaryDirectory() as scratch, mock.patch.object(job.paths, "TREES", Path(scratch)), \
                mock.patch.dict(os.environ, {"SLURMD_NODENAME": "n7"}):
            with job.work_tree() as one, job.work_tree() as other:
                self.assertEqual((one.tree, other.tree), ("compared-n7-0", "compared-n7-1"))
            with job.work_tree() as again:
                self.assertEqual(again.tree, "compared-n7-0")

    def test_two_that_want_the_same_build_it_once(self):
        """And it is built from its commit, as nodes have no trees of stock and phyr."""
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            order = Order("k", ("base", "x"), "r", "t", {}, {}, {})

            def run(_name, request, _options):
                self.assertEqual((request["kind"], request["order"]["key"]), ("build", "k"))
                time.sleep(0.05)               # Others come meanwhile.
                objects = folder / "objects"
                objects.mkdir(exist_ok=True)
                (objects / ".config").touch()
                (objects / "bzImage").write_text("image")
                builder.Maker(builder.WORK, folder).keep("k", objects / "bzImage", objects, ())
                return {"answer": {}}

            asked = mock.Mock(run=mock.Mock(side_effect=run))
            with mock.patch.object(place.JobBuilder, "order", lambda self, side: order), \
                    mock.patch.object(builder, "say"), ThreadPoolExecutor(4) as pool:
                made = place.JobBuilder(asked, None, [], folder)
                found = list(pool.map(made.build, [Side("base", "stock", "own")] * 4))
                self.assertEqual({one.image.read_text() for one in found}, {"image"})
            asked.run.assert_called_once()

    def test_one_looks_at_trees_at_a_time(self):
        """The same tree twice has one index."""
        inside, most = [], []

        def order(_self, side: Side) -> str:
            inside.append(side)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()
            return side.role

        made = place.JobBuilder(mock.Mock(), None, [], Path("x"))
        with mock.patch.object(builder.Builder, "order", order), ThreadPoolExecutor(4) as pool:
            self.assertEqual(list(pool.map(made.order, [Side("base", "x", "tree")] * 4)), ["base"] * 4)
        self.assertEqual(most, [1] * 4)

    def test_a_kernel_that_is_seen_late(self):
        order = Order("k", ("base", "x"), "r", "t", {}, {}, {})
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            made = place.JobBuilder(mock.Mock(run=lambda *_: {"answer": {}}), None, [], folder)

            def appear() -> None:
                (folder / "kernels/k").mkdir(parents=True)
                (folder / "kernels/k/made.json").touch()

            late = threading.Timer(0.2, appear)
            late.start()
            made.produce(order)
            self.assertTrue((folder / "kernels/k/made.json").exists())
            late.join()
            with mock.patch.object(slurm, "LATE", 0.0), \
                    self.assertRaisesRegex(slurm.SlurmError, "other/made.json has been made by a node, and is not se"):
                made.produce(replace(order, key="other"))

    def test_a_boot_of_another_qemu(self):
        plan = {"inexact": [], "runs": []}
        with tempfile.TemporaryDirectory() as scratch:
            image = Path(scratch) / "bzImage"
            image.write_text("7")
            for patch in made_up.patched(Path(scratch), measure.Bench):
                patch.start()
                self.addCleanup(patch.stop)
            request = {"initramfs": "guest", "side": ["base", "x"], "image": str(image), "features": [], "number": 0,
                       "suite": {"name": "s", "plan": plan, "rows": [], "programs": [], "held": []},
                       "qemu": "7", "guest": "0", "key": "other"}
            with self.assertRaisesRegex(job.JobError, "would measure something else: QEMU is 7.2.22 there"):
                job.boot(request)


if __name__ == "__main__":
    unittest.main()
