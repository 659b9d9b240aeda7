# SPDX-License-Identifier: GPL-2.0-only
"""What ./phyr compare and ./phyr bench write is two runs, and is said of them what is said there."""

import json
from pathlib import Path

import contract
import phyrd

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "ci/tests/golden/comparison.json"
HISTORY = ROOT / "ci/tests/golden/history.json"
FIGURES = ROOT / "bench/figures.json"
MEMORY = {"instructions": 100, "loads": 30, "stores": 20, "locked": 2, "lines": 9, "l1_misses": 7, "l2_misses": 3,
          "llc_misses": 1, "cycles": 700.5}


def figure(median, **more):
    return {"median": median, "min": median, "max": median, "n": 9} | more


def bench(*rows, **more):
    return {"schema": "phyr-compare/3", "clock": "icount", "date": "2026-11-30T18:49:47+00:00",
            "kernels": {"stock": "7.3.4", "phyr": "7.3.4-p"}, "rows": list(rows)} | more


class ComparisonTest(phyrd.PhyrdTest):
    def load(self, document):
        status, headers, ids = self.phyrd.post(document, "/import?default_name=file")
        self.assertEqual(status, 201, ids)
        self.assertEqual(headers["Location"], f"/api/v1/compare?base={ids['base']}&head={ids['head']}")
        return ids["base"], ids["head"]

    def compare(self, base, head):
        return self.phyrd.get(f"/compare?base={base}&head={head}")[2]

    def verdicts(self, base, head):
        return {row["workload"]: row["verdict"] for row in self.compare(base, head)["rows"]}

    def run_of(self, run):
        return self.phyrd.get(f"/runs/{run}")[2]


class Compared(ComparisonTest):
    """phyr-comparison/1"""

    def test_its_verdicts_are_kept(self):
        document = json.loads(GOLDEN.read_text())
        base, head = self.load(document)
        wanted = {row["name"]: row["verdict"] for row in document["rows"]
                  if {"median", "error"} & row["base"].keys() and {"median", "error"} & row["head"].keys()}
        self.assertEqual(self.verdicts(base, head), wanted)
        self.assertLessEqual({"worse", "better", "no difference", "not exact", None}, set(wanted.values()))
        rows = {row["workload"]: row for row in self.compare(base, head)["rows"]}
        for row in document["rows"]:
            if row["ratio"] is not None:
                self.assertAlmostEqual(rows[row["name"]]["ratio"], row["ratio"], 9)
        runs = [self.run_of(run) for run in (base, head)]
        self.assertEqual([run["name"] for run in runs], ["old", "new|er"])
        self.assertEqual([run["kernel"] for run in runs], ["7.3.4", "7.3.4-<x>|y"])
        self.assertEqual([run["context"]["commit"] for run in runs],
                         [document[side]["commit"] for side in ("base", "head")])
        errors = {result["workload"]: result["error"] for result in runs[0]["results"] if "error" in result}
        self.assertEqual(errors["siw:mr/reg/base/4KiB"], {"errno": "EUNKNOWN", "message": "siw0: no such device"})
        self.assertEqual(runs[0]["context"]["without_figure"], ["crypto/sg/virtio/total/base/4KiB"])

    def test_they_hold_in_one_direction_and_of_one_comparison(self):
        """Else phyrd says what it can tell itself."""
        document = json.loads(GOLDEN.read_text())
        base, head = self.load(document)
        self.assertEqual(self.verdicts(head, base)["mr/reg/base/4KiB"], "too few samples")
        _other, later = self.load(document | {"date": "2026-12-01T12:00:00+00:00"})
        self.assertEqual(self.verdicts(base, later)["mr/reg/base/4KiB"], "too few samples")

    def test_out_and_in_again_it_is_the_same(self):
        ids = self.load(json.loads(GOLDEN.read_text()))
        again = [self.phyrd.post(self.phyrd.get(f"/export?run={run}")[2], "/import")[2]["id"] for run in ids]
        self.assertEqual(self.verdicts(*again), self.verdicts(*ids))
        for run, other in zip(ids, again):
            for result, copy in zip(self.run_of(run)["results"], self.run_of(other)["results"], strict=True):
                self.assertEqual(copy["workload"], result["workload"])
                self.assertEqual(copy.get("aggregates"), result.get("aggregates"))
                self.assertLessEqual(result["parameters"].items(), copy["parameters"].items())

    def test_members_in_another_order(self):
        document = json.loads(GOLDEN.read_text())
        ids = self.load(json.loads(json.dumps(document, sort_keys=True)))
        self.assertEqual(self.verdicts(*ids)["mr/reg/base/4KiB"], "worse")

    def test_of_any_length(self):
        """Rows may fill more than a part before the schema comes."""
        self.load(json.dumps(json.loads(FIGURES.read_text()), indent=2, sort_keys=True).encode())
        document = json.loads(GOLDEN.read_text())
        document["a list"] = [{"name": "x" * 100}] * 5000 + [[]]
        self.load(json.dumps(document, sort_keys=True).encode())

    def test_verdicts_of_others_are_none(self):
        """phyrd tells what it can where somebody else's words stand beside a comparison's id."""
        ids = []
        for time in (100, 200):
            rows = [{"run_name": "x", "run_type": "aggregate", "aggregate_name": name, "real_time": time,
                     "time_unit": "ns", "samples": 9, "comparison": "c"} for name in ("median", "min", "max")]
            if time == 200:
                rows[0]["verdict"] = "regressed"
            ids.append(self.phyrd.post({"context": {"clock": "icount"}, "benchmarks": rows}, "/import")[2]["id"])
        self.assertEqual(self.verdicts(*ids), {"x": "worse"})

    def test_a_list_may_be_longer_than_a_part(self):
        document = json.loads(GOLDEN.read_text())
        document["objects"] = [{"name": f"mm/{n}.o", "base": n, "head": n + 1} for n in range(5000)]
        self.load(document)

    def test_a_path_may_be_a_name(self):
        document = json.loads(GOLDEN.read_text())
        document["base"]["name"] = "/long" * 40
        self.assertEqual(self.run_of(self.load(document)[0])["name"], "7.3.4")


class Benched(ComparisonTest):
    """phyr-compare/2 and /3"""

    def test_the_figures_of_the_project(self):
        base, head = self.load(FIGURES.read_bytes())
        known = {row["name"]: row for row in json.loads(FIGURES.read_text())["rows"]}
        rows = {row["workload"]: row for row in self.compare(base, head)["rows"]}
        row = rows["mr/reg/hugetlb-1G/1GiB"]
        self.assertEqual(row["verdict"], "better")
        self.assertAlmostEqual(row["ratio"], known["mr/reg/hugetlb-1G/1GiB"]["ratio"], 6)
        known = {"better", "worse", "no difference", "too few samples", None}
        self.assertLessEqual({row["verdict"] for row in rows.values()}, known)
        names = {result["workload"] for result in self.run_of(head)["results"]}
        self.assertLess({"gup/pages/pin/base/4KiB", "gup/phyrs/pin/base/4KiB", "iommu:dma/sg/map/base/64MiB"}, names)
        self.assertEqual([run["name"] for run in self.phyrd.get("/runs")[2]["runs"]], ["phyr", "stock"])

    def test_verdicts_from_ranges(self):
        """Those that do not touch are as far apart as samples can be; of others nothing is known."""
        cases = {"better": (figure(200), figure(100)), "worse": (figure(100), figure(200)),
                 "no difference": (figure(100), figure(100)),
                 "too few samples": (figure(100, min=90, max=120), figure(110, min=100, max=130))}
        near = {"name": "near/x", "unit": "ns", "stock": figure(10000), "phyr": figure(10001), "ratio": 1}
        few = {"name": "few/x", "unit": "ns", "stock": figure(100, n=3), "phyr": figure(200, n=3), "ratio": 0.5}
        ids = self.load(bench(near, few, *({"name": f"{verdict}/x", "unit": "ns", "stock": base, "phyr": head}
                                           for verdict, (base, head) in cases.items())))
        self.assertEqual(self.verdicts(*ids), {"near/x": "no difference", "few/x": "too few samples"}
                         | {f"{verdict}/x": verdict for verdict in cases})

    def test_the_memory_clock(self):
        base, head = self.load(bench({"name": "mr/reg/base/4KiB", "unit": "ns", "stock": figure(9, memory=MEMORY),
                                      "phyr": figure(7, memory=MEMORY | {"loads": 10})}))
        for run, loads in ((base, 30), (head, 10)):
            parameters = self.run_of(run)["results"][0]["parameters"]
            self.assertEqual((parameters["memory_loads"], parameters["memory_cycles"]), (loads, 700.5))

    def test_one_side_only(self):
        status, headers, run = self.phyrd.post(bench({"name": "gup/pin/base/4KiB", "pages": figure(9),
                                                      "phyrs": figure(7)}), "/import")
        self.assertEqual((status, headers["Location"], run["name"]), (201, "/api/v1/runs/1", "phyr"))


class Refused(ComparisonTest):
    def test_and_nothing_is_left(self):
        row = {"name": "mr/reg/base/4KiB", "stock": figure(9), "phyr": figure(7)}
        for document, field in ((bench(), "rows"), (bench(7), "rows[0]"), (bench({}), "rows[0].name"),
                                (bench(row | {"phyr": 7}), "rows[0].phyr"),
                                (bench(row, row | {"name": "x", "stock": figure(-1)}), "rows[1].stock"),
                                (bench(row | {"phyr": figure("x")}), "rows[0].phyr"),
                                (bench(row | {"verdict": "regressed"}), "rows[0].verdict"),
                                (bench(row | {"verdict": 7}), "rows[0].verdict"),
                                (bench(row, row), "rows[1].name"),
                                (bench({"name": "gup/phyrs/x", "phyr": figure(9)},
                                       {"name": "gup/x", "phyrs": figure(9)}), "rows[1].phyrs"),
                                (bench(row | {"base": figure(9)}), "rows[0].stock"),
                                (bench(row | {"name": "x" * 201}), "rows[0].name"),
                                (bench({"name": "gup/" + "x" * 195, "phyrs": figure(9)}), "rows[0]"),
                                (bench(row, not_measured=[{"name": "x", "side": "head"}, {}]), "not_measured[1].name"),
                                (bench(row, not_measured=[{"name": "x" * 201, "side": "head"}]), "not_measured[0]"),
                                (bench(row, row | {"name": "x", "stock": figure(1e30)}), "rows[1]"),
                                (bench(row, clock=""), "clock"), (bench(row, clock="x" * 40), "clock"),
                                (bench(row, kernels={"stock": "1"}), "release")):
            with self.subTest(field=field):
                status, _, problem = self.phyrd.post(document, "/import")
                self.assertEqual((status, problem["field"]), (422, field))
                self.assertEqual(problem["detail"].partition(": ")[0], field)
        text = json.dumps(bench(row))
        for twice in ("rows", "kernels", "date"):
            again = json.dumps({twice: bench(row | {"name": "other"})[twice]})
            self.assertIn("there already", self.problem(
                self.phyrd.post(f"{text[:-1]}, {again[1:]}".encode(), "/import"), 422, twice))
        self.assertIn("names itself", self.problem(self.phyrd.post(bench(row), "/import?name=x"), 422, "name"))
        for text in (b'{"schema": "phyr-compare/2"', b'{"schema": "phyr-compare/2"}x',
                     b'{"schema": "phyr-compare/2", "rows": [{}', b'{"schema": "phyr-compare/2", 7: 8}'):
            self.assertIn(self.phyrd.post(text, "/import")[0], (400, 422))
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"], [])

    def test_a_history_says_where_it_is_shown(self):
        """In whatever order its members are, and other documents of ./phyr's say what is possible."""
        document = json.loads(HISTORY.read_text())
        for text in (HISTORY.read_bytes(), json.dumps(document, sort_keys=True).encode()):
            detail = self.problem(self.phyrd.post(text, "/import"), 422, "schema")
            self.assertIn("./phyr history --html", detail)
            self.assertIn("./phyr compare --json", detail)
        detail = self.problem(self.phyrd.post({"schema": "phyr-new/1"}, "/import"), 422, "schema")
        self.assertEqual(detail, "schema: 'phyr-new/1' cannot be imported; phyr-comparison/1, phyr-compare/2 and "
                                 "phyr-compare/3 can")
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"], [])

    def test_as_many_rows_as_a_run_may_have(self):
        most = self.phyrd.get("/system")[2]["limits"]["workloads"]
        rows = [{"name": f"mr/reg/base/{n}KiB", "stock": figure(9), "phyr": figure(7)} for n in range(most + 1)]
        self.problem(self.phyrd.post(bench(*rows), "/import"), 422, f"rows[{most}]", most)
        self.problem(self.phyrd.post(bench(*({"name": row["name"], "phyr": {}} for row in rows)), "/import"), 422,
                     f"rows[{most}]", most)
        self.load(bench(*rows[:most]))

    def test_no_more_about_them_than_a_context_holds(self):
        system = self.phyrd.get("/system")[2]["limits"]
        part, longest = system["import_part_bytes"], system["imported_workload_bytes"]
        row = {"name": "mr/reg/base/4KiB", "stock": figure(9), "phyr": figure(7)}
        texts = {f"text{n}": "x" * 1000 for n in range(part // 1000 + 1)}
        self.problem(self.phyrd.post(bench(row, **texts), "/import"), 413, f"text{part // 1000 - 1}", part)
        status, _, problem = self.phyrd.post(bench(row, **{f"x{n}": n for n in range(part // 6)}), "/import")
        self.assertEqual((status, problem["field"][0], problem["limit"]), (413, "x", part))
        half = {"x": "x" * (part * 3 // 4)}
        self.problem(self.phyrd.post(bench(row, base=half, text="x" * (part * 3 // 8)), "/import"), 413, "base", part)
        without = [{"name": f"{n:0{longest}}", "phyr": {}} for n in range(part // longest)]
        self.problem(self.phyrd.post(bench(row, *without), "/import"), 413, "head", part)
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"], [])


contract.validate(contract.DOCUMENT["components"]["schemas"]["KernelComparison"], bench())
phyrd.main()
