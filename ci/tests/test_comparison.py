# SPDX-License-Identifier: GPL-2.0-only
"""Verdicts of ./phyr compare, its document, each output to the letter, and files that are whole or not there."""

import copy
import errno
import json
import os
import tempfile
import unittest
import xml.etree.ElementTree as xml
from dataclasses import replace
from pathlib import Path
from unittest import mock

import jsonschema

from ci import bench, splat, tap, vm, write
from ci.comparison import command, document, exchange, html, measure, place, text, verdicts
from ci.comparison.verdicts import Figure
from ci.entries import comparison
from ci.tests.comparison_case import SUITE, boot, built, failed, result

GOLDEN = Path(__file__).parent / "golden"
DATE = "2026-11-30T12:00:00+00:00"
RENEW = "PHYR_GOLDEN"              # in the environment: the files are written anew
BASE = boot(result("mr/reg/hugetlb-1G/1GiB", 24458346, 24458346, 24458346), failed("mr/reg/hugetlb-1G/4GiB", "ENOMEM"),
            result("mr/reg/base/4KiB", 9552, 9552, 9560), result("mr/dereg/base/4KiB", 1000, 1000, 1000),
            result("af_alg/cbc/encrypt/base/4KiB", 500, 500), result("uring/register/base/4KiB", 100),
            result("crypto/sg/virtio/total/base/4KiB", 7), result("dio/nvme/read/base/4KiB", 900, 905, 910),
            failed("rdma/write/base/64KiB", "EIO"), failed("siw:mr/reg/base/4KiB", "ENODEV", "siw0: no such device"),
            failed("gup/phyrs/pin/base/4KiB", "ENOENT"), release="7.3.4",
            missing={"gup": "/dev/phyr_test: No such file or directory"}, programs={"ibv_devinfo": 0, "rping": 1},
            held={"base/1GiB": {"slab": 2400, "vmalloc": 0, "all": 10400}, "hugetlb-1G/1GiB": None})
HEAD = boot(result("mr/reg/hugetlb-1G/1GiB", 6947, 6947, 6947), result("mr/reg/hugetlb-1G/4GiB", 7012),
            result("mr/reg/base/4KiB", 9570, 9570, 9580), result("mr/dereg/base/4KiB", 1030, 1030, 1030),
            result("af_alg/cbc/encrypt/base/4KiB", 500, 500), failed("uring/register/base/4KiB", "ENOMEM"),
            result("crypto/sg/virtio/total/base/4KiB", 9), result("dio/nvme/read/base/4KiB", 800, 801, 805),
            failed("rdma/write/base/64KiB", "EIO"), result("siw:mr/reg/base/4KiB", 5),
            result("gup/phyrs/pin/base/4KiB", 592), release="7.3.4-<x>|y", free=1010,
            programs={"ibv_devinfo": 0, "rping": 0},
            held={"base/1GiB": {"slab": 12, "vmalloc": 4, "all": 4140},
                  "hugetlb-1G/1GiB": {"slab": 1, "vmalloc": 0, "all": 8}},
            complaints=("WARNING: mm/gup.c:70 at sanity_check_pinned_pages+0x2c7/0x2d0, CPU#0: phyrd/128",))


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def made(self, base=BASE, head=HEAD, limits=None, clock="icount") -> dict:
        builts = (built("base", "old", self.folder, "CONFIG_A=y\nCONFIG_B=m\n", {"mm/gup.o": 100, "mm/gone.o": 5},
                        stack={"gup_fast": 96, "gone": 16, "same": 8}),
                  built("head", "new|er", self.folder, "CONFIG_A=y\n", {"mm/gup.o": 120, "mm/phyr.o": 40}, 80,
                        {"gup_fast": 136, "phyr_pin": 48, "same": 8}))
        return document.make(SUITE, clock, "7.2.22", DATE, builts, ([base], [head]), limits)


class Verdicts(Case):
    def verdict(self, base: dict, head: dict) -> str | None:
        rows, _missing = verdicts.rows(SUITE, [boot(base)], [boot(head)], "icount")
        return rows[0]["verdict"]

    def test_an_exact_row_differs_by_one_instruction(self):
        name = "mr/reg/base/4KiB"
        self.assertEqual(self.verdict(result(name, 9552), result(name, 9553)), "worse")
        self.assertEqual(self.verdict(result(name, 9552), result(name, 9551)), "better")
        self.assertEqual(self.verdict(result(name, 9552), result(name, 9552)), "no difference")

    def test_thresholds_are_the_suite_s(self):
        name = "mr/dereg/base/4KiB"
        self.assertEqual(self.verdict(result(name, 1000), result(name, 1030)), "no difference")
        self.assertEqual(self.verdict(result(name, 1000), result(name, 1031)), "worse")
        self.assertEqual(self.verdict(result(name, 1000), result(name, 969)), "better")

    def test_failures(self):
        name = "mr/reg/base/4KiB"
        self.assertEqual(self.verdict(result(name, 1), failed(name, "ENOMEM")), "worse")
        self.assertEqual(self.verdict(failed(name, "ENOMEM"), result(name, 1)), "better")
        self.assertIsNone(self.verdict(failed(name, "ENOMEM"), failed(name, "EIO")))

    def test_rows_that_are_not_exact_are_never_judged(self):
        name = "dio/nvme/read/base/4KiB"
        self.assertEqual(self.verdict(result(name, 100), result(name, 900)), "not exact")
        name = "crypto/sg/virtio/total/base/4KiB"
        self.assertEqual(self.verdict(result(name, 100), result(name, 900)), "not exact")

    def test_no_samples_are_too_few(self):
        self.assertEqual(verdicts.judge(Figure((1,), n=0), Figure((2,), n=9), True, "icount", 0), "too few samples")

    def test_one_meaning_of_ratio(self):
        row = self.made()["rows"]
        found = next(one for one in row if one["name"] == "mr/reg/hugetlb-1G/1GiB")
        self.assertAlmostEqual(found["ratio"], 24458346 / 6947)
        self.assertAlmostEqual(found["change"], 100 * (6947 / 24458346 - 1))

    def test_the_strongest_first(self):
        names = [row["name"] for row in self.made()["rows"]]
        self.assertEqual(names[:4], ["uring/register/base/4KiB", "mr/reg/base/4KiB", "mr/reg/hugetlb-1G/4GiB",
                                     "mr/reg/hugetlb-1G/1GiB"])

    def test_what_a_kernel_lacks_is_not_measured(self):
        found = {one["name"]: (one["side"], one["reason"]) for one in self.made()["not_measured"]}
        self.assertEqual(found, {"gup/phyrs/pin/base/4KiB": ("base", "/dev/phyr_test: No such file or directory"),
                                 "siw:mr/reg/base/4KiB": ("base", "siw0: no such device")})

    def test_what_base_measured_and_head_has_not_got_is_worse(self):
        name = "mr/reg/base/4KiB"
        good = boot(result(name, 9552))
        for head, error, why in (
                *((boot(failed(name, errno, f"no: {errno}")), errno, f"no: {errno}")
                  for errno in ("ENODEV", "ENOENT", "EOPNOTSUPP", "ENXIO")),
                (boot(), "no result", "no result"),
                (boot(missing={"mr": "no RDMA device"}), "no result", "no RDMA device"),
                (boot(failed(name, "ENODEV"), missing={"mr": "no RDMA device"}), "ENODEV", "no RDMA device")):
            with self.subTest(error):
                made = self.made(good, head)
                row = made["rows"][0]
                self.assertEqual((row["verdict"], row["head"], row["lacks"], made["status"], made["not_measured"]),
                                 ("worse", {"error": error}, why, 2, []))
                jsonschema.validate(made, json.loads(document.SCHEMA_FILE.read_text()))
                self.assertIn(f"[{why}]", text.terminal(made))
                back = self.made(head, good)
                self.assertEqual((back["rows"], [one["side"] for one in back["not_measured"]]), ([], ["base"]))
        both = self.made(boot(failed(name, "EIO")), boot(failed(name, "ENODEV")))
        self.assertEqual((both["rows"][0]["verdict"], both["status"]), (None, 4))

    def test_status(self):
        name = "mr/reg/base/4KiB"
        for base, head, status in ((result(name, 1), result(name, 2), 2), (result(name, 2), result(name, 1), 0),
                                   (result(name, 1), result(name, 1), 0), (failed(name, "EIO"), failed(name, "EIO"), 4),
                                   (failed(name, "ENODEV"), result(name, 1), 4),
                                   (result("dio/nvme/read/base/4KiB", 1), result("dio/nvme/read/base/4KiB", 2), 4)):
            self.assertEqual(self.made(boot(base), boot(head))["status"], status)
        worse = boot(result(name, 1), programs={"rping": 1})
        self.assertEqual(self.made(boot(result(name, 1), programs={"rping": 0}), worse)["status"], 2)

    def test_limits_decide_where_they_are_asked_for(self):
        name = "mr/reg/base/4KiB"
        base, head = boot(result(name, 100)), boot(result(name, 101))
        loose = [{"row": name, "side": "phyr", "at_most": 1.02, "times": "stock"}]
        tight = [{"row": name, "side": "phyr", "at_most": 1.0, "times": "stock"}]
        other = [{"row": "gup/pin/base/4KiB", "side": "phyrs", "at_most": 1}]
        self.assertEqual(self.made(base, head)["status"], 2)
        self.assertEqual(self.made(base, head, loose)["status"], 0)
        self.assertEqual(self.made(base, head, tight)["status"], 2)
        self.assertEqual(self.made(base, head, other)["status"], 4)

    def test_limits_of_forms_are_of_head(self):
        head = boot(result("gup/pages/pin/base/4KiB", 100), result("gup/phyrs/pin/base/4KiB", 50),
                    result("gup/phyrs/unpin/base/4KiB", 50))
        limit = [{"row": "gup/pin/base/4KiB", "ratio_at_least": 2}]
        self.assertEqual(self.made(boot(), head, limit)["limits"][0]["met"], True)


class Entry(Case):
    def test_limits_and_programs_are_what_is_tested(self):
        name = "mr/reg/base/4KiB"
        limits = [{"row": name, "side": "phyr", "at_most": most} for most in (200, 100)]
        made = self.made(boot(result(name, 150), programs={"rping": 0}), boot(result(name, 150), programs={"rping": 1}),
                         limits)
        tally = comparison.tally_of(made)
        self.assertEqual((tally.passed, len(tally.failures)), (1, 2))
        self.assertIn("rping works on stock and exits with 1 on phyr", tally.failures[1])


class Outputs(Case):
    def assert_golden(self, name: str, found: str):
        file = GOLDEN / name
        if os.environ.get(RENEW):
            file.write_text(found)
        self.assertEqual(found, file.read_text())

    def test_golden_files(self):
        made = self.made(limits=[{"row": "mr/reg/base/4KiB", "side": "phyr", "at_most": 1.0, "times": "stock"}])
        self.assert_golden("comparison.txt", text.terminal(made))
        for name, end in (("json", "json"), ("markdown", "md"), ("html", "html"), ("ktap", "ktap"), ("junit", "xml"),
                          ("kcidb", "kcidb.json")):
            with self.subTest(name):
                self.assert_golden(f"comparison.{end}", command.OUTPUTS[name][1](made))

    def test_schema(self):
        schema = json.loads(document.SCHEMA_FILE.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        made = self.made(limits=[])
        jsonschema.validate(json.loads(document.text(made)), schema)
        jsonschema.validate(self.made(boot(), boot()), schema)
        for member in made:
            wrong = copy.deepcopy(made)
            del wrong[member]
            with self.assertRaises(jsonschema.ValidationError):
                jsonschema.validate(wrong, schema)
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(made | {"more": 1}, schema)

    def counts(self, made: dict) -> dict[str, tuple[int, int, int]]:
        """Output -> failed, passed, all."""
        tally = tap.parse(exchange.ktap(made), "compare")
        suite = xml.fromstring(exchange.junit(made))[0]
        self.assertEqual((suite.get("failures"), suite.get("skipped"), suite.get("tests")),
                         tuple(str(len(suite.findall(name))) for name in (".//failure", ".//skipped", "testcase")))
        kcidb = [test["status"] for test in json.loads(exchange.kcidb(made))["tests"]]
        return {"ktap": (len(tally.failures), tally.passed, len(exchange.ktap(made).splitlines()) - 2),
                "junit": (len(suite.findall(".//failure")), len(suite.findall(".//system-out")),
                          int(suite.get("tests"))),
                "kcidb": (kcidb.count("FAIL"), kcidb.count("PASS"), len(kcidb))}

    def test_outputs_say_what_the_status_says(self):
        """A failure in each exactly with status 2; and something passed with 0."""
        name = "mr/reg/base/4KiB"
        few = boot(result(name, 1) | {"stats": {"median": 1, "min": 1, "max": 1, "n": 0}})
        loose, tight, other = ([{"row": row, "side": "phyr", "at_most": most}]
                               for row, most in ((name, 200), (name, 1), ("gup/pin/base/4KiB", 1)))
        program = [boot(result(name, 100), programs={"rping": status}) for status in (0, 1)]
        base, head = boot(result(name, 100)), boot(result(name, 101))
        for sides, limits, status in (
                ((base, head), None, 2), ((base, base), None, 0), ((head, base), None, 0), ((base, boot()), None, 2),
                ((boot(), base), None, 4), ((few, base), None, 4), ((base, head), loose, 0), ((base, base), tight, 2),
                ((base, head), other, 4), ((program[0], program[1]), None, 2), ((program[0], program[1]), loose, 2),
                ((program[1], program[0]), loose, 0), ((program[1], program[1]), None, 0)):
            with self.subTest(limits=limits, status=status):
                made = self.made(*sides, limits)
                self.assertEqual(made["status"], status)
                for output, (bad, good, _all) in self.counts(made).items():
                    self.assertEqual(bool(bad), status == 2, output)
                    self.assertTrue(status or good, output)
                self.assertEqual(len(set(self.counts(made).values())), 1)
                self.assertTrue(text.conclusion(made).startswith({0: "no regression", 2: "regression, ",
                                                                  4: "skipped, "}[status]))

    def test_a_test_for_each_program_and_limit(self):
        limit = {"row": "mr/reg/base/4KiB", "side": "phyr", "at_most": 9}
        made = self.made(limits=[limit, limit | {"at_most": 9_999}])
        names = [case.get("name") for case in xml.fromstring(exchange.junit(made)).iter("testcase")]
        self.assertEqual(names[-4:], ["programs/ibv_devinfo", "programs/rping", "limits/mr/reg/base/4KiB",
                                      "limits/mr/reg/base/4KiB/2"])
        self.assertEqual(len(names), len(set(names)))
        self.assertIn(f"ok {len(names)} limits/mr/reg/base/4KiB/2 # mr/reg/base/4KiB: phyr 9,570 ns, at most 9,999",
                      exchange.ktap(made))
        self.assertIn("programs/rping # rping: exit 1 -> works",
                      exchange.ktap(made))

    def test_what_failed_on_both_sides_is_an_error_of_the_measurement(self):
        made = self.made(boot(failed("mr/reg/x", "EIO"), programs={"rping": 1}),
                         boot(failed("mr/reg/x", "EIO"), programs={"rping": 1}))
        self.assertEqual([test["status"] for test in json.loads(exchange.kcidb(made))["tests"]], ["ERROR", "ERROR"])

    def test_conclusion_names_what_decided(self):
        name = "mr/reg/base/4KiB"
        base, head = (boot(result(name, level), programs={"rping": status}) for level, status in ((100, 0), (101, 1)))
        limit = {"row": name, "side": "phyr", "at_most": 1}
        for sides, limits, said in (
                ((base, head), None, "regression, rping fails now and 1 row is worse: 1 worse"),
                ((base, head), [limit], "regression, rping fails now and 1 of 1 limits not met: 1 worse"),
                ((base, base), [limit | {"at_most": 100}], "no regression, 1 of 1 limits met: 1 no difference"),
                ((head, base), None, "no regression: 1 better"),
                ((base, base), [limit | {"row": "x"}], "skipped, no limit is about what was measured: 1 no difference"),
                ((boot(), base), None, "skipped, nothing could be compared: no row was compared")):
            self.assertEqual(text.conclusion(self.made(*sides, limits)), said)

    def test_percentages_have_digits_that_say_something(self):
        for base, head, said in ((24458346, 24458347, "+0.0000041%"), (24458346, 24458345, "-0.0000041%"),
                                 (24458346, 6947, "-99.972%"), (24458346, 1, "-99.9999959%"), (9552, 9570, "+0.2%"),
                                 (100, 100, "0"), (100, 0, "-100.0%"), (100, 1234, "+1,134.0%"), (1000, 1001, "+0.1%"),
                                 (10000, 10009, "+0.090%"), (200, 100, "-50.0%")):
            row = {"base": {"median": base}, "head": {"median": head}, "change": 100 * (head - base) / base}
            self.assertEqual(text.percent(row), said)

    def test_deviations_fit_their_column(self):
        for sd, said in ((0, ""), (0.0083, "± <0.01%"), (0.01, "± 0.010%"), (0.73, "± 0.73%"), (7, "± 7.0%"),
                         (31, "± 31%"), (2100, "± 2,100%")):
            self.assertEqual(text.deviation({"median": 100, "sd": sd}), said)
            self.assertLessEqual(len(said), 8)

    def test_a_side_that_is_named_by_its_commit(self):
        commit = "91a3c457927608448d69accd19b969b3e700da60"
        for name, said in ((commit, "91a3c4579276 (7.3.4)"), (commit[:7], "91a3c4579276 (7.3.4)"),
                           ("v7.3", "v7.3 (7.3.4, 91a3c4579276)")):
            self.assertEqual(text.named({"head": {"name": name, "release": "7.3.4", "commit": commit}}, "head"), said)
        self.assertEqual(text.named({"head": {"name": "stock", "release": "7.3.4", "commit": ""}}, "head"),
                         "stock (7.3.4)")

    def test_plot_says_what_it_leaves_out(self):
        rows = [{"name": f"mr/reg/base/{n}KiB", "ratio": 2, "verdict": "better"} for n in range(html.ROWS + 1)]
        self.assertIn(f">the first {html.ROWS} of {len(rows)} rows; ratio = ", html.bars(rows))
        self.assertIn(">ratio = ", html.bars(rows[1:]))

    def test_complaints_of_all_boots(self):
        """Each once, in the order in which they came."""
        one, other = boot(complaints=("WARNING: a", "BUG: b")), boot(complaints=("BUG: b", "WARNING: c"))
        self.assertEqual(measure.merged([one, other]).complaints, ["WARNING: a", "BUG: b", "WARNING: c"])

    def test_complaints_are_of_the_console(self):
        taker = measure.Bench.__new__(measure.Bench)
        taker.suite, taker.clock, taker.name = replace(SUITE, plan={"runs": [], "inexact": []}), "icount", "compare"
        outcome = vm.Outcome(0, 1.0, self.folder, [splat.Splat(7, "WARNING: x"), splat.Splat(9, "WARNING: x")])
        with mock.patch.object(vm, "run", return_value=outcome), mock.patch.object(measure, "note"), \
                mock.patch.object(bench, "excess", return_value=""), mock.patch.object(taker, "machine", create=True), \
                mock.patch.object(taker, "boot", return_value=boot()), mock.patch.object(measure, "say"):
            found = taker.take(built("base", "old", self.folder), bench.PLAIN)
        self.assertEqual(found.complaints, ["WARNING: x"])

    def test_kcidb_has_the_forms_that_its_schema_asks_for(self):
        found = json.loads(exchange.kcidb(self.made()))
        self.assertEqual(found["version"], {"major": 5, "minor": 0})
        tests = found["tests"]
        self.assertEqual(len({test["id"] for test in tests}), len(tests))
        for test in tests:
            self.assertRegex(test["path"], r"^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$")
            self.assertIn(test["status"], ("FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP"))
            self.assertEqual(test["build_id"], found["builds"][0]["id"])
            self.assertTrue(test["id"].startswith("phyr:"))
        self.assertEqual(found["builds"][0]["checkout_id"], found["checkouts"][0]["id"])
        self.assertRegex(found["checkouts"][0]["git_commit_hash"], "^[0-9a-f]{40}$")

    def test_page_needs_nothing_of_others(self):
        page = html.page(self.made())
        for word in ("http:", "https:", "src=", "href=", "<script", "@import", "url("):
            self.assertNotIn(word, page)
        self.assertIn("7.3.4-&lt;x&gt;|y", page)
        xml.fromstring(page[page.index("<svg"):page.index("</svg>") + 6])


class RealTime(Case):
    def test_rows_that_differ_are_booted_once_more(self):
        """Those only, without programs; and KVM has to run a guest, not only to be there."""
        one, other, taken = "mr/reg/base/4KiB", "mr/dereg/base/4KiB", []
        suite = replace(SUITE, programs=({"name": "rping", "command": "rping"},))

        def take(artifacts, wanted, clock, again):
            taken.append((wanted.rows, bool(wanted.programs), clock, again))
            return mock.Mock(qemu="7.2")

        def boots(levels: tuple) -> list:
            return [[boot(result(one, base), result(other, 100)) for base in side] for side in levels]

        sides = tuple(built(role, role, self.folder) for role in ("base", "head"))
        artifacts = mock.Mock(accelerator="kvm")
        for second, verdict in (((100,) * 4, "no difference"), ((200,) * 4, "worse")):
            answers = [boots(((100,) * 4, (200,) * 4)), boots(((100,) * 4, second))]
            with mock.patch.object(place, "Builder") as builder, mock.patch.object(command, "say"), \
                    mock.patch.object(place, "Bench", take), \
                    mock.patch.object(command, "all_boots", side_effect=answers):
                builder.return_value.build.side_effect = sides
                made = command.compared(artifacts, (None, None), suite, [], "kvm")
            self.assertEqual({row["name"]: row["verdict"] for row in made["rows"]},
                             {one: verdict, other: "no difference"})
            jsonschema.validate(made, json.loads(document.SCHEMA_FILE.read_text()))
        self.assertEqual(taken[:2], [((), True, "kvm", False), ((one,), False, "kvm", False)])
        with self.assertRaisesRegex(bench.BenchError, "KVM does not run the kernel"):
            command.compared(mock.Mock(accelerator="tcg"), (None, None), suite, [], "kvm")


class Files(Case):
    def test_interrupted(self):
        """What was there before stays, and nothing else."""
        file = self.folder / "out.json"
        file.write_text("before")
        with mock.patch.object(write.os, "fsync", side_effect=KeyboardInterrupt), self.assertRaises(KeyboardInterrupt):
            write.whole(file, "half")
        self.assertEqual(({one.name for one in self.folder.iterdir()}, file.read_text()), ({"out.json"}, "before"))

    def test_full_disk(self):
        file = self.folder / "out.json"
        full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        with mock.patch.object(write.os, "fsync", side_effect=full), \
                self.assertRaisesRegex(write.WriteError, "out.json: cannot be written: No space left on device; make"):
            write.whole(file, "half")
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_whole(self):
        file = self.folder / "a" / "out.json"
        write.whole(file, "x")
        self.assertEqual(file.read_text(), "x")


if __name__ == "__main__":
    unittest.main()
