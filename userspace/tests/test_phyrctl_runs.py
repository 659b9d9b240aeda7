# SPDX-License-Identifier: GPL-2.0-only
"""phyrctl against phyrd itself: runs from a file to their end, as tables, Markdown and CSV."""

import csv
import io
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import phyrd
from phyrctl_case import PHYRCTL

FILE = """# each night
{
  "name": "night", "tags": ["ci"], "samples": 4,
  "workloads": ["count/up/base/4KiB", {"workload": "nap/once/base/4KiB", "samples": 2}] // two
}
"""


class Runs(phyrd.PhyrdTest):
    def call(self, *arguments, status=0, **more):
        result = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=30,
                                env=os.environ | {"LC_ALL": "C.UTF-8"}, **more)
        self.assertEqual(result.returncode, status, result.stderr + result.stdout)
        return result

    def command(self, *arguments):
        return [PHYRCTL, "--server", f"http://127.0.0.1:{self.phyrd.port}", *arguments]

    def test_a_run_from_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "night.json"
            path.write_text(FILE)
            said = self.call("run", "--file", str(path)).stdout
            self.assertRegex(said, r"tags +ci\n")
            self.assertRegex(said, r"count/up/base/4KiB +4 ")
            self.assertRegex(said, r"nap/once/base/4KiB +2 ")
            self.assertEqual(self.call("run", "--detach", "--file", "-", input=FILE).stdout, "2\n")
            path.write_text(FILE.replace("4,", "0,"))
            self.assertIn("samples", self.call("run", "--file", str(path), status=1).stderr)
            for more in (["--samples", "3"], ["--name", "x"], ["count/up/base/4KiB"]):
                self.assertIn("--file", self.call("run", "--file", str(path), *more, status=1).stderr)
        self.call("run", "--file", "/nonexistent", status=1)

    def test_what_was_asked_for_is_asked_again(self):
        self.call("run", "--samples", "7", "--device", "fake1", "count/up/base/2MiB")
        asked = json.dumps(self.phyrd.get("/runs/1/request")[2])
        self.call("run", "--file", "-", input=asked)
        asked_for = ("samples", "warmup", "device", "size_bytes")
        first, second = ([self.phyrd.get(f"/runs/{run}")[2]["results"][0]["parameters"][name] for name in asked_for]
                         for run in (1, 2))
        self.assertEqual(first, second)
        self.assertEqual(first[0], 7)

    def test_wait_cancel_delete(self):
        run = str(self.phyrd.start("nap/once/base/4KiB", samples=1000))
        other = str(self.phyrd.start("count/up/base/4KiB", samples=5))
        waiting = subprocess.Popen(self.command("wait", other), stdout=subprocess.PIPE, text=True)
        self.assertIn("cancel it first", self.call("delete", run, status=1).stderr)
        self.call("cancel", run)
        self.assertRegex(waiting.communicate(timeout=20)[0], r"count/up/base/4KiB +5 ")
        self.assertEqual(waiting.returncode, 0)
        self.call("wait", run, status=2)        # it has not measured what it was asked for
        self.assertIn("has ended already", self.call("cancel", run, status=1).stderr)
        self.call("delete", run, other)
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"], [])
        self.assertIn("deleted", self.call("delete", other, status=1).stderr)

    def test_who_only_waits_cancels_nothing(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=200)
        waiting = subprocess.Popen(self.command("wait", str(run)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        waiting.send_signal(signal.SIGINT)
        waiting.communicate(timeout=20)
        self.assertEqual(waiting.returncode, 130)
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=20")[2]["state"], "done")

    def test_csv_has_every_sample(self):
        self.phyrd.measure("count/up/base/4KiB", "fail/once/base/4KiB", samples=3)
        rows = list(csv.reader(io.StringIO(self.call("export", "--csv", "1").stdout)))
        self.assertEqual(rows, [["workload", "device", "unit", "sample", "value", "error"],
                                *(["count/up/base/4KiB", "", "ns", str(n), str(n), ""] for n in (1, 2, 3)),
                                ["fail/once/base/4KiB", "", "", "", "", "ENOMEM"]])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "run.csv"
            self.call("export", "--csv", "--output", str(path), "1")
            self.assertEqual(len(path.read_text().splitlines()), 5)

    def test_csv_of_others(self):
        """Names from files of anybody: quoted, and no formula; means, and parts of an instruction."""
        body = {"context": {"clock": "icount"}, "benchmarks": [
            {"name": '=cmd|"x", y', "real_time": 1.5}, {"name": "n_mean", "run_name": "n", "run_type": "aggregate",
                                                        "aggregate_name": "mean", "real_time": 2}]}
        self.assertEqual(self.phyrd.post(body, "/import")[0], 201)
        rows = list(csv.reader(io.StringIO(self.call("export", "--csv", "1").stdout)))[1:]
        self.assertEqual(rows, [["'=cmd|\"x\", y", "", "instructions", "1", "1.5", ""],
                                ["n", "", "instructions", "mean", "2", ""]])

    def test_markdown(self):
        for name, time_ in (("old|er", 24006958), ("new", 121033)):
            rows = [{"name": "mr/reg/thp/1GiB", "repetition_index": i, "real_time": time_ + i} for i in range(9)]
            rows += [{"name": "mr/reg/thp/4GiB", "real_time": 7}] if name == "new" else [
                {"name": "mr/reg/thp/4GiB", "error_occurred": True, "error_message": "ENOMEM"}]
            body = {"context": {"clock": "icount"}, "benchmarks": rows}
            self.assertEqual(self.phyrd.post(body, f"/import?name={name.replace('|', '%7C')}")[0], 201)
        lines = self.call("compare", "--markdown", "1", "2").stdout.splitlines()
        self.assertEqual(lines, [
            "| workload | base: old\\|er (instructions) | head: new (instructions) | ratio | head is |",
            "| --- | ---: | ---: | ---: | --- |",
            "| mr/reg/thp/1GiB | 24,006,962 | 121,037 | 198 | better |",
            "| mr/reg/thp/4GiB | ENOMEM | 7 | - | better |"])
        self.call("compare", "--markdown", "2", "1", status=2)

    def test_search(self):
        for name in ("stock of May", "phyr"):
            self.phyrd.post({"name": name, "workloads": ["count/up/base/4KiB"]})
        lines = self.call("ls", "--search", "may STOCK", "--limit", "5").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["ID", "1"])
        self.assertEqual(len(self.call("ls", "--search", "a&b=c").stdout.splitlines()), 1)

    def test_help(self):
        self.assertEqual(self.call("help").stdout, self.call("--help").stdout)
        said = self.call("help", "export").stdout
        self.assertIn("--csv", said)
        self.assertIn("export ID", said)
        self.assertNotIn("import", said)
        self.assertIn("no such command: nonsense", self.call("help", "nonsense", status=1).stderr)


phyrd.main()
