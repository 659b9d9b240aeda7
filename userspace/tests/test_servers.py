# SPDX-License-Identifier: GPL-2.0-only
"""phyrctl with several daemons: their runs in one list, and runs of two side by side."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import phyrd
from phyrctl_case import HEAD, PHYRCTL, Server, document

ROWS = [("a", range(100, 120), range(10, 30)), ("b", range(100, 120), range(100, 120)), ("c", [5], [9]),
        ("ps", [1.5] * 9, [2] * 9), ("gone", [], range(9)), ("works", range(9), [])]


def results(side, **context):
    """Rows of Google Benchmark; what has no times has failed."""
    rows = []
    for row in ROWS:
        failed = {"name": row[0], "error_occurred": True, "error_message": "ENOMEM: out of luck"}
        rows += [{"name": row[0], "real_time": time} for time in row[side + 1]] or [failed]
    rows.append({"name": "mean", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 7 + side})
    rows.append({"name": f"only{side}", "real_time": 1})
    return {"context": {"kernel": ("stock", "phyr")[side]} | context, "benchmarks": rows}


class Servers(unittest.TestCase):
    def setUp(self):
        self.daemons = [phyrd.Phyrd() for _ in range(2)]
        for daemon in self.daemons:
            self.addCleanup(lambda daemon=daemon: self.assertEqual(daemon.stop(), 0))
        self.names = [f"127.0.0.1:{daemon.port}" for daemon in self.daemons]
        self.options = [word for name in self.names for word in ("--server", f"http://{name}")]

    def call(self, *arguments, status=0):
        result = subprocess.run([PHYRCTL, *arguments], capture_output=True, text=True, timeout=30,
                                env=os.environ | {"LC_ALL": "C.UTF-8"})
        self.assertEqual(result.returncode, status, result.stderr + result.stdout)
        return result

    def both(self, *arguments, status=0):
        return self.call(*self.options, *arguments, status=status)

    def load(self, daemon, side, **context):
        status, _, run = self.daemons[daemon].post(results(side, **context), "/import?name=")
        self.assertEqual(status, 201, run)
        return run["id"]


class List(Servers):
    def test_of_all(self):
        self.load(0, 0)
        self.load(1, 0)
        self.load(1, 1)
        lines = self.both("ls").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines],
                         ["ID", f"1@{self.names[0]}", f"2@{self.names[1]}", f"1@{self.names[1]}"])
        lists = json.loads(self.both("--json", "ls", "--search", "phyr").stdout)["servers"]
        self.assertEqual([(one["server"], [run["id"] for run in one["runs"]]) for one in lists],
                         [(f"http://{self.names[0]}", []), (f"http://{self.names[1]}", [2])])
        self.assertIn("--before", self.both("ls", "--before", "2", status=1).stderr)

    def test_what_does_not_answer_hides_nothing(self):
        self.load(1, 0)
        said = self.call("--server", "http://127.0.0.1:1", *self.options, "ls", status=3)
        self.assertIn(f"1@{self.names[1]}", said.stdout)
        self.assertIn("127.0.0.1:1", said.stderr)


class Operands(Servers):
    def test_a_run_says_of_which(self):
        self.load(1, 1)
        run = f"1@{self.names[1]}"
        self.assertIn("phyr", self.both("show", run).stdout)
        self.assertIn("phyr", self.both("show", f"1@http://{self.names[1]}").stdout)
        self.assertEqual(json.loads(self.both("export", run).stdout)["context"]["kernel"], "phyr")
        self.both("delete", run)
        self.assertEqual(self.daemons[1].get("/runs")[2]["runs"], [])

    def test_one_server_needs_no_name(self):
        self.load(0, 0)
        for options in (self.options[:2], [*self.options[:1], self.options[1] + "/"]):
            for run in ("1", f"1@{self.names[0]}", f"1@http://{self.names[0]}", "1@127.0.0.1"):
                self.assertIn("stock", self.call(*options, "show", run).stdout)

    def test_refusals(self):
        for arguments, words in ((("show", "1"), "of which server? RUN@SERVER"),
                                 (("show", "1@lab1"), "no --server is called so"),
                                 (("show", "1@127.0.0.1"), "several servers are called so"),
                                 (("compare", "1", "2"), "of which server"),
                                 (("delete", f"1@{self.names[0]}", f"1@{self.names[1]}"), "of one server only"),
                                 (("run", "count/up/base/4KiB"), "with one --server only"),
                                 (("system",), "with one --server only"),
                                 (("show", f"x@{self.names[0]}"), "run x is not a number")):
            with self.subTest(arguments=arguments):
                self.assertIn(words, self.both(*arguments, status=1).stderr)


class Compare(Servers):
    def test_as_one_daemon_does(self):
        """Rows, verdicts and exit status are those of both runs in one daemon."""
        base, head = self.load(0, 0), self.load(1, 1)
        here = self.load(0, 1)
        _, _, wanted = self.daemons[0].get(f"/compare?base={base}&head={here}")
        names = (f"{base}@{self.names[0]}", f"{head}@{self.names[1]}")
        got = json.loads(self.both("--json", "compare", *names, status=2).stdout)
        for member in ("rows", "criteria", "only_base", "only_head"):
            self.assertEqual(got[member], wanted[member], member)
        self.assertEqual({row["workload"]: row["verdict"] for row in got["rows"]},
                         {"a": "better", "b": "no difference", "c": "too few samples", "ps": "worse", "gone": "better",
                          "works": "worse", "mean": "too few samples"})
        self.assertEqual([got[side]["server"] for side in ("base", "head")], [f"http://{one}" for one in self.names])
        self.assertEqual((got["base"]["id"], got["base"]["kernel"]), (base, "stock"))
        text = self.both("compare", *names, status=2).stdout
        self.assertIn(f"base  run {base} of http://{self.names[0]}, kernel stock", text)
        there = self.call(*self.options[:2], "compare", str(base), str(here), status=2).stdout
        self.assertEqual(text.splitlines()[2:], there.splitlines()[2:])
        self.assertEqual(self.both("compare", "--markdown", *names, status=2).stdout.splitlines()[2:],
                         self.call(*self.options[:2], "compare", "--markdown", str(base), str(here),
                                   status=2).stdout.splitlines()[2:])

    def test_refusals(self):
        self.load(0, 0)
        self.load(1, 1, clock="icount")
        base, other = f"1@{self.names[0]}", f"1@{self.names[1]}"
        self.assertIn("measure different things", self.both("compare", base, other, status=1).stderr)
        self.assertIn("There is no run 7", self.both("compare", base, f"7@{self.names[1]}", status=1).stderr)
        run = self.daemons[1].start("nap/once/base/4KiB", samples=1000)
        said = self.both("compare", base, f"{run}@{self.names[1]}", status=1).stderr
        self.assertIn(f"run {run} of http://{self.names[1]} is still ", said)
        self.daemons[1].request("POST", f"/api/v1/runs/{run}/cancel")

    def test_runs_with_nothing_in_common(self):
        self.daemons[0].measure("count/up/base/4KiB")
        self.daemons[1].measure("count/down/base/4KiB")
        said = self.both("compare", *(f"1@{name}" for name in self.names), status=4)
        self.assertIn("no workload in common", said.stderr)


class Answers(unittest.TestCase):
    """What is no phyrd."""

    def serve(self, answers):
        server = Server({key: document(value) for key, value in answers.items()})
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def call(self, *arguments):
        return subprocess.run([PHYRCTL, *arguments], capture_output=True, text=True, timeout=30)

    def test_a_token_is_for_one_server(self):
        servers = [self.serve({("GET", "/api/v1/runs"): {"runs": [HEAD], "next": None}}) for _ in range(3)]
        urls = [f"http://127.0.0.1:{server.server_port}" for server in servers]
        with tempfile.TemporaryDirectory() as folder:
            for name in "ac":
                Path(folder, name).write_text(f"token-of-{name}\n")
            self.call("--token-file", f"{folder}/a", "--server", urls[0], "--server", urls[1], "--server", urls[2],
                      "--token-file", f"{folder}/c", "ls")
            sent = [server.seen[0][3].get("Authorization") for server in servers]
            self.assertEqual(sent, ["Bearer token-of-a", None, "Bearer token-of-c"])
            said = self.call("--server", urls[0], "--token-file", f"{folder}/a", "--token-file", f"{folder}/c", "ls")
            self.assertEqual(said.returncode, 1)
            self.assertIn("two token files", said.stderr)

    def test_strange_documents(self):
        """They are refused or compared, and nothing crashes."""
        good = HEAD | {"results": [{"workload": "x", "unit": "ns", "samples": [1] * 9, "parameters": {},
                                    "stats": {"median": 1}}]}
        for results in (7, [7], [None], [{}], [{"workload": 7}], [{"workload": "x", "samples": 7}],
                        [{"workload": "x", "stats": 7, "samples": ["a"] * 9}],
                        [{"workload": "x", "stats": {}, "samples": [-1] * 9}],
                        [{"workload": "x", "aggregates": {"median": 1}, "ratios": [7]}]):
            with self.subTest(results=results):
                servers = [self.serve({("GET", "/api/v1/runs/3/samples"): run})
                           for run in (good, HEAD | {"results": results})]
                names = [f"127.0.0.1:{server.server_port}" for server in servers]
                said = self.call(*(word for name in names for word in ("--server", f"http://{name}")), "compare",
                                 *(f"3@{name}" for name in names))
                self.assertIn(said.returncode, (1, 3, 4), said.stderr)
                self.assertTrue(said.stderr or said.stdout)


phyrd.main()
