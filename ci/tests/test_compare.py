# SPDX-License-Identifier: GPL-2.0-only
"""Rows, ratios, limits, and what becomes of the guest's exports."""

import json
import tempfile
import unittest
from pathlib import Path

from ci import bench, compare, limits, paths


def result(name: str, *samples: int) -> dict:
    ordered = sorted(samples)
    return {"workload": name, "unit": "ns", "samples": list(samples),
            "stats": {"n": len(samples), "min": ordered[0], "max": ordered[-1],
                      "median": ordered[len(ordered) // 2]}}


def failed(name: str, errno: str) -> dict:
    return {"workload": name, "error": {"errno": errno, "message": "no"}}


def finished(plan: dict, tree: str) -> list[dict]:
    """What a kernel's runs of the plan come to, each sample 1 ns."""
    runs = ({"name": body["name"], "results": [result(each["workload"], 1) for each in body["workloads"]]}
            for machine in bench.MACHINES for body in bench.requests(plan, tree, machine).values())
    return [entry for run in runs for entry in bench.prefixed(plan, run["name"], run["results"], "workload")]


INEXACT = [{"rows": "crypto/virtio/total/*", "reason": "the device decides"}]


class CompareTest(unittest.TestCase):
    def test_kernels_side_by_side(self):
        rows = compare.rows([result("mr/reg/base/4KiB", 30, 20, 40)], [result("mr/reg/base/4KiB", 10, 5, 20)], INEXACT)
        self.assertEqual(rows, [{
            "name": "mr/reg/base/4KiB", "unit": "ns", "stock": {"median": 30, "min": 20, "max": 40, "n": 3},
            "phyr": {"median": 10, "min": 5, "max": 20, "n": 3}, "ratio": 3.0,
        }])

    def test_what_the_host_decides_is_no_figure(self):
        rows = compare.rows([], [result("crypto/sg/virtio/total/thp/2MiB", 29_367),
                                 result("crypto/phyrs/virtio/total/thp/2MiB", 9_998_220)], INEXACT)
        self.assertEqual(rows, [{"name": "crypto/virtio/total/thp/2MiB", "unit": "ns", "sg": {"n": 1},
                                 "phyrs": {"n": 1}, "ratio": None, "inexact": "the device decides"}])
        line = next(line for line in compare.table(rows, "icount").splitlines() if line.startswith("crypto"))
        self.assertEqual(line.split()[1:], "works works - no figure: the device decides".split())
        with self.assertRaisesRegex(limits.LimitError, "no figure"):
            limits.check([{"row": "crypto/*", "side": "phyrs", "at_most": 1}], rows)
        self.assertEqual([verdict.met for verdict in limits.check([{"row": "crypto/*", "side": "sg", "works": True}],
                                                                  rows)], [True])

    def test_a_figure_that_the_host_moves_says_so(self):
        rows = compare.rows([result("mr/reg/x", 200, 202)], [result("mr/reg/x", 100, 101)],
                            [{"rows": "mr/reg/x", "figure": True, "reason": "by a little"}])
        self.assertEqual((rows[0]["phyr"]["median"], rows[0]["inexact"]), (101, "by a little"))
        self.assertRegex(compare.table(rows, "icount"), "mr/reg/x .* 101 .* 0.99 %   not exact: by a little")

    def test_spread_is_seen(self):
        rows = compare.rows([result("mr/reg/x", 200, 200, 201), result("mr/reg/y", 7, 7)],
                            [result("mr/reg/x", 100, 100, 112), result("mr/reg/y", 7, 7)], [])
        lines = compare.table(rows, "icount").splitlines()
        self.assertEqual([line.split()[-2:] for line in lines if line.startswith("mr/")], [["12", "%"], ["1.00", "0"]])
        self.assertEqual(compare.spreads(rows),
                         "spread: in 1 of 2 rows each sample is the same; the most is 12 %, mr/reg/x")
        self.assertEqual(compare.percent(1 / 30_000), "0.0033 %")

    def test_representations_share_a_row(self):
        rows = compare.rows([], [result("gup/pages/pin/thp/2MiB", 90), result("gup/phyrs/pin/thp/2MiB", 30)], [])
        self.assertEqual([row["name"] for row in rows], ["gup/pin/thp/2MiB"])
        self.assertEqual((rows[0]["pages"]["median"], rows[0]["phyrs"]["median"], rows[0]["ratio"]), (90, 30, 3.0))

    def test_each_family_has_its_own_pair(self):
        rows = compare.rows([], [result("crypto/sg/virtio/setup/thp/2MiB", 90),
                                 result("crypto/phyrs/virtio/setup/thp/2MiB", 30),
                                 result("gup/pages/pin/thp/2MiB", 8), result("gup/phyrs/pin/thp/2MiB", 2)], [])
        self.assertEqual([row["name"] for row in rows], ["crypto/virtio/setup/thp/2MiB", "gup/pin/thp/2MiB"])
        self.assertEqual((rows[0]["sg"]["median"], rows[0]["phyrs"]["median"], rows[0]["ratio"]), (90, 30, 3.0))
        text = compare.table(rows, "icount")
        self.assertIn("sg in the phyr kernel", text)
        self.assertIn("pages in the phyr kernel", text)

    def test_ratios_are_shown_as_everywhere(self):
        for value, said in json.loads((paths.ROOT / "userspace/tests/ratios.json").read_text()):
            with self.subTest(value):
                self.assertEqual(compare.times({"ratio": value}), said)
        self.assertEqual(compare.times({"ratio": None}), "-")

    def test_a_document_with_memory_is_of_another_version(self):
        rows = compare.rows([result("mr/reg/x", 2)], [result("mr/reg/x", 1)], [])
        self.assertEqual(compare.document(rows, "icount", {}, "")["schema"], "phyr-compare/2")
        rows[0]["phyr"]["memory"] = {"loads": 1}
        self.assertEqual(compare.document(rows, "icount", {}, "")["schema"], "phyr-compare/3")

    def test_failure_is_a_side_without_a_ratio(self):
        row = compare.rows([failed("mr/reg/x", "ENOMEM")], [result("mr/reg/x", 5)], [])[0]
        self.assertEqual((row["stock"], row["ratio"]), ({"error": "ENOMEM"}, None))

    def test_workload_of_one_kernel_only_is_an_error(self):
        for base, head in (([result("mr/a", 1)], []), ([], [result("mr/a", 1)]), ([], [result("gup/pages/pin/a", 1)])):
            with self.assertRaises(compare.CompareError):
                compare.rows(base, head, [])

    def test_table_names_clock_and_errors(self):
        rows = compare.rows([failed("mr/reg/x", "ENOMEM"), result("mr/reg/y", 2_000_000)],
                            [result("mr/reg/x", 5), result("mr/reg/y", 1_000)], [])
        text = compare.table(rows, "icount")
        for piece in ("clock icount", "ENOMEM", "2,000,000", "1,000", "no caches"):
            self.assertIn(piece, text.replace("\n", " "))
        self.assertNotIn("instruction", compare.table(rows, "kvm"))


class LimitsTest(unittest.TestCase):
    ROWS = [
        {"name": "mr/reg/a", "unit": "ns", "stock": {"median": 1000}, "phyr": {"median": 103}, "ratio": 1000 / 103},
        {"name": "mr/reg/b", "unit": "ns", "stock": {"error": "ENOMEM"}, "phyr": {"median": 100}, "ratio": None},
    ]

    def met(self, **limit) -> list[bool]:
        return [verdict.met for verdict in limits.check([limit], self.ROWS)]

    def test_of_a_series_that_is_not_there(self):
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch)
            known = [{"row": "a"}, {"row": "b", "series": "storage"}]
            self.assertEqual(limits.in_force(known, root), known[:1])
            (root / "storage/patches").mkdir(parents=True)
            self.assertEqual(limits.in_force(known, root), known[:1])
            (root / "storage/patches/0001-a.patch").touch()
            self.assertEqual(limits.in_force(known, root), known)

    def test_at_most(self):
        self.assertEqual(self.met(row="mr/reg/a", side="phyr", at_most=103), [True])
        self.assertEqual(self.met(row="mr/reg/a", side="phyr", at_most=102), [False])
        self.assertEqual(self.met(row="mr/reg/b", side="stock", at_most=1e9), [False])

    def test_at_most_times_the_other_side(self):
        self.assertEqual(self.met(row="mr/reg/a", side="phyr", at_most=0.103, times="stock"), [True])
        self.assertEqual(self.met(row="mr/reg/a", side="phyr", at_most=0.102, times="stock"), [False])

    def test_nothing_is_said_where_the_other_side_failed(self):
        self.assertEqual(self.met(row="mr/reg/*", side="phyr", at_most=1.0, times="stock"), [True])

    def test_at_most_times_another_row(self):
        self.assertEqual(self.met(row="mr/reg/a", side="phyr", at_most=1.03, times="mr/reg/b"), [True])
        self.assertEqual(self.met(row="mr/reg/a", side="phyr", at_most=1.02, times="mr/reg/b"), [False])

    def test_ratio(self):
        self.assertEqual(self.met(row="mr/reg/a", ratio_at_least=9.7), [True])
        self.assertEqual(self.met(row="mr/reg/a", ratio_at_least=9.8), [False])
        self.assertEqual(self.met(row="mr/reg/b", ratio_at_least=1), [False])

    def test_errors_as_wanted(self):
        self.assertEqual(self.met(row="mr/reg/b", side="stock", error="ENOMEM"), [True])
        self.assertEqual(self.met(row="mr/reg/a", side="stock", error="ENOMEM"), [False])
        self.assertEqual(self.met(row="mr/reg/b", side="phyr", works=True), [True])
        self.assertEqual(self.met(row="mr/reg/b", side="stock", works=True), [False])

    def test_unmeasured_row_is_not_met(self):
        self.assertEqual(self.met(row="mr/none", side="phyr", at_most=1), [False])

    def test_some_rows_are_enough_for_some_limits(self):
        wanted = [{"row": "mr/reg/a", "side": "phyr", "at_most": 9, "times": "mr/reg/b"},
                  {"row": "mr/reg/*", "side": "phyr", "at_most": 9, "times": "stock"}]
        others = [{"row": "gup/*", "side": "phyrs", "at_most": 9},
                  {"row": "mr/reg/a", "side": "phyr", "at_most": 9, "times": "mr/reg/c"}]
        self.assertEqual(limits.of_rows(wanted + others, self.ROWS), wanted)

    def test_what_fails_with_the_patches_is_missed(self):
        failed = {"error": "ETIMEDOUT"}
        rows = [{"name": "mr/reg/thp/2MiB", "stock": {"median": 1}, "phyr": failed, "ratio": None},
                {"name": "mr/reg/thp/4MiB", "stock": failed, "phyr": {"median": 1}, "ratio": None},
                {"name": "gup/pin/thp/2MiB", "pages": {"median": 1}, "phyrs": failed, "ratio": None},
                {"name": "crypto/soft/setup/thp/2MiB", "sg": failed, "phyrs": {"median": 1}, "ratio": None}]
        self.assertEqual([str(verdict) for verdict in limits.failures(rows)],
                         ["NOT MET  mr/reg/thp/2MiB: phyr failed with ETIMEDOUT",
                          "NOT MET  gup/pin/thp/2MiB: phyrs failed with ETIMEDOUT"])

    def test_limits_are_checked_when_they_are_read(self):
        good = {"row": "mr/*", "side": "phyr", "at_most": 1}
        with tempfile.TemporaryDirectory() as scratch:
            file = Path(scratch) / "mine.json"

            def read(text: str) -> list[dict]:
                file.write_text(text)
                return limits.read(file)

            self.assertEqual(len(read(json.dumps({"limits": [good]}))), 1)
            for limit, said in ((7, "want an object"), (good | {"roe": 1}, "roe: no such key"),
                                (good | {"row": 7}, "row: "), ({"side": "phyr", "at_most": 1}, "row is missing"),
                                (good | {"side": "phyrr"}, "side: want"), (good | {"at_most": "1"}, "at_most: want a"),
                                (good | {"error": "EIO"}, "want exactly"), ({"row": "*", "side": "phyr"}, "want exact"),
                                (good | {"at_most": True}, "at_most: want"),
                                ({"row": "*", "ratio_at_least": 2, "times": "stock"}, "times goes with at_most"),
                                ({"row": "*", "side": "phyr", "works": False}, "works: want true")):
                with self.assertRaises(limits.LimitError) as caught:
                    read(json.dumps({"limits": [good, limit]}))
                self.assertIn(f"{file}: limits[1]: ", str(caught.exception))
                self.assertIn(f": {said}", str(caught.exception))
            for text in ("{", "[]", '{"limits": 7}'):
                with self.assertRaisesRegex(limits.LimitError, "mine.json: is no JSON object with limits"):
                    read(text)
            known = read(json.dumps({"limits": [{"row": "mr/reg/a", "side": "pages", "at_most": 1}]}))
            with self.assertRaisesRegex(limits.LimitError, r"mine.json: limits\[0\]: .*mr/reg/a has no side pages"):
                limits.check(known, self.ROWS)
        self.assertTrue(limits.read(bench.LIMITS))

    def test_malformed_limits_are_errors(self):
        for limit in ({"row": "mr/reg/a", "side": "phyr"},
                      {"row": "mr/reg/a", "side": "phyr", "at_most": 1, "times": "x"}):
            with self.assertRaises(limits.LimitError):
                limits.check([limit], self.ROWS)


class FormatTest(unittest.TestCase):
    def test_exports_become_one_document(self):
        plan = {"runs": [{"name": "a"}, {"name": "b", "prefix": "siw:"}]}
        first = {"context": {"clock": "icount"},
                 "benchmarks": [{"name": "x", "run_name": "x", "family_index": 0}, {"name": "x"}]}
        rows = bench.prefixed(plan, "b", first["benchmarks"], "name", "run_name")
        second = {"context": {"clock": "other"}, "benchmarks": rows}
        self.assertEqual(bench.merged([first, second], kernel="stock-perf"), {
            "context": {"clock": "icount", "kernel": "stock-perf"},
            "benchmarks": [{"name": "x", "run_name": "x", "family_index": 0}, {"name": "x"},
                           {"name": "siw:x", "run_name": "siw:x", "family_index": 1}, {"name": "siw:x"}]})

    def test_braces(self):
        self.assertEqual(bench.expand("gup/{pages,phyrs}/{pin,unpin}/{backing}"), [
            "gup/pages/pin/{backing}", "gup/pages/unpin/{backing}",
            "gup/phyrs/pin/{backing}", "gup/phyrs/unpin/{backing}"])

    def test_a_run_may_name_its_device_and_prefix_its_rows(self):
        run = {"kernels": ["stock", "phyr"], "samples": 9, "warmup": 2, "workloads": ["mr/{reg,dereg}/{backing}"],
               "backings": ["base/4KiB"]}
        plan = {"runs": [{"name": "a"} | run, {"name": "b", "device": "siw0", "prefix": "siw:"} | run]}
        bodies = bench.requests(plan, "phyr")
        self.assertEqual(bodies["a"]["workloads"][0], {"workload": "mr/reg/base/4KiB", "samples": 9, "warmup": 2})
        self.assertEqual(bodies["b"]["workloads"][1],
                         {"workload": "mr/dereg/base/4KiB", "samples": 9, "warmup": 2, "device": "siw0"})
        rows = compare.rows(finished(plan, "stock"), finished(plan, "phyr"), [])
        self.assertEqual([row["name"] for row in rows],
                         ["mr/reg/base/4KiB", "mr/dereg/base/4KiB", "siw:mr/reg/base/4KiB", "siw:mr/dereg/base/4KiB"])

    def test_each_run_is_for_one_machine(self):
        run = {"kernels": ["phyr"], "workloads": ["mr/reg/{backing}"], "backings": ["base/4KiB"]}
        plan = {"runs": [{"name": name} | run | dict.fromkeys(features, True)
                         for name, features in (("a", ()), ("b", ("iommu",)), ("c", ("iommu", "storage")))]}
        found = {tuple(sorted(machine)): list(bench.requests(plan, "phyr", machine)) for machine in bench.MACHINES}
        self.assertEqual(found, {(): ["a"], ("iommu",): ["b"], ("storage",): [], ("iommu", "storage"): ["c"]})

    def test_some_rows_of_a_plan(self):
        plan = {"runs": [{"name": "gup", "kernels": ["phyr"], "backings": ["base/4KiB", "thp/2MiB"],
                          "workloads": ["gup/{pages,phyrs}/{pin,unpin}/{backing}"]},
                         {"name": "siw", "kernels": ["phyr"], "prefix": "siw:", "backings": ["base/4KiB"],
                          "workloads": ["mr/reg/{backing}"]}]}
        bodies = bench.requests(plan, "phyr", rows=["gup/pin/*/4KiB"])
        self.assertEqual(bodies, {"gup": {"name": "gup", "workloads": [{"workload": "gup/pages/pin/base/4KiB"},
                                                                       {"workload": "gup/phyrs/pin/base/4KiB"}]}})
        self.assertEqual(list(bench.requests(plan, "phyr", rows=["siw:mr/*"])), ["siw"])
        self.assertEqual(bench.requests(plan, "phyr", rows=["mr/*"]), {})

    def test_rows_that_are_no_figures_are_not_exported(self):
        document = {"context": {}, "benchmarks": [
            {"name": "crypto/sg/virtio/total/thp/2MiB"}, {"name": "crypto/sg/virtio/setup/thp/2MiB"},
            {"name": "crypto/sg/virtio/total/thp/2MiB_mean", "run_name": "crypto/sg/virtio/total/thp/2MiB"}]}
        self.assertEqual(bench.figures_only(document, INEXACT)["benchmarks"],
                         [{"name": "crypto/sg/virtio/setup/thp/2MiB"}])

    def test_our_plan_gives_both_kernels_what_the_rows_need(self):
        plan = json.loads(bench.WORKLOADS.read_text())
        rows = compare.rows(*(finished(plan, tree) for tree in compare.KERNELS), plan["inexact"])
        measured = {row["name"] for row in rows}
        for entry in plan["inexact"]:
            self.assertTrue(any(row.get("inexact") == entry["reason"] for row in rows))
        self.assertEqual(len(measured), len(rows))
        for limit in json.loads(bench.LIMITS.read_text())["limits"]:
            if "*" not in limit["row"]:
                self.assertIn(limit["row"], measured)


if __name__ == "__main__":
    unittest.main()
