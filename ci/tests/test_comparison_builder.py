# SPDX-License-Identifier: GPL-2.0-only
"""Sides of ./phyr compare: what they may be, that nothing is built twice, and no tree of a user's is written."""

import json
import os
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from ci import kernel, paths, vm
from ci.comparison import builder, document, measure, sides
from ci.comparison import text as reports
from ci.comparison.sides import Side
from ci.comparison.suites import Suite
from ci.tests.comparison_case import SUITE, Repository, boot, built, result, sources

PLAN = replace(SUITE, plan={"inexact": [], "runs": [{"name": "mr", "samples": 9, "warmup": 3, "backings": ["base/4KiB"],
                                                    "workloads": ["mr/reg/{backing}"]}]})
IMAGE = b"\0" * sides.MAGIC_AT + sides.MAGIC + b"\0" * 100
NEEDED = "".join(f"{name}=y\n" for name in builder.NEEDED)


class Trees(Repository, unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.tree = self.folder / "linux"
        sources(self.tree)

    def repository(self) -> str:
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "one")
        return self.git("rev-parse", "HEAD")


class Sides(Trees):
    def side(self, text: str, tree: Path | None = None) -> Side:
        return sides.side("base", text, self.folder / text, tree)

    def test_kinds(self):
        (self.folder / "bzImage").write_bytes(IMAGE)
        commit = self.repository()
        self.assertEqual([self.side(text).kind for text in ("stock", "phyr", "linux", "bzImage")],
                         ["own", "own", "tree", "image"])
        found = self.side("HEAD", self.tree)
        self.assertEqual((found.kind, found.commit), ("ref", commit))

    def test_a_tree_is_its_commit_while_it_is_clean(self):
        commit = self.repository()
        self.assertEqual(self.side("linux").commit, commit)
        (self.tree / "mm/file.c").write_text("changed\n")
        self.assertEqual(self.side("linux").commit, "")

    def test_what_is_none(self):
        (self.folder / "notes").write_text("x")
        (self.folder / "empty").mkdir()
        for text, tree, said in (("nowhere", None, "base: 'nowhere' is neither .* a git ref needs --tree DIR"),
                                 ("notes", None, "notes is no bzImage"), ("empty", None, "it has no Kbuild"),
                                 ("v1", self.tree, "is no git repository")):
            with self.subTest(text), self.assertRaisesRegex(sides.SideError, said):
                self.side(text, tree)
        self.repository()
        with self.assertRaisesRegex(sides.SideError, "and .*linux has no such ref"):
            self.side("v1", self.tree)

    def test_fragments(self):
        file = self.folder / "my.config"
        file.write_text("CONFIG_A=y\n\n# words\n# CONFIG_B is not set\nCONFIG_C=\"a b\"  # why\n")
        self.assertEqual(sides.fragment(file), {"CONFIG_A": "y", "CONFIG_B": "n", "CONFIG_C": '"a b"'})
        file.write_text("CONFIG_A=y\nCONFIG A=y\n")
        with self.assertRaisesRegex(sides.SideError, r"my.config:2: want CONFIG_X=value .* got 'CONFIG A=y'"):
            sides.fragment(file)
        with self.assertRaisesRegex(sides.SideError, "an image is built already"):
            sides.check_options([Side("base", "x", "image")], [file])


class Builds(Trees):
    def setUp(self):
        super().setUp()
        for target, value in (("TREES", self.folder / "trees"), ("ROOT", paths.ROOT)):
            patch = mock.patch.object(paths, target, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.made: list[str] = []
        for module, name, value in ((kernel, "try_make", self.make), (builder, "say", mock.Mock()),
                                    (builder, "note", mock.Mock())):
            patch = mock.patch.object(module, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.broken = ""
        self.granted = NEEDED
        self.builder = builder.Builder(None, [], self.folder / "compared")

    def make(self, which: kernel.Kernel, *goals: str, processes: int = 1) -> tuple[bool, str]:
        """kbuild, in a word: the image is what mm/file.c says."""
        if goals[-1] == "allnoconfig":
            (which.objects / ".config").write_text(self.granted)
        elif self.broken:
            return False, f"  CC mm/file.o\n{self.broken}\n"
        else:
            self.made.append((which.source / "mm/file.c").read_text().strip())
            which.image.parent.mkdir(parents=True, exist_ok=True)
            which.image.write_text(self.made[-1])
        return True, ""

    def tree_side(self, role: str = "base") -> Side:
        return sides.side(role, "linux", self.tree, None)

    def all_files(self) -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in self.tree.rglob("*") if path.is_file()}

    def test_a_tree_is_built_once_and_not_written(self):
        for prepare in (lambda: None, self.repository):
            prepare()
            (self.tree / "mm/file.c").write_text(f"as it is, {len(self.made)}\n")
            before = self.all_files()
            first = self.builder.build(self.tree_side())
            again = self.builder.build(self.tree_side("head"))
            self.assertEqual(self.all_files(), before)
            self.assertEqual(first.image, again.image)
            self.assertEqual(first.image.read_text(), (self.tree / "mm/file.c").read_text().strip())
        self.assertEqual(self.made, ["as it is, 0", "as it is, 1"])

    def test_a_repository_of_which_a_part_is_checked_out(self):
        """All of it is built, with the ends of lines that it has."""
        (self.tree / "block").mkdir()
        (self.tree / "block/file.c").write_text("block\n")
        commit = self.repository()
        self.git("config", "core.autocrlf", "true")
        self.git("sparse-checkout", "set", "--cone", "mm", "arch/x86")
        self.assertFalse((self.tree / "block").exists())
        for side in (Side("base", "v1", "ref", self.tree, commit), self.tree_side("head")):
            self.builder.build(side)
            self.assertEqual((paths.TREES / "compared/block/file.c").read_bytes(), b"block\n")
            (self.tree / "mm/file.c").write_text("other\n")

    def test_objects_of_files_that_differ_come_first(self):
        """Before those that are of another size by a header only; a folder and a repository have no store in common."""
        sizes = [{"mm/file.o": 10, "mm/other.o": 10, "mm/gone.o": 10}, {"mm/file.o": 12, "mm/other.o": 90}]
        (self.tree / "mm/gone.c").write_text("x\n")
        with mock.patch.object(builder, "text_sizes", side_effect=sizes):
            base = self.builder.build(self.tree_side())
            (self.tree / "mm/gone.c").unlink()
            (self.tree / "mm/file.c").write_text("other\n")
            (self.tree / "mm/other.h").write_text("of other.c\n")
            self.repository()
            head = self.builder.build(self.tree_side("head"))
        self.assertEqual([(one["name"], one["touched"]) for one in document.objects(base, head)],
                         [("mm/gone.o", True), ("mm/file.o", True), ("mm/other.o", False)])
        found = document.objects(base, replace(head, source=None))
        self.assertEqual([one["name"] for one in found], ["mm/other.o", "mm/gone.o", "mm/file.o"])
        self.assertFalse(any("touched" in one for one in found))
        self.assertEqual(reports.objects({"objects": document.objects(base, head)}),
                         ["mm/gone.o: 10 -> - (-10)", "mm/file.o: 10 -> 12 (+2)",
                          "mm/other.o: 10 -> 90 (+80), by what it includes"])

    def test_a_tree_that_was_built_in_place(self):
        """kbuild would refuse what is made of it, if it had more than the sources."""
        products = (".config", "include/config/auto.conf", "arch/x86/include/generated/x.h", "mm/file.o",
                    "mm/.file.o.cmd", "arch/x86/boot/bzImage", "vmlinux")
        sources = ("mm/more.c", "arch/x86/boot/vmlinux.lds.S", "arch/x86/vmlinux.c")
        for name in products + sources:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / name).write_text("x\n")
        (self.tree / ".gitignore").write_text("more.c\n")
        self.builder.build(self.tree_side())
        work = paths.TREES / "compared"
        self.assertEqual([name for name in products + sources if (work / name).exists()], list(sources))

    def test_nothing_of_a_user_s_repository_runs(self):
        """Neither its hooks, nor what watches its files; and the caller's git is not asked."""
        self.repository()
        ran = self.folder / "ran"
        for name in ("post-index-change", "post-checkout", "watch"):
            hook = self.tree / ".git/hooks" / name
            hook.parent.mkdir(exist_ok=True)
            hook.write_text(f"#!/bin/sh\necho {name} >>{ran}\n")
            hook.chmod(0o755)
        self.git("config", "core.fsmonitor", str(hook))
        with mock.patch.dict(os.environ, {"GIT_DIR": "/nowhere", "GIT_WORK_TREE": "/nowhere"}):
            one = self.tree_side()
            self.assertTrue(one.commit)
            (self.tree / "mm/file.c").write_text("new\n")
            self.assertEqual(self.builder.build(self.tree_side()).image.read_text(), "new")
            self.assertEqual(self.builder.build(sides.ref("base", one.commit, self.tree)).image.read_text(), "mm")
        self.assertFalse(ran.exists(), ran.exists() and ran.read_text())

    def test_refs(self):
        first = self.repository()
        (self.tree / "mm/file.c").write_text("later\n")
        self.git("commit", "-qam", "two")
        images = [self.builder.build(sides.ref("base", name, self.tree)).image.read_text()
                  for name in (first, "HEAD", first)]
        self.assertEqual((images, self.made), (["mm", "later", "mm"], ["mm", "later"]))

    def test_options_are_part_of_what_is_known(self):
        self.repository()
        file = self.folder / "my.config"
        file.write_text("CONFIG_MINE=y\n")
        self.granted += "CONFIG_MINE=y\n"
        self.builder.build(self.tree_side())
        builder.Builder(None, [file], self.folder / "compared").build(self.tree_side())
        self.assertEqual(len(self.made), 2)
        self.assertIn("CONFIG_MINE=y\n", (paths.TREES / "compared/perf/all.config").read_text())
        self.granted = NEEDED
        file.write_text("CONFIG_OTHER=y\n")
        with self.assertRaisesRegex(builder.BuildError, r"base \(linux\): Kconfig did not grant .*: CONFIG_OTHER is n"):
            builder.Builder(None, [file], self.folder / "compared").build(self.tree_side())

    def test_what_a_tree_lacks(self):
        self.assertTrue(any(line.startswith("CONFIG_INFINIBAND is n")
                            for line in self.builder.build(self.tree_side()).lacking))
        self.granted = NEEDED.replace("CONFIG_9P_FS=y\n", "")
        (self.tree / "mm/file.c").write_text("other\n")
        with self.assertRaisesRegex(builder.BuildError, "cannot do without this.*: CONFIG_9P_FS is n"):
            self.builder.build(self.tree_side())

    def test_build_failure_names_the_side_and_ends_with_the_log(self):
        self.broken = "mm/file.c:1: error: expected ';'"
        with self.assertRaisesRegex(builder.BuildError, r"(?s)head \(linux\) does not build; .*\n  CC mm/file.o\nmm/fi"
                                    "le.c:1: error: expected ';'$"):
            self.builder.build(self.tree_side("head"))
        self.broken = ""
        self.assertEqual(self.builder.build(self.tree_side("head")).image.read_text(), "mm")

    def test_the_first_of_two_who_keep_the_same_stays(self):
        """A boot may be reading it; what has another form does not stay."""
        made = self.builder.build(self.tree_side())
        objects = paths.TREES / "compared/perf"
        other = self.folder / "other"
        other.write_text("late")

        def keep() -> tuple[int, str]:
            self.builder.maker.keep(made.image.parent.name, other, objects, ())
            return made.image.stat().st_ino, made.image.read_text()

        first = made.image.stat().st_ino
        self.assertEqual(keep(), (first, "mm"))
        with mock.patch.object(builder, "FORM", builder.FORM + 1):
            self.assertEqual(keep()[1], "late")
        self.assertEqual([path.name for path in made.image.parent.parent.iterdir()], [made.image.parent.name])

    def test_interrupted_build_is_not_known(self):
        with mock.patch.object(builder.shutil, "copyfile", side_effect=KeyboardInterrupt), \
                self.assertRaises(KeyboardInterrupt):
            self.builder.build(self.tree_side())
        self.assertEqual(self.builder.build(self.tree_side()).image.read_text(), "mm")


class Resumes(unittest.TestCase):
    """What has been measured is not measured again; what is something else is."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.taken: list[str] = []
        patch = mock.patch.object(measure, "say")
        patch.start()
        self.addCleanup(patch.stop)

    def bench(self, again: bool = False, qemu: str = "7.2", suite: Suite = PLAN, clock: str = "icount",
              guest: str = "0") -> measure.Bench:
        artifacts = mock.Mock(guest=Path("guest"))
        with mock.patch.object(measure, "qemu_version", lambda: qemu), \
                mock.patch.object(measure.initramfs, "digest", lambda image: guest):
            bench = measure.Bench(artifacts, suite, clock, again, self.folder)
        bench.features = lambda: [frozenset()]
        bench.take = self.take
        return bench

    def test_what_is_known_depends_on(self):
        """All that a figure comes from, and not where files are."""
        one = built("base", "old", self.folder)

        def key(bench: measure.Bench, which: builder.Built = one) -> str:
            return bench.key(which, frozenset(), 0)

        known = key(self.bench())
        copy = replace(one, image=self.folder / "copy.img")
        copy.image.write_bytes(one.image.read_bytes())
        self.assertEqual(key(self.bench(), copy), known)
        runs = PLAN.plan["runs"]
        others = [key(self.bench(guest="1")), key(self.bench(qemu="8")), key(self.bench(clock="kvm")),
                  key(self.bench(suite=replace(PLAN, plan=PLAN.plan | {"runs": [runs[0] | {"prefix": "siw:"}]}))),
                  key(self.bench(suite=replace(PLAN, plan=PLAN.plan | {"runs": [runs[0] | {"samples": 10}]})))]
        with mock.patch.object(vm, "COMMAND_LINE", "panic=-1"):
            others.append(key(self.bench()))
        bench = self.bench()
        bench.machine = lambda *_: vm.Machine(one.image, Path("guest"), "tcg", icount=True, memory="8G")
        others.append(key(bench))
        self.assertEqual(len({known, *others}), 1 + len(others))

    def test_real_time_is_of_both_sides_together(self):
        """Neither another host's, nor one side of another day."""
        old, new, other = (built(role, name, self.folder) for role, name in
                           (("base", "old"), ("head", "new"), ("head", "other")))
        measure.all_boots(self.bench(clock="kvm"), [old, new], 2)
        measure.all_boots(self.bench(clock="kvm"), [old, new], 2)
        self.assertEqual(self.taken, ["old", "new"] * 2)
        measure.all_boots(self.bench(clock="kvm"), [old, other], 1)
        self.assertEqual(self.taken[4:], ["old", "other"])
        with mock.patch.object(measure, "processor", lambda: "another"):
            measure.all_boots(self.bench(clock="kvm"), [old, other], 1)
        self.assertEqual(self.taken[6:], ["old", "other"])
        bench = self.bench(clock="kvm")
        bench.beside = [measure.processor(), old.digest, new.digest]
        (self.folder / "results" / f"{bench.key(new, frozenset(), 1)}.json").unlink()
        measure.all_boots(self.bench(clock="kvm"), [old, new], 2)
        self.assertEqual(self.taken[8:], ["old", "new"])

    def take(self, one, _features) -> measure.Boot:
        if one.side.text == "hangs":
            raise measure.LostError("head (hangs): still running")
        self.taken.append(one.side.text)
        return boot(result("mr/reg/base/4KiB", 7))

    def test_resume(self):
        old, hangs, new = (built(role, name, self.folder) for role, name in
                           (("base", "old"), ("head", "hangs"), ("head", "new")))
        with self.assertRaises(vm.VmError):
            measure.all_boots(self.bench(), [old, hangs], 1)
        found = measure.all_boots(self.bench(), [old, new], 1)
        self.assertEqual(self.taken, ["old", "new"])
        self.assertEqual(found[0][0].results[0]["stats"]["median"], 7)
        measure.all_boots(self.bench(qemu="8"), [old, new], 1)
        measure.all_boots(self.bench(again=True), [new, old], 1)
        self.assertEqual(self.taken[2:], ["old", "new", "new", "old"])

    def test_a_kernel_beside_itself_is_booted_twice(self):
        same = [built(role, "same", self.folder) for role in ("base", "head")]
        measure.all_boots(self.bench(), same, 1)
        self.assertEqual(self.taken, ["same", "same"])

    def test_deviation_is_of_all_samples(self):
        rows = [{"name": "a", "run_type": "iteration", "real_time": time} for time in (1, 2, 3)]
        rows[0] |= {"run_name": "a", "time_unit": "us"}
        rows += [{"name": "a_mean", "run_name": "a", "run_type": "aggregate", "real_time": 9, "time_unit": "us"},
                 {"name": "b", "run_type": "iteration", "real_time": 1, "time_unit": "ns"}]
        found = measure.deviating([{"workload": "a", "stats": {"n": 3}}, {"workload": "b", "stats": {"n": 1}},
                                   {"workload": "c", "error": {}}], {"benchmarks": rows})
        self.assertEqual(found, [{"workload": "a", "stats": {"n": 3, "stddev": 1000}},
                                 {"workload": "b", "stats": {"n": 1}}, {"workload": "c", "error": {}}])

    def test_in_turns(self):
        both = [built(role, name, self.folder) for role, name in (("base", "a"), ("head", "b"))]
        measure.all_boots(self.bench(), both, 3)
        self.assertEqual(self.taken, ["a", "b"] * 3)

    def test_lost_vm_names_the_side_and_ends_with_the_console(self):
        (self.folder / "console.log").write_text("booting\nKernel panic - not syncing: planted\n")
        said = str(measure.explained(vm.VmError("x: ended"), built("head", "new", self.folder), self.folder))
        self.assertRegex(said, r"(?s)^head \(new\): x: ended\n.*\nbooting\nKernel panic - not syncing: planted$")

    def test_half_written_result_is_none(self):
        one = built("base", "old", self.folder)
        with mock.patch.object(measure, "whole", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            measure.all_boots(self.bench(), [one], 1)
        measure.all_boots(self.bench(), [one], 1)
        self.assertEqual(self.taken, ["old", "old"])
        self.assertTrue(all(json.loads(file.read_text()) for file in (self.folder / "results").iterdir()))


if __name__ == "__main__":
    unittest.main()
