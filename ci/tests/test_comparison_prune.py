# SPDX-License-Identifier: GPL-2.0-only
"""What is kept beside comparisons: how much, what goes first, and that what is in use stays."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import __main__ as main
from ci import write
from ci.comparison import builder, job, measure, prune

KIB = 1024


class Prune(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        patch = mock.patch.object(prune, "say")
        patch.start()
        self.addCleanup(patch.stop)

    def keep(self, name: str, used: float, size: int = 64 * KIB) -> None:
        """A file, or where the name ends with a slash a folder with one."""
        path = self.folder / name
        file = path / "bzImage" if name.endswith("/") else path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)
        os.utime(path, (used, used))

    def left(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.glob("*/*") if path.name != "bzImage"}

    def test_the_oldest_go_first(self):
        for number, name in enumerate(("kernels/b/", "results/d.json", "kernels/a/", "results/c.json")):
            self.keep(name, 100 + number)
        self.assertEqual(prune.prune(1000, self.folder, 150 * KIB), 2)
        self.assertEqual(self.left(), {"kernels/a", "results/c.json"})
        self.assertEqual(prune.prune(1000, self.folder, 150 * KIB), 0)

    def test_what_is_used_stays(self):
        for number in range(4):
            self.keep(f"kernels/{number}/", 100 + number)
        self.assertEqual(prune.prune(102, self.folder, 0), 2)
        self.assertEqual(self.left(), {"kernels/2", "kernels/3"})

    def test_snapshots_go_with_their_indexes(self):
        self.keep("store.git/", 100)
        self.keep("1.index", 101)
        self.keep("results/a.json", 102)
        self.assertEqual(prune.prune(1000, self.folder, 100 * KIB), 1)
        self.assertEqual({path.name for path in self.folder.iterdir()}, {"results"})

    def test_interrupted_it_leaves_nothing_by_half(self):
        """Neither half a kernel nor indexes whose objects are gone; the next one goes on."""
        def stopped(path: Path, ignore_errors: bool = False) -> None:
            if path.exists():
                raise KeyboardInterrupt

        for names, left in ((("kernels/a/",), {"kernels/a.tmp"}), (("store.git/", "1.index"), {"store.git.tmp"})):
            for name in names:
                self.keep(name, 100)
            with mock.patch.object(write.shutil, "rmtree", stopped), \
                    self.assertRaises(KeyboardInterrupt):
                prune.prune(1000, self.folder, 0)
            self.assertEqual({str(path.parent.relative_to(self.folder)) for path in self.folder.rglob("bzImage")}, left)
            self.assertEqual(list(self.folder.glob("*.index")), [])
            prune.prune(1000, self.folder, 0)
            self.assertEqual(list(self.folder.rglob("bzImage")), [])

    def test_how_the_command_ends_stays(self):
        """A job's folder may go while it is looked at."""
        for end in (KeyboardInterrupt(), SystemExit(143)):
            with mock.patch.object(main.prune, "prune", side_effect=FileNotFoundError(2, "No such file", "x.tmp")), \
                    mock.patch.object(main, "note") as noted, self.assertRaises(type(end)):
                with main.pruned():
                    raise end
            self.assertIn("is not pruned: ", noted.call_args.args[0])

    def test_nothing_is_there(self):
        self.assertEqual(prune.prune(0, self.folder / "none", 0), 0)

    def test_use_is_seen(self):
        """Of a kernel and of what a boot found."""
        work = builder.Builder(None, [], self.folder)
        objects = self.folder / "objects"
        objects.mkdir()
        (objects / ".config").touch()
        (objects / "bzImage").write_text("x")
        kernel = work.maker.keep("k", objects / "bzImage", objects, ())
        taker = measure.Bench.__new__(measure.Bench)
        taker.folder = self.folder / "results"
        taker.key = lambda *_: "r"
        self.keep("results/r.json", 100)
        (taker.folder / "r.json").write_text('{"release": "", "memory": {}, "results": [], "missing": {}, '
                                             '"programs": {}}')
        for path in (kernel, taker.folder / "r.json"):
            os.utime(path, (100, 100))
        self.assertTrue(work.kept("k", None))
        self.assertEqual(taker.known(None, frozenset()).held, {})
        self.assertEqual(prune.prune(1000, self.folder, 0), 0)


class Trees(unittest.TestCase):
    """Those that nodes build in."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        for target, name, value in ((prune, "say", mock.Mock()), (job.paths, "TREES", self.folder)):
            patch = mock.patch.object(target, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def build(self, node: str, age: float) -> None:
        """As a job does, so long ago."""
        with mock.patch.dict(os.environ, {"SLURMD_NODENAME": node}), job.work_tree() as work:
            (work.source / "mm").mkdir(parents=True)
            (self.folder / f"{work.tree}.index").touch()
        self.age(work.tree, age)

    def age(self, tree: str, seconds: float) -> None:
        os.utime(self.folder / f"{tree}.lock", (1e9 - seconds, 1e9 - seconds))

    def left(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.suffix != ".lock"}

    def test_they_go_by_age(self):
        """And a tree that is no node's stays."""
        for name in ("compared", "stock", "compared-made"):
            (self.folder / name).mkdir()
            (self.folder / f"{name}.index").touch()
        stay = self.left()
        self.build("n1", 100)
        self.build("n2", 98)
        self.assertEqual(prune.prune_trees(1e9, self.folder, 99), 1)
        self.assertEqual(self.left(), stay | {"compared-n2-0", "compared-n2-0.index"})
        self.assertEqual(prune.prune_trees(1e9, self.folder, 99), 0)

    def test_one_that_is_built_in_stays(self):
        """And is new again, however old it was."""
        self.build("n1", 100)
        with mock.patch.dict(os.environ, {"SLURMD_NODENAME": "n1"}), job.work_tree() as work:
            self.assertGreater((self.folder / f"{work.tree}.lock").stat().st_mtime, 1e9)
            self.age(work.tree, 100)
            self.assertEqual(prune.prune_trees(1e9, self.folder, 99), 0)
        self.assertEqual(self.left(), {"compared-n1-0", "compared-n1-0.index"})

    def test_interrupted_it_goes_on(self):
        """And leaves no tree with files missing that an index says are there."""
        self.build("n1", 100)
        with mock.patch.object(write.shutil, "rmtree", side_effect=[None, KeyboardInterrupt]), \
                self.assertRaises(KeyboardInterrupt):
            prune.prune_trees(1e9, self.folder, 99)
        self.assertEqual(self.left(), {"compared-n1-0.tmp"})
        self.assertEqual(prune.prune_trees(1e9, self.folder, 99), 1)
        self.assertEqual(self.left(), set())

    def test_every_command_looks_at_them(self):
        with mock.patch.object(main.prune, "prune"), mock.patch.object(main.prune, "prune_trees") as pruned, \
                main.pruned():
            pass
        pruned.assert_called_once()


class Beside(unittest.TestCase):
    def test_stack_of_functions(self):
        source = """
        void sink(char *); extern int one;
        void big(void) { char room[1000]; sink(room); }
        void small(void) { char room[16]; sink(room); sink(room); }
        void none(void) { one = 1; }
        """
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            subprocess.run(["gcc", "-O1", "-fno-stack-protector", "-x", "c", "-c", "-o", folder / "vmlinux", "-"],
                           input=source, text=True, check=True)
            found = builder.stack_sizes(folder)
        self.assertGreaterEqual(found["big"], 1000)
        self.assertLess(found["big"], 1100)
        self.assertIn(found["small"], range(16, 64))
        self.assertNotIn("none", found)

    def test_stack_that_cannot_be_told(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            self.assertIsNone(builder.stack_sizes(folder))
            (folder / "vmlinux").write_text("no object")
            self.assertIsNone(builder.stack_sizes(folder))
            subprocess.run(["as", "-o", folder / "vmlinux", "-"], input="", text=True, check=True)
            self.assertEqual(builder.stack_sizes(folder), {})
            with mock.patch.object(builder, "STACK_LINE", "("):
                self.assertIsNone(builder.stack_sizes(folder))

    def test_what_phyr_held_says(self):
        text = "base/1GiB: Slab 2400 VmallocUsed 4 MemFree -10400\nhugetlb-1G/1GiB: Slab -8 VmallocUsed 0 MemFree 0\n"
        self.assertEqual(measure.held_in(text, ("base/1GiB", "hugetlb-1G/1GiB", "thp/1GiB")),
                         {"base/1GiB": {"slab": 2400, "vmalloc": 4, "all": 10400},
                          "hugetlb-1G/1GiB": {"slab": -8, "vmalloc": 0, "all": 0}, "thp/1GiB": None})

    def test_what_it_said_before_it_was_ended(self):
        whole, names = "base/1GiB: Slab 2400 VmallocUsed 4 MemFree -10400\n", ("base/1GiB", "thp/1GiB")
        for half in ("thp/1GiB:", "thp/1GiB: Slab -", "thp/1GiB: Slab 1 VmallocUsed 4 MemFree -10"):
            found = measure.held_in(whole + half, names)
            self.assertEqual((found["base/1GiB"]["all"], found["thp/1GiB"]), (10400, None))

    def test_it_is_looked_at_before_programs_and_behind_figures(self):
        job = measure.job(({"name": "rping", "command": "rping"},), ("base/1GiB",))
        places = [job.index(word) for word in ("$api/runs", "phyr_held rxe0 base/1GiB", "rping")]
        self.assertEqual(places, sorted(places))
        self.assertNotIn("phyr_held", measure.job(()))


if __name__ == "__main__":
    unittest.main()
