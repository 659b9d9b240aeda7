# SPDX-License-Identifier: GPL-2.0-only
"""What the memory clock has written comes to the row that it belongs to, or to an error."""

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import compare, memory, memory_table, vm
from ci.tests.test_compare import failed, result

MODEL = memory.load_model()


def sample(place: int, instructions: int, *more: int) -> str:
    """more: the other figures, from loads on; nothing for the rest"""
    figures = [instructions, *more, *[0] * (len(memory.FIGURES) - 1 - len(more))]
    return f"sample {place} {' '.join(map(str, figures))}"


def written(*lines: str, last: str = "end") -> str:
    return "\n".join([memory.FIRST_LINE, *lines, last, ""])


def asked(*names: str, warmup: int = 1) -> dict:
    return {"name": "run", "workloads": [{"workload": name, "warmup": warmup, "samples": 2} for name in names]}


REG = ("row 0 mr/reg/x", "row 1 mr/dereg/x", sample(0, 5), "rounds",
       sample(0, 990), sample(1, 400), sample(0, 1000), sample(1, 500), sample(0, 1001), sample(1, 502), "last")


class MemoryTest(unittest.TestCase):
    def join(self, text: str, bodies: list[dict], results: list[list[dict]]) -> dict:
        return memory.join(memory.parse(text, "memory"), bodies, results)

    def assert_error(self, words: str, text: str, names: tuple = ("mr/reg/x", "mr/dereg/x"), results: tuple = ()):
        rows = list(results or (result("mr/reg/x", 1000, 1001), result("mr/dereg/x", 500, 502)))
        with self.assertRaisesRegex(memory.MemoryClockError, words):
            self.join(text, [asked(*names)], [rows])

    def test_samples_are_their_rows(self):
        found = self.join(written(*REG), [asked("mr/reg/x", "mr/dereg/x")],
                          [[result("mr/reg/x", 1000, 1001), result("mr/dereg/x", 500, 502)]])
        self.assertEqual({name: [each.figures["instructions"] for each in samples] for name, samples in found.items()},
                         {"mr/reg/x": [1000, 1001], "mr/dereg/x": [500, 502]})

    def test_of_another_device(self):
        again = [line.replace("990", "90").replace("1000", "100").replace("1001", "101") for line in REG]
        found = self.join(written(*REG, *again), [asked("mr/reg/x"), asked("mr/reg/x")],
                          [[result("mr/reg/x", 1000, 1001)], [result("siw:mr/reg/x", 100, 101)]])
        self.assertEqual([each.figures["instructions"] for each in found["siw:mr/reg/x"]], [100, 101])

    def test_code_without_marks_and_what_failed(self):
        text = written("row 0 rdma/write/x", "rounds", "last", "row 0 mr/reg/x", "last")
        found = self.join(text, [asked("rdma/write/x", "mr/reg/x", "mr/reg/y")],
                          [[result("rdma/write/x", 7), failed("mr/reg/x", "EIO"), failed("mr/reg/y", "EIO")]])
        self.assertEqual(found, {"rdma/write/x": None})

    def test_nothing_is_shifted(self):
        self.assert_error("has seen 2", written(*REG[:-2]))
        self.assert_error("not the same samples", written(*(line.replace(" 1001 ", " 1201 ") for line in REG)))
        self.assert_error("not the same samples", written(*(line.replace(" 1001 ", " 1010 ") for line in REG)))
        self.assert_error("nobody asked", written(*REG), ("mr/reg/y",), (failed("mr/reg/y", "EIO"),))
        self.assert_error("seen nothing of it", written())
        self.assert_error("seen nothing of it", written("row 0 mr/reg/y", "last"))

    def test_a_file_that_is_not_whole(self):
        self.assert_error("does not begin", "")
        self.assert_error("no end", written(*REG, last=""))
        self.assert_error("memory:2: 'sample 0 1'", written("sample 0 1"))
        self.assert_error("nothing of this can be believed: a section", written("error a section begins within itself"))

    def test_estimate(self):
        counts = dict(zip(memory.FIGURES, (1000, 0, 0, 3, 50, 20, 5, 0)))
        self.assertEqual(MODEL.estimate(counts), 0.5 * 1000 + 14 * 30 + 50 * 15 + 400 * 5 + 20 * 3)
        found = memory.figures([memory.Sample(counts), memory.Sample(counts)], MODEL)
        self.assertEqual((found["cycles"], found["locked"]), (3730, 3))

    def test_beside_the_rows(self):
        rows = compare.rows([result("mr/reg/x", 40)], [result("mr/reg/x", 10), result("gup/pages/pin/x", 8),
                                                       result("gup/phyrs/pin/x", 4), result("gup_test/y/x", 1)][:3], [])
        figures = {name: dict.fromkeys((*memory.FIGURES, "cycles"), value)
                   for name, value in (("stock", 40), ("phyr", 10), ("pages", 8))}
        memory_table.add(rows, {"stock": {"mr/reg/x": figures["stock"]},
                                "phyr": {"mr/reg/x": figures["phyr"], "gup/pages/pin/x": figures["pages"],
                                         "gup/phyrs/pin/x": None}})
        self.assertEqual([rows[0]["stock"]["memory"]["loads"], rows[0]["phyr"]["memory"]["loads"],
                          rows[1]["pages"]["memory"]["loads"]], [40, 10, 8])
        self.assertNotIn("memory", rows[1]["phyrs"])
        lines = memory_table.table(rows, MODEL).splitlines()
        self.assertEqual(lines[3].split(), ["ratio", *["4.00"] * 9])
        self.assertEqual(lines[5].split(), ["phyrs", *["-"] * 9])
        self.assertIn(MODEL.formula(), lines[-1])

    def test_what_has_no_marks_is_listed(self):
        rows = compare.rows([result("gup_test/y/x", 1)], [result("gup_test/y/x", 1)], [])
        self.assertIn("could see: gup_test/y/x", memory_table.table(rows, MODEL))


class PluginTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def qemu(self, script: str) -> str:
        path = self.folder / "qemu"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return str(path)

    def test_errors_name_the_cure(self):
        (self.folder / "plugin.c").write_text("no C\n")
        with self.assertRaisesRegex(memory.MemoryClockError, "does not compile; mend this.*\n.*plugin.c:1"):
            memory.compile_plugin(self.folder / "plugin.so", self.folder)
        for script, words in (("exit 1", "does not run.*qemu-system-x86"),
                              ("echo '-machine'", "without plugins .--enable-plugins.; Debian"),
                              ("[ $1 != -help ] || { echo; echo '-plugin x'; exit; }; echo too old >&2; exit 1",
                               "does not load the plugin.*version 1.*qemu-system-x86.*too old")):
            with self.assertRaisesRegex(memory.MemoryClockError, words):
                memory.prove(Path("plugin.so"), self.qemu(script))
        with self.assertRaisesRegex(memory.MemoryClockError, "does not run"):
            memory.prove(Path("plugin.so"), str(self.folder / "no-qemu"))

    def test_compiled_once(self):
        (self.folder / "plugin.c").write_text("int nothing;\n")
        target = self.folder / "build" / "plugin.so"
        first = memory.compile_plugin(target, self.folder).stat().st_mtime_ns
        self.assertEqual(memory.compile_plugin(target, self.folder).stat().st_mtime_ns, first)

    def test_it_is_compiled_anew_when_anything_of_it_is_another(self):
        """Times say nothing: a checkout of something older has older ones."""
        source, target = self.folder / "plugin.c", self.folder / "build" / "plugin.so"
        source.write_text("int nothing;\n")
        memory.compile_plugin(target, self.folder)

        def anew() -> bool:
            before = target.stat().st_ino, target.read_bytes()
            memory.compile_plugin(target, self.folder)
            return (target.stat().st_ino, target.read_bytes()) != before

        source.write_text("int other;\n")
        os.utime(source, (0, 0))
        self.assertTrue(anew())
        self.assertFalse(anew())
        with mock.patch.object(memory, "COMPILER", (*memory.COMPILER, "-DX")):
            self.assertTrue(anew())
        (self.folder / "more.h").write_text("")
        os.utime(self.folder / "more.h", (0, 0))
        self.assertTrue(anew())

    def test_command_line(self):
        machine = vm.Machine(Path("k"), Path("i"), "tcg", icount=True, plugin=("/a,b/plugin.so", "l1=1:2"))
        arguments = machine.arguments(self.folder, False)
        self.assertEqual(arguments[arguments.index("-plugin") + 1],
                         f"/a,,b/plugin.so,l1=1:2,out={self.folder}/{vm.MEMORY}")

    def test_model(self):
        self.assertEqual(MODEL.caches["l1"], "32768:8")
        wrong = self.folder / "model.json"
        wrong.write_text(json.dumps({"line": {"bytes": 64}}))
        with self.assertRaisesRegex(memory.MemoryClockError, "model.json: not as .*caches"):
            memory.load_model(wrong)


if __name__ == "__main__":
    unittest.main()
