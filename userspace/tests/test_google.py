# SPDX-License-Identifier: GPL-2.0-only
"""What each version of Google Benchmark writes is understood as it is meant, and comes out as it went in.

google_benchmark/ has files that Debian's library (1.7.1) wrote. The others are by hand, after what the versions print.
"""

import itertools
import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import phyrd

FILES = Path(__file__).resolve().parent / "google_benchmark"
COMPARE = "/usr/share/benchmark/compare.py"


def old(name, time, **more):
    """A row up to 1.4."""
    return {"name": name, "iterations": 1000, "real_time": time, "cpu_time": time, **more}


def row(name, time, **more):
    """A row from 1.5 on."""
    return {"name": name, "run_name": name, "run_type": "iteration", "repetitions": 1, "threads": 1, "iterations": 1000,
            "real_time": time, "cpu_time": time, "time_unit": "ns", **more}


def aggregate(name, statistic, time, **more):
    return row(name, time) | {"name": f"{name}_{statistic}", "run_type": "aggregate", "aggregate_name": statistic,
                              **more}


def document(*rows, **context):
    return {"context": {"date": "2026-11-30", "host_name": "lab"} | context, "benchmarks": list(rows)}


FAILURE = {"error": "out of luck"}
# version, rows, what becomes of them: name -> samples in ns, {"error": message} or {"aggregates": ...}
VERSIONS = [
    ("0.1", [old("a", 12), old("b", 7, bytes_per_second=1000, label="x")], {"a": [12], "b": [7]}),
    ("1.1 error", [old("a", 0, error_occurred=True, error_message="out of luck", time_unit="ns")], {"a": FAILURE}),
    ("1.1 without iterations", [old("a", 0) | {"iterations": 0}], {"a": {"error": "no iterations"}}),
    ("1.3 statistics", [old("a", 10), old("a", 12), old("a_mean", 11), old("a_median", 11), old("a_stddev", 1.4142)],
     {"a": [10, 12]}),
    ("1.3 statistics only", [old("a/repeats:3_mean", 11), old("a/repeats:3_median", 10), old("a/repeats:3_stddev", 2)],
     {"a/repeats:3": {"aggregates": {"mean": 11, "median": 10, "stddev": 2}}}),
    ("1.3 names like statistics", [old("a", 10), old("a_mean", 11)], {"a": [10], "a_mean": [11]}),
    ("1.4 complexity", [old("s/64", 12.5), old("s/4096", 800),
                        {"name": "s_BigO", "cpu_coefficient": 0.2, "real_coefficient": 0.2, "big_o": "N",
                         "time_unit": "ns"}, {"name": "s_RMS", "rms": 0.02}], {"s/64": [12.5], "s/4096": [800]}),
    ("1.5 complexity", [row("s/64", 12),
                        {"name": "s_BigO", "run_name": "s", "run_type": "aggregate", "aggregate_name": "BigO",
                         "cpu_coefficient": 0.2, "real_coefficient": 0.2, "big_o": "N", "time_unit": "ns"},
                        {"name": "s_RMS", "run_name": "s", "run_type": "aggregate", "aggregate_name": "RMS",
                         "rms": 0.02}], {"s/64": [12]}),
    ("1.5 counters like members", [row("a", 12, rms=2.0, big_o=1.0, skipped=1.0)], {"a": [12]}),
    ("1.6 ratio", [aggregate("a", "mean", 10, aggregate_unit="time"),
                   aggregate("a", "cv", 0.025, aggregate_unit="percentage"),
                   aggregate("a", "hits", 0.5, aggregate_unit="percentage")],
     {"a": {"aggregates": {"mean": 10, "cv": 0.025, "hits": 0.5}, "ratios": ["cv", "hits"]}}),
    ("1.6 time called cv", [aggregate("a", "cv", 10, aggregate_unit="time")],
     {"a": {"aggregates": {"cv": 10}, "ratios": []}}),
    ("1.8 skipped", [row("a", 0, skipped=True, skip_message="no hugepages") | {"iterations": 0}] * 3,
     {"a": {"error": "no hugepages"}}),
    ("1.8 skipped in part", [row("a", 5), row("a", 0, skipped=True, skip_message="no hugepages")], {"a": [5]}),
    ("1.9 error", [row("a", 0, error_occurred=True, error_message="out of luck") | {"iterations": 0}], {"a": FAILURE}),
]


class Google(phyrd.PhyrdTest):
    def load(self, body):
        """The results of a run that must be accepted, by name; and its id."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        status, _, run = self.phyrd.post(body, "/import")
        self.assertEqual(status, 201, run)
        results = self.phyrd.get(f"/runs/{run['id']}/samples")[2]["results"]
        self.assertEqual(len({result["workload"] for result in results}), len(results))
        return {result["workload"]: result for result in results}, run["id"]

    def exported(self, run):
        return self.phyrd.get(f"/export?run={run}")[2]

    def meaning(self, result):
        if "error" in result:
            return {"error": result["error"]["message"]}
        if "aggregates" in result:
            return {name: result[name] for name in ("aggregates", "ratios")}
        return [sample / (1000 if result["unit"] == "ps" else 1) for sample in result["samples"]]

    def same(self, run):
        """What comes out goes in, and comes out the same."""
        once = self.exported(run)
        self.assertEqual(self.exported(self.load(once)[1]), once)
        return once


class Versions(Google):
    def test_rows(self):
        for version, rows, expected in VERSIONS:
            with self.subTest(version=version):
                results, run = self.load(document(*rows))
                got = {name: self.meaning(result) for name, result in results.items()}
                for name, one in expected.items():
                    if isinstance(one, dict) and "aggregates" in one:
                        expected[name] = {"ratios": []} | one
                self.assertEqual(got, expected)
                self.same(run)

    def test_files_of_the_library(self):
        files = {path.stem: path.read_bytes() for path in sorted(FILES.glob("*.json"))}
        self.assertEqual(len(files), 3)
        results, run = self.load(files["1.7.1-hitrate"])
        self.assertEqual(results["hitrate/iterations:1000"]["dropped"],
                         [{"name": "hit_rate", "why": "not a finite number"}])
        self.same(run)
        results, run = self.load(files["1.7.1-solver"])
        solver = results["solver/iterations:1000"]
        self.assertEqual((solver["samples"], solver["parameters"]["iterations"]), ([32719], 1000))
        self.assertEqual(solver["dropped"], [{"name": "iterations", "why": "there already"}])
        self.same(run)
        results, run = self.load(files["1.7.1-sorted"])
        self.assertEqual(list(results), ["sorted/64", "sorted/256", "sorted/1024", "sorted/4096"])
        self.same(run)


class Names(Google):
    def test_they_stay_different(self):
        names = ["insert", "insert/manual_time", "io/manual_timer", "ior", "a/manual_time/b", "a/b", "x\ny", "x"]
        results, run = self.load(document(*(row(name, 10 + n) for n, name in enumerate(names))))
        self.assertEqual({name: result["samples"] for name, result in results.items()},
                         {name: [10 + n] for n, name in enumerate(names)})
        once = self.same(run)
        self.assertEqual({one["name"] for one in once["benchmarks"] if one["run_type"] == "iteration"}, set(names))

    def test_they_are_not_paired(self):
        _, base = self.load(document(row("insert", 10), row("both", 1)))
        _, head = self.load(document(row("insert/manual_time", 10), row("both", 1)))
        found = self.phyrd.get(f"/compare?base={base}&head={head}")[2]
        self.assertEqual(([one["workload"] for one in found["rows"]], found["only_base"], found["only_head"]),
                         (["both"], ["insert"], ["insert/manual_time"]))

    def test_those_of_phyr_bench_are_those_of_workloads(self):
        rows = [row(name, 5) for name in ("mr/reg/base/4KiB/manual_time", "mr/reg/thp/2MiB/own/manual_time/threads:2",
                                          "x/manual_timer", "y/manual_time", "y")]
        results, _ = self.load(document(*rows, phyr_bench="0.1.0"))
        self.assertEqual(list(results), ["mr/reg/base/4KiB", "mr/reg/thp/2MiB/own/threads:2", "x/manual_timer",
                                         "y/manual_time", "y"])

    @unittest.skipUnless(os.path.exists(COMPARE), "no compare.py of Google Benchmark")
    def test_compare_agrees_with_theirs(self):
        """In pairs and in direction: manual time and the other clock have the same times, the other way round."""
        slow, fast = range(100, 120), range(10, 30)
        documents = [document(*(row("insert", one) for one in first),
                              *(row("insert/manual_time", one) for one in second))
                     for first, second in ((slow, fast), (fast, slow))]
        base, head = (self.load(one)[1] for one in documents)
        ours = {one["workload"]: one["verdict"]
                for one in self.phyrd.get(f"/compare?base={base}&head={head}")[2]["rows"]}
        self.assertEqual(ours, {"insert": "better", "insert/manual_time": "worse"})
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("base.json", "head.json")]
            for file, one in zip(files, documents):
                file.write_text(json.dumps(one))
            said = subprocess.run(["/usr/bin/python3", COMPARE, "--no-color", "-d", f"{folder}/out.json", "benchmarks",
                                   *map(str, files)], capture_output=True, text=True, timeout=60)
            self.assertEqual(said.returncode, 0, said.stderr)
            theirs = {one["name"]: one["measurements"][0]["time"]
                      for one in json.loads(Path(folder, "out.json").read_text()) if one["name"] in ours}
        self.assertEqual({name: "better" if change < 0 else "worse" for name, change in theirs.items()}, ours)


class Dropped(Google):
    def test_no_counter_refuses_a_file(self):
        """Whatever is not JSON in it, as each version writes it, and whatever it is called."""
        text = json.dumps(document(row("a", 5, hits=-77)))
        for word in ("NaN", "-NaN", "nan", "-nan", "inf", "-inf", "Infinity", "-Infinity"):
            with self.subTest(word=word):
                results, run = self.load(text.replace("-77", word).encode())
                self.assertEqual(results["a"]["samples"], [5])
                self.assertEqual(results["a"]["dropped"], [{"name": "hits", "why": "not a finite number"}])
                self.same(run)
        for name in ("hits", "iterations", "real_time", "name", "run_type"):
            with self.subTest(name=name):
                results, _ = self.load(text.replace("-77", f'1, "{name}": 9').encode())
                self.assertEqual((results["a"]["samples"], results["a"]["parameters"]["hits"]), ([5], 1))
                self.assertEqual(results["a"]["dropped"], [{"name": name, "why": "there already"}])
        status, _, problem = self.phyrd.post(text.replace("-77", "NaNs").encode(), "/import")
        self.assertEqual(status, 400, problem)

    def test_what_was_not_measured_is_no_figure(self):
        text = json.dumps(document(row("a", -77), aggregate("b", "mean", 5), aggregate("b", "cv", -77)))
        results, _ = self.load(text.replace("-77", "NaN").encode())
        self.assertEqual(results["a"]["error"]["message"], "real_time is not a number")
        self.assertEqual(results["b"]["aggregates"], {"mean": 5})

    def test_it_is_said_once(self):
        text = json.dumps(document(*[row("a", 5, hits=-77)] * 20))
        results, _ = self.load(text.replace("-77", "NaN").encode())
        self.assertEqual((len(results["a"]["samples"]), len(results["a"]["dropped"])), (20, 1))

    def test_too_many_or_too_long(self):
        results, _ = self.load(document(row("a", 5, **{f"c{n}": n for n in range(40)}, long="x" * 201, list=[1])))
        self.assertEqual(len(results["a"]["parameters"]), 32)
        whys = [one["why"] for one in results["a"]["dropped"]]
        self.assertEqual([why for why, _ in itertools.groupby(whys)],
                         ["the 33rd or a later one", "longer than 200 bytes", "neither a string nor a number"])


class Refusals(Google):
    def test_they_name_what_is_there(self):
        good = json.dumps(document(row("a", 5)))
        for body, status, field, words in (
                (b"\xef\xbb\xbf" + good.encode(), 400, None, "a byte order mark of UTF-8"),
                (good.encode("utf-16"), 400, None, "it is UTF-16"),
                (good.encode("utf-16-le"), 400, None, "it is UTF-16"),
                (good.encode("utf-16-be"), 400, None, "it is UTF-16"),
                (good.replace('"lab"', f'"{"x" * 101}"').encode(), 422, "context.host_name", "100 bytes"),
                (json.dumps(document({"name": "s_RMS", "rms": 0.1})).encode(), 422, "benchmarks", "of a benchmark")):
            with self.subTest(words=words):
                self.assertIn(words, self.problem(self.phyrd.post(body, "/import"), status, field))


phyrd.main()
