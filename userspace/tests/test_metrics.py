# SPDX-License-Identifier: GPL-2.0-only
"""What monitoring sees of the daemon, and of what it has measured."""

import re

import phyrd

OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
# What Prometheus asks for.
ACCEPT = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")
LABEL = r'\w+="(?:[^"\\\n]|\\[\\n"])*"'
SAMPLE = re.compile(rf"(\w+)(?:\{{({LABEL}(?:,{LABEL})*)\}})? ([0-9.e+-]+)")
FIGURES = 500                   # limits.h


def benchmark(name, time, **more):
    return {"name": name, "run_name": name, "run_type": "iteration", "real_time": time, "time_unit": "ns", **more}


class MetricsTest(phyrd.PhyrdTest):
    def metrics(self, accept=ACCEPT):
        status, headers, text = self.phyrd.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], OPEN if accept == ACCEPT else PLAIN)
        self.assertEqual(text.endswith("# EOF\n"), accept == ACCEPT)
        return text

    def values(self):
        """By family and labels."""
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2])
                for line in self.metrics().splitlines() if not line.startswith("#")}

    def figures(self, family):
        """(labels, value) of each sample of a family, in their order."""
        found = [SAMPLE.fullmatch(line) for line in self.metrics().splitlines() if line.startswith(f"{family}{{")]
        self.assertTrue(all(found))
        return [(dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', one[2])), float(one[3])) for one in found]

    def load(self, *rows, **context):
        status, _, run = self.phyrd.post({"context": context, "benchmarks": list(rows)}, "/import?name=x")
        self.assertEqual(status, 201, run)
        return run["id"]


class Format(MetricsTest):
    def check(self, text, suffix, comments):
        """Every sample belongs to the family that was described before it, is there once, and is well-formed."""
        family = kind = None
        seen, described = set(), set()
        for line in text.splitlines():
            if line == "# EOF":
                continue
            if match := re.fullmatch(r"# TYPE (\w+) (\w+)", line):
                family, kind = match.groups()
                self.assertNotIn(family, described)
                described.add(family)
            elif match := re.fullmatch(r"# UNIT (\w+) (\w+)", line):
                self.assertEqual(match[1], family)
                self.assertTrue(family.endswith("_" + match[2]))
            elif match := re.fullmatch(r"# HELP (\w+) [^\\\n]+\.", line):
                self.assertEqual(match[1], family)
            else:
                match = SAMPLE.fullmatch(line)
                self.assertTrue(match, line)
                self.assertEqual(match[1], family + suffix[kind])
                series = line.rpartition(" ")[0]
                self.assertNotIn(series, seen)
                seen.add(series)
        self.assertEqual({word for word in ("TYPE", "HELP", "UNIT", "EOF") if f"# {word}" in text}, comments)

    def test_of_both(self):
        self.phyrd.measure(*["count/up/base/4KiB"] * 3, "fail/once/base/4KiB")
        self.load(benchmark('a"b\\c\nd', 5), benchmark("count/up/thp/2MiB", 7), kernel="größer", clock="icount")
        self.check(self.metrics(), {"gauge": "", "counter": "_total", "info": "_info"},
                   {"TYPE", "HELP", "UNIT", "EOF"})
        for accept in (None, "text/html, */*"):
            self.check(self.metrics(accept), {"gauge": "", "counter": ""}, {"TYPE", "HELP"})
        names = [{SAMPLE.fullmatch(line)[1] for line in self.metrics(accept).splitlines() if line[0] != "#"}
                 for accept in (ACCEPT, None)]
        self.assertEqual(*names)


class Daemon(MetricsTest):
    def test_counts(self):
        before = self.values()
        self.phyrd.measure("count/up/base/4KiB")
        self.phyrd.measure("fail/once/base/4KiB")
        self.phyrd.get("/nonsense")
        after = self.values()
        self.assertEqual(after['phyrd_runs{state="done"}'], 1)
        self.assertEqual(after['phyrd_runs{state="failed"}'], 1)
        self.assertEqual(after["phyrd_runs_added_total"], 2)
        refused = 'phyrd_http_replies_total{class="4xx"}'
        self.assertEqual(after[refused] - before[refused], 1)
        self.assertGreaterEqual(after["phyrd_http_connections"], 1)
        self.assertGreater(after["process_resident_memory_bytes"], 1 << 20)


class Results(MetricsTest):
    def test_of_a_run(self):
        """Seconds, by the parts of the workload's name; what failed is known by that."""
        body = {"workloads": [{"workload": "count/up/base/2MiB", "device": "fake1:1"}, "fail/once/base/4KiB"]}
        run = self.phyrd.post(body)[2]["id"]
        run = self.phyrd.get(f"/runs/{run}?wait=10")[2]
        where = {"kernel": run["kernel"], "clock": run["clock"], "source": "measured"}
        up = {"workload": "count/up/base/2MiB", "family": "count", "series": "up", "backing": "base", "size": "2MiB",
              "device": "fake1:1"} | where
        failed = {"workload": "fail/once/base/4KiB", "family": "fail", "series": "once", "backing": "base",
                  "size": "4KiB"} | where
        self.assertEqual(self.figures("phyrd_result_measured"), [(up, 1), (failed, 0)])
        stats = run["results"][0]["stats"]
        for name in ("median", "median_low", "median_high"):
            (labels, value), = self.figures(f"phyrd_result_{name}_seconds")
            self.assertEqual(labels, up)
            self.assertAlmostEqual(value, stats[name] / 1e9, places=15)
        self.assertEqual(self.figures("phyrd_result_samples"), [(up, 20)])
        self.assertEqual([round(value, 3) for _, value in self.figures("phyrd_result_end_time_seconds")],
                         [round(run["ended_ns"] / 1e9, 3)] * 2)
        self.assertEqual(self.figures("phyrd_result_median_instructions"), [])

    def test_instructions_are_no_seconds(self):
        self.load(benchmark("siw:count/up/base/4KiB", 1.5), benchmark("siw:count/up/base/4KiB", 2.5), kernel="stock",
                  clock="icount")
        (labels, value), = self.figures("phyrd_result_median_instructions")
        self.assertEqual(value, 2)
        self.assertEqual((labels["workload"], labels["family"], labels["source"], labels["kernel"]),
                         ("siw:count/up/base/4KiB", "count", "imported", "stock"))
        self.assertEqual(self.figures("phyrd_result_median_seconds"), [])

    def test_the_newest_of_each(self):
        """Whatever runs they are from; what differs in a label is another one."""
        self.load(benchmark("x", 1), benchmark("y", 2), benchmark("x", 7, device="rxe0"), kernel="a")
        self.load(benchmark("x", 3), kernel="b")
        self.load(benchmark("x", 4), kernel="a")
        found = [(labels["workload"], labels.get("device"), labels["kernel"], round(value * 1e9))
                 for labels, value in self.figures("phyrd_result_median_seconds")]
        self.assertEqual(found, [("x", None, "a", 4), ("x", None, "b", 3), ("y", None, "a", 2), ("x", "rxe0", "a", 7)])
        self.assertEqual(self.phyrd.request("DELETE", "/api/v1/runs/3")[0], 204)
        found = [round(value * 1e9) for labels, value in self.figures("phyrd_result_median_seconds")]
        self.assertEqual(found, [3, 1, 2, 7])

    def test_runs_that_were_ended_early_say_nothing(self):
        self.phyrd.measure("count/up/base/4KiB")
        run = self.phyrd.start("count/up/base/4KiB", "nap/once/base/4KiB", samples=9999)
        self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel")
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=10")[2]["state"], "cancelled")
        self.assertEqual([value for _, value in self.figures("phyrd_result_samples")], [20])

    def test_aggregates(self):
        rows = [benchmark("a", 5) | {"run_type": "aggregate", "aggregate_name": name} for name in ("mean", "median")]
        ratio = benchmark("b", 1) | {"run_type": "aggregate", "aggregate_name": "median",
                                     "aggregate_unit": "percentage"}
        self.load(*rows, ratio)
        (labels, value), = self.figures("phyrd_result_median_seconds")
        self.assertEqual((labels["workload"], value), ("a", 5e-9))
        self.assertEqual(self.figures("phyrd_result_median_low_seconds")[0][1], 5e-9)
        self.assertEqual([value for _, value in self.figures("phyrd_result_samples")], [0, 0])

    def test_there_are_so_many_at_most(self):
        for kernel in "abc":
            self.load(*(benchmark(f"{n:03}" + "x" * 190, n + 1) for n in range(256)), kernel=kernel)
        found = self.figures("phyrd_result_measured")
        self.assertEqual(len(found), FIGURES)
        self.assertEqual({labels["kernel"] for labels, _ in found}, {"c", "b"})
        self.assertLess(len(self.metrics()), 2 << 20)


phyrd.main()
