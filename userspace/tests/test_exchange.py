# SPDX-License-Identifier: GPL-2.0-only
"""Runs that come from elsewhere, go elsewhere, and are compared."""

import json
import os
import statistics
import sys
import time
import unittest
from pathlib import Path

import phyrd

sys.path.insert(0, str(Path(__file__).parents[2]))
from ci import bench  # noqa: E402: makes one document of several exports

# As Google Benchmark 1.7 writes with --benchmark_repetitions=2.
GOOGLE = """{
  "context": {
    "date": "2026-11-24T10:00:00+00:00", "host_name": "lab", "executable": "./phyr-bench", "num_cpus": 2,
    "mhz_per_cpu": 2100, "cpu_scaling_enabled": false,
    "caches": [{"type": "Data", "level": 1, "size": 32768, "num_sharing": 1}], "load_avg": [1.5, 0.5, 0.25],
    "library_build_type": "release"
  },
  "benchmarks": [
    {"name": "gup/pin/2MiB", "family_index": 0, "per_family_instance_index": 0, "run_name": "gup/pin/2MiB",
     "run_type": "iteration", "repetitions": 2, "repetition_index": 0, "threads": 1, "iterations": 1000,
     "real_time": 1.5e+00, "cpu_time": 1.5, "time_unit": "us", "pages": 5.12e+02, "label": "first"},
    {"name": "gup/pin/2MiB", "family_index": 0, "per_family_instance_index": 0, "run_name": "gup/pin/2MiB",
     "run_type": "iteration", "repetitions": 2, "repetition_index": 1, "threads": 1, "iterations": 1000,
     "real_time": 1.7004, "cpu_time": 1.5, "time_unit": "us", "pages": 512},
    {"name": "gup/pin/2MiB_mean", "family_index": 0, "per_family_instance_index": 0, "run_name": "gup/pin/2MiB",
     "run_type": "aggregate", "repetitions": 2, "threads": 1, "aggregate_name": "mean", "aggregate_unit": "time",
     "iterations": 2, "real_time": 1.6002, "cpu_time": 1.5, "time_unit": "us"},
    {"name": "mr/reg/threads:4_median", "family_index": 1, "per_family_instance_index": 0,
     "run_name": "mr/reg/threads:4", "run_type": "aggregate", "repetitions": 9, "threads": 4,
     "aggregate_name": "median", "aggregate_unit": "time", "iterations": 9,
     "real_time": 2.5e+03, "cpu_time": 2.5e+03, "time_unit": "ns"},
    {"name": "mr/reg/threads:4_cv", "family_index": 1, "per_family_instance_index": 0, "run_name": "mr/reg/threads:4",
     "run_type": "aggregate", "repetitions": 9, "threads": 4, "aggregate_name": "cv", "aggregate_unit": "percentage",
     "iterations": 9, "real_time": 2.5e-02, "cpu_time": 0.025, "time_unit": "ns"},
    {"name": "old", "iterations": 3, "real_time": 3, "cpu_time": 3, "time_unit": "ms"},
    {"name": "broken", "run_name": "broken", "run_type": "iteration", "repetitions": 1, "threads": 1,
     "error_occurred": true, "error_message": "no such device", "iterations": 0, "real_time": 0, "cpu_time": 0,
     "time_unit": "ns"},
    {"name": "fit_BigO", "run_name": "gup/pin/2MiB", "run_type": "aggregate", "aggregate_name": "BigO",
     "cpu_coefficient": 1, "real_coefficient": 1, "big_o": "N", "time_unit": "ns"}
  ]
}"""


def document(*rows, **context):
    return {"context": context, "benchmarks": list(rows)}


def rows(workload, times, **members):
    return [{"name": workload, "run_name": workload, "run_type": "iteration", "real_time": time, "time_unit": "ns",
             **members} for time in times]


class Exchange(phyrd.PhyrdTest):
    def load(self, body, query=""):
        """The id of a run that must be accepted."""
        status, headers, run = self.phyrd.post(body.encode() if isinstance(body, str) else body, "/import" + query)
        self.assertEqual(status, 201, run)
        self.assertEqual(headers["Location"], f"/api/v1/runs/{run['id']}")
        self.assertEqual((run["source"], run["state"]), ("imported", "done"))
        return run["id"]

    def shown(self, run):
        return self.phyrd.get(f"/runs/{run}/samples")[2]

    def exported(self, run):
        return self.phyrd.get(f"/export?run={run}")[2]


class Import(Exchange):
    def test_google_benchmark(self):
        run = self.shown(self.load(GOOGLE, "?name=g%C3%B6ogle"))
        self.assertEqual((run["name"], run["kernel"], run["clock"]), ("göogle", "lab", "native"))
        self.assertEqual(run["context"]["caches"][0]["size"], 32768)
        pin, reg, old, broken = run["results"]
        self.assertEqual((pin["workload"], pin["unit"], pin["samples"]), ("gup/pin/2MiB", "ps", [1500000, 1700400]))
        self.assertEqual(pin["stats"]["median"], 1600200)
        self.assertEqual(pin["parameters"],
                         {"threads": 1, "iterations": 1000, "repetitions": 2, "pages": 512.0, "label": "first"})
        self.assertEqual(reg["aggregates"], {"median": 2500, "cv": 0.025})
        self.assertNotIn("stats", reg)
        self.assertEqual((old["unit"], old["samples"]), ("ns", [3000000]))
        self.assertEqual(broken["error"], {"errno": "EUNKNOWN", "message": "no such device"})

    def test_devices_keep_apart(self):
        both = document(*rows("mr/reg", [1, 2], device="rxe0"), *rows("mr/reg", [8], device="siw0"))
        run = self.shown(self.load(both))
        self.assertEqual([(r["parameters"]["device"], r["samples"]) for r in run["results"]],
                         [("rxe0", [1, 2]), ("siw0", [8])])

    def test_repetitions_that_failed_are_counted(self):
        failed = rows("x", [0] * 3, error_occurred=True, error_message="ENOMEM: out of luck")
        one, all_ = self.shown(self.load(document(*rows("x", [1]), *failed, *rows("x", [2]),
                                                  *(row | {"run_name": "y"} for row in failed))))["results"]
        self.assertEqual((one["samples"], one["parameters"]["failed_repetitions"]), ([1, 2], 3))
        self.assertEqual((all_["error"]["message"], all_["parameters"]), ("out of luck", {}))

    def test_refusals(self):
        good = rows("x", [1])[0]
        for body, status, field, limit, word in (
                (b"{", 400, None, None, "line 1"),
                (b'{"context": {}, "benchmarks": [{"name": "x", "real_time": NULL}]}', 400, None, None, "line 1"),
                (b'{"context": {}, "context": {}}', 400, None, None, "duplicate"),
                (b'{"context": {}, "benchmarks": [{"name": "\xff"}]}', 400, None, None, "0xff"),
                (b"[" * 30000, 400, None, None, "depth"),
                ([], 422, None, None, "must be an object"),
                ({"benchmarks": [good]}, 422, "context", None, "must be an object"),
                ({"context": {}}, 422, "benchmarks", None, "must be an array"),
                (b'{"context": {}} x', 400, None, None, "line 1, column 17: end expected"),
                (b'{"context": {},\n "benchmarks": [{} 1]}', 422, "benchmarks[0].name", None,
                 "missing, but must be a string"),
                (b'{"context": {},\n "benchmarks": [{"name": "x", "real_time": 1} 1]}', 400, None, None,
                 "line 2, column 47: ',' or ']' expected"),
                (b'{"context" {}}', 400, None, None, "a name and ':' expected"),
                (b'{"context": {} "x": 1}', 400, None, None, "',' or '}' expected"),
                (b'{"benchmarks": [{"name": "x", "real_time": 1}], "benchmarks": [{}]}', 400, None, None, "duplicate"),
                (document(), 422, "benchmarks", None, "empty"),
                ({"context": {}, "benchmarks": {}}, 422, "benchmarks", None, "must be an array"),
                (document(1), 422, "benchmarks[0]", None, "must be an object"),
                (document(good, {}), 422, "benchmarks[1].name", None, "missing"),
                (document(good | {"real_time": "1"}), 422, "benchmarks[0].real_time", None,
                 "a string, but must be a number"),
                (document(good | {"run_name": ""}), 422, "benchmarks[0].run_name", None, "empty"),
                (document({"name": 3}), 422, "benchmarks[0].name", None, "an integer, but must be a string"),
                (document(good | {"real_time": -1}), 422, "benchmarks[0].real_time", None, "less than 0"),
                (document(good | {"real_time": 1e300}), 422, "benchmarks[0].real_time", None, "9007 seconds"),
                (document(good | {"time_unit": "h"}), 422, "benchmarks[0].time_unit", None, "ns, us, ms, s"),
                (document(good | {"run_type": "walk"}), 422, "benchmarks[0].run_type", None, "iteration, aggregate"),
                (document(good | {"run_type": "aggregate"}), 422, "benchmarks[0].aggregate_name", None, "string"),
                (document(*(rows(f"x{n}", [1])[0] for n in range(513))), 422, "benchmarks", 512, "513 different"),
                (document(good, good | {"run_name": "x" * 201}), 422, "benchmarks[1].run_name", 200, "201 bytes"),
                (document(good | {"device": "x" * 201}), 422, "benchmarks[0].device", 200, "201 bytes"),
                (document(good, clock=""), 422, "context.clock", None, "empty"),
                (document(good, kernel="x" * 101), 422, "context.kernel", None, "100 bytes"),
                (document(good, clock="x" * 32), 422, "context.clock", None, "31 bytes")):
            with self.subTest(body=str(body)[:60]):
                self.assertIn(word, self.problem(self.phyrd.post(body, "/import"), status, field, limit))
        self.problem(self.phyrd.post(document(good), "/import?name=" + "x" * 101), 422, "name", 100)
        self.problem(self.phyrd.post(document(good), "/import?name=%ff"), 422, "name")
        self.problem(self.phyrd.post(document(good), "/import?title=x"), 400)
        self.problem(self.phyrd.request("POST", "/api/v1/import", b"{}"), 415)
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"], [])

    def test_size(self):
        limit = self.phyrd.get("/system")[2]["limits"]["import_bytes"]
        body = json.dumps(document(*rows("x", range(10000)))).encode()
        self.load((body + b" " * (limit - len(body))).decode())
        answer = self.phyrd.request("POST", "/api/v1/import", b"", {"Content-Length": str(limit + 1)})
        self.assertIn(f"{limit + 1} bytes", self.problem(answer, 413, "body", limit))

    def test_parts_are_bounded(self):
        """Each row and the context are parsed by themselves, and may be so large."""
        limit = self.phyrd.get("/system")[2]["limits"]["import_part_bytes"]

        def filled(text, size):
            return text.replace("FILL", " " * (size - len(text) + 4))

        row, context = '{"name": "x", "real_time": 1, "a": [FILL]}', '{"kernel": "k",FILL"clock": "c"}'
        whole = '{ "context" : %s , "benchmarks" : [ {"name": "x", "real_time": 2} , %s ] , "more": 1 } '
        run = self.shown(self.load(whole % (filled(context, limit), filled(row, limit))))
        self.assertEqual(run["results"][0]["samples"], [2, 1])
        for sizes in ((limit + 1, limit), (limit, limit + 1)):
            body = whole % (filled(context, sizes[0]), filled(row, sizes[1]))
            self.problem(self.phyrd.post(body.encode(), "/import"), 413, "body", limit)

    @unittest.skipIf(os.environ.get("PHYR_SANITIZER", "none") != "none", "a sanitized program takes more memory")
    def test_memory(self):
        """64 MiB are enough for the worst that is allowed."""
        limits = self.phyrd.get("/system")[2]["limits"]
        crowd = "[%s{}]" % ("{}," * (limits["import_part_bytes"] // 3 - 20))
        row = '{"name":"x","real_time":1,"a":%s}' % crowd
        rows_ = ",".join([row] * ((limits["import_bytes"] - len(row) - 100) // (len(row) + 1)))
        self.load('{"context":{"a":%s},"benchmarks":[%s]}' % (crowd, rows_))
        self.assertLess(phyrd.memory(self.phyrd.process.pid, "VmHWM"), 64 << 20)

    def test_bodies_under_way_are_bounded(self):
        limits = self.phyrd.get("/system")[2]["limits"]
        sizes = [limits["import_bytes"], limits["bodies_bytes"] - limits["import_bytes"]]
        slow = [self.phyrd.connect() for _ in sizes]
        for connection, size in zip(slow, sizes):
            connection.sendall(f"POST /api/v1/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                               f"Content-Length: {size}\r\n\r\n".encode())
            connection.sendall(b" " * (size - 1))
        answer, deadline = None, time.monotonic() + 20
        while time.monotonic() < deadline:      # until the last byte of them has been read
            answer = self.phyrd.post(document(*rows("x", [1])), "/import")
            if answer[0] != 201:
                break
        self.problem(answer, 503, None, limits["bodies_bytes"])
        for connection in slow:
            connection.close()


class WholeBench(Exchange):
    """What ./phyr serve loads: all results of a bench, of which it has none where nothing was measured before."""

    def of(self, tree):
        """As bench writes it: each workload of the plan with its samples, one that failed among them."""
        plan = json.loads(bench.WORKLOADS.read_text())
        exports = []
        for features in bench.MACHINES:
            for name, body in bench.requests(plan, tree, features).items():
                made = [row for asked in body["workloads"]
                        for row in rows(asked["workload"], range(1000, 1000 + asked["samples"]), kernel=tree)]
                made[0] |= {"error_occurred": True, "error_message": "ENOMEM: no memory"}
                exports.append(document(*bench.prefixed(plan, name, made, "name", "run_name"), clock="icount"))
        return bench.merged(exports, kernel=f"{tree}-perf", host_name="guest")

    def test_it_is_loaded_and_compared(self):
        loaded = {}
        for tree in ("stock", "phyr"):
            whole = self.of(tree)
            loaded[tree] = self.load(whole, f"?name={tree}")
            names = {row["run_name"] for row in whole["benchmarks"]}
            self.assertEqual({result["workload"] for result in self.phyrd.get(f"/runs/{loaded[tree]}")[2]["results"]},
                             names)
        self.assertGreater(len(names), 256)
        found = self.phyrd.get(f"/compare?base={loaded['stock']}&head={loaded['phyr']}")[2]
        self.assertGreater(len(found["rows"]), 100)


class Export(Exchange):
    def test_there_and_back(self):
        run = self.phyrd.measure("count/up/base/4KiB", "fail/once/base/4KiB", "count/down/base/8KiB", samples=120)
        back = self.shown(self.load(self.exported(run["id"])))
        shown = self.shown(run["id"])
        for one, other in zip(shown["results"], back["results"], strict=True):
            self.assertEqual(one.get("samples"), other.get("samples"))
            self.assertEqual(one.get("stats"), other.get("stats"))
            self.assertEqual(one.get("error"), other.get("error"))
            added = {"threads": 1, "iterations": 1, "repetitions": len(one.get("samples", [0]))}
            self.assertEqual(one["parameters"] | added, other["parameters"])
        self.assertEqual((back["kernel"], back["clock"]), (shown["kernel"], shown["clock"]))

    def test_several_as_one(self):
        """What ./phyr bench makes of the guest's exports is a run for this daemon."""
        plan = {"runs": [{"name": "a"}, {"name": "b", "prefix": "siw:"}]}
        runs = [self.phyrd.measure("count/up/base/4KiB", "fail/once/base/4KiB", samples=3),
                self.phyrd.measure("count/up/base/4KiB", samples=5)]
        exports = [self.exported(run["id"]) for run in runs]
        for name, export in zip("ab", exports):
            export["benchmarks"] = bench.prefixed(plan, name, export["benchmarks"], "name", "run_name")
        back = self.shown(self.load(bench.merged(exports)))
        self.assertEqual([(result["workload"], result.get("samples")) for result in back["results"]],
                         [("count/up/base/4KiB", [1, 2, 3]), ("fail/once/base/4KiB", None),
                          ("siw:count/up/base/4KiB", [1, 2, 3, 4, 5])])
        self.assertIn("error", back["results"][1])
        self.assertEqual((back["kernel"], back["clock"]), (runs[0]["kernel"], runs[0]["clock"]))

    def test_the_largest_run(self):
        """Whatever phyrd measures it can export, and import again."""
        run = self.phyrd.measure(*["count/up/base/4KiB"] * 10, *["count/down/base/4KiB"] * 10,
                                 samples=10000, device="fake1")
        response, connection = self.phyrd.open("GET", f"/api/v1/export?run={run['id']}")
        text = response.read()
        connection.close()
        self.assertEqual(json.loads(text)["benchmarks"][1], {
            "name": "count/up/base/4KiB", "run_type": "iteration", "device": "fake1",
            "real_time": 2, "cpu_time": 2, "time_unit": "ns"})
        back = self.phyrd.get(f"/runs/{self.load(text)}")[2]
        self.assertEqual([result["stats"]["n"] for result in back["results"]], [100000] * 2)

    def test_aggregates(self):
        run = self.phyrd.measure("count/up/base/4KiB", samples=101)
        rows_ = {row.get("aggregate_name"): row for row in self.exported(run["id"])["benchmarks"]}
        samples = list(range(1, 102))
        self.assertEqual(rows_["mean"]["real_time"], 51)
        self.assertEqual(rows_["median"]["real_time"], 51)
        self.assertAlmostEqual(rows_["stddev"]["real_time"], statistics.stdev(samples), 9)
        self.assertEqual(rows_["median"]["name"], "count/up/base/4KiB_median")

    def test_an_import_comes_out_as_it_went_in(self):
        once = self.exported(self.load(GOOGLE))
        twice = self.exported(self.load(once))
        self.assertEqual(once, twice)
        times = [row["real_time"] for row in once["benchmarks"] if row["run_type"] == "iteration"]
        self.assertEqual(times, [1500, 1700.4, 3000000, 0])
        self.assertEqual(once["context"]["host_name"], "lab")

    def test_refusals(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        self.problem(self.phyrd.get(f"/export?run={run}"), 409, "run")
        self.problem(self.phyrd.get("/export"), 422, "run")
        self.problem(self.phyrd.get("/export?run=7"), 404, "run")
        self.problem(self.phyrd.get("/export?run=x"), 422, "run")


class Compare(Exchange):
    def compare(self, base, head):
        return self.phyrd.get(f"/compare?base={base}&head={head}")[2]

    def row(self, base, head):
        """The only row of two runs with these rows."""
        found = self.compare(self.load(document(*base)), self.load(document(*head)))
        self.assertEqual(len(found["rows"]), 1)
        return found["rows"][0]

    def test_verdicts(self):
        low, high = range(100, 120), range(200, 220)
        for base, head, verdict, effect in ((low, high, "worse", 1), (high, low, "better", -1),
                                            (low, low, "no difference", 0)):
            with self.subTest(verdict=verdict):
                row = self.row(rows("x", base), rows("x", head))
                self.assertEqual((row["verdict"], row["effect"]), (verdict, effect))
                self.assertAlmostEqual(row["ratio"], (statistics.median(base) // 1) / (statistics.median(head) // 1), 9)
                self.assertEqual(row["base"]["n"], 20)

    def test_a_clock_without_noise(self):
        """All samples differ for certain: what counts is how far apart the medians are, and the answer says so."""
        base = self.load(document(*rows("near", [1225] * 20), *rows("edge", [10000] * 20), *rows("far", [100] * 20)))
        head = self.load(document(*rows("near", [1223] * 20), *rows("edge", [10100] * 20), *rows("far", [98] * 20)))
        found = self.compare(base, head)
        self.assertEqual({row["workload"]: (row["effect"], row["verdict"]) for row in found["rows"]},
                         {"near": (-1, "no difference"), "edge": (1, "worse"), "far": (-1, "better")})
        self.assertEqual(found["criteria"], {"p_below": 0.01, "effect_at_least": 0.147, "distance_at_least": 0.01})

    def test_units(self):
        row = self.row(rows("x", range(100, 120)), rows("x", [time + 0.5 for time in range(100, 120)]))
        self.assertEqual(row["verdict"], "no difference")
        self.assertEqual((row["base"]["median"], row["head"]["median"]), (109, 110))

    def test_pairs(self):
        base = self.load(document(*rows("a", [1, 2], device="rxe0"), *rows("a", [3], device="siw0"), *rows("b", [5]),
                                  *rows("gone", [1], device="rxe0")))
        head = self.load(document(*rows("new", [1]), *rows("b", [6]), *rows("a", [4], device="siw0"),
                                  *rows("a", [8, 8], device="mlx5_0")))
        found = self.compare(base, head)
        self.assertEqual([(r["workload"], r.get("device"), r["head"]["median"]) for r in found["rows"]],
                         [("a", "mlx5_0", 8), ("a", "siw0", 4), ("b", None, 6)])
        self.assertEqual((found["only_base"], found["only_head"]), (["gone (rxe0)"], ["new"]))

    def test_sides_without_samples(self):
        failed = rows("x", [0], error_occurred=True, error_message="ENOMEM: out of luck")
        aggregate = [{"name": "x_median", "run_name": "x", "run_type": "aggregate", "aggregate_name": "median",
                      "real_time": 50, "time_unit": "us"}]
        row = self.row(rows("x", [100]), failed)
        self.assertEqual((row["head"], row["ratio"], row["verdict"]), ({"error": "ENOMEM"}, None, "worse"))
        row = self.row(failed, rows("x", [100]))
        self.assertEqual((row["base"], row["verdict"]), ({"error": "ENOMEM"}, "better"))
        self.assertEqual(self.row(failed, failed)["verdict"], None)
        row = self.row(rows("x", [100]), aggregate)
        self.assertEqual((row["head"], row["ratio"], row["verdict"]), ({"median": 50000}, 0.002, "too few samples"))
        self.assertEqual(self.row(failed, aggregate)["verdict"], "better")
        ratio = [aggregate[0] | {"aggregate_name": "cv", "real_time": 0.5, "aggregate_unit": "percentage"}]
        row = self.row(rows("x", [100]), ratio)
        self.assertEqual((row["head"], row["ratio"], row["verdict"]), ({}, None, None))

    def test_few_samples(self):
        """So many are never a difference, whatever they are: that is not the same as none."""
        for n, head, verdict in ((3, [1000 + i for i in range(3)], "too few samples"),
                                 (5, [1000 + i for i in range(5)], "too few samples"),
                                 (20, [99900], "too few samples"), (6, [1000 + i for i in range(6)], "worse"),
                                 (3, [100, 101, 102], "too few samples")):
            with self.subTest(n=n, head=head):
                self.assertEqual(self.row(rows("x", range(100, 100 + n)), rows("x", head))["verdict"], verdict)

    def test_means_are_no_samples(self):
        """Of Google Benchmark's repetitions each is the mean of many calls."""
        one, many = (rows("x", range(100, 120), iterations=n) for n in (1, 1000))
        slower = rows("x", range(200, 220), iterations=1000)
        self.assertEqual(self.row(one, many)["verdict"], None)
        self.assertEqual(self.row(many, one)["verdict"], None)
        self.assertEqual(self.row(many, slower)["verdict"], "worse")

    def test_measured_runs(self):
        base, head = (self.phyrd.measure("count/up/base/4KiB", samples=50)["id"] for _ in range(2))
        self.assertEqual(self.compare(base, head)["rows"][0]["verdict"], "no difference")

    def test_refusals(self):
        one = self.load(document(*rows("x", [1])))
        other = self.load(document(*rows("x", [1]), clock="icount"))
        self.assertIn("icount", self.problem(self.phyrd.get(f"/compare?base={one}&head={other}"), 422, "head"))
        self.problem(self.phyrd.get(f"/compare?base={one}"), 422, "head")
        self.problem(self.phyrd.get(f"/compare?base={one}&head=9"), 404, "head")
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        self.problem(self.phyrd.get(f"/compare?base={run}&head={one}"), 409, "base")


phyrd.main()
