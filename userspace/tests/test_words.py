# SPDX-License-Identifier: GPL-2.0-only
"""What people say about runs, how runs are found by it, and what was asked for."""

import json

import contract
import phyrd

JSON = {"Content-Type": "application/json"}
FILE = b"""# What is compared each night
{
  "name": "night",            // a name
  "tags": ["ci", "7.3.4"],
  "notes": "# no comment, // nor this /* one */ \\\" nor // this",
  "samples": 5, /* of all
                   that say nothing */
  "warmup": 0,
  "device": "fake1",
  "workloads": [
    "count/up/base/4KiB",
    {"workload": "count/down/base/4KiB", "samples": 7, "device": "fake0"},
    "nap/once/base/4KiB"      # uses no device
  ]
}
// the end"""


class Words(phyrd.PhyrdTest):
    def change(self, run, **members):
        return self.phyrd.request("PATCH", f"/api/v1/runs/{run}", json.dumps(members).encode(), JSON)

    def test_are_changed_one_by_one(self):
        run = self.phyrd.measure("count/up/base/4KiB")["id"]
        before = self.phyrd.get(f"/runs/{run}")[2]
        self.assertNotIn("tags", before)
        self.assertEqual(self.change(run, name="größer", tags=["a", "b c", "a"])[0], 200)
        status, _, after = self.change(run, notes="two\nlines")
        self.assertEqual((status, after), (200, before | {
                         "name": "größer", "tags": ["a", "b c"], "notes": "two\nlines"}))
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"][0]["tags"], ["a", "b c"])
        after = self.change(run, tags=[], notes="", name="")[2]
        self.assertEqual(after, before)

    def test_of_a_run_that_is_measured(self):
        first = self.phyrd.start("nap/once/base/4KiB", samples=50)
        second = self.phyrd.start("count/up/base/4KiB")
        for run in (first, second):
            self.assertEqual(self.change(run, name=f"run {run}", tags=["live"])[2]["name"], f"run {run}")
        for run in (first, second):
            ended = self.phyrd.get(f"/runs/{run}?wait=20")[2]
            self.assertEqual((ended["state"], ended["name"], ended["tags"]), ("done", f"run {run}", ["live"]))

    def test_refusals(self):
        run = self.phyrd.measure("count/up/base/4KiB")["id"]
        self.problem(self.change(77, name="x"), 404)
        self.problem(self.change(run, state="done"), 422, "state")
        self.problem(self.change(run, name=7), 422, "name")
        self.problem(self.change(run, name="x" * 101), 422, "name", 100)
        self.problem(self.change(run, notes="x" * 1001), 422, "notes", 1000)
        self.problem(self.change(run, tags="x"), 422, "tags")
        self.problem(self.change(run, tags=["x"] * 17), 422, "tags", 16)
        self.problem(self.change(run, tags=["ok", "x" * 41]), 422, "tags[1]", 40)
        for tag in ("", " x", "x ", "a,b", "a\tb", 7, None):
            self.problem(self.change(run, tags=[tag]), 422, "tags[0]")
        self.problem(self.phyrd.request("PATCH", "/api/v1/runs/1", b"[]", JSON), 422)
        self.problem(self.phyrd.request("PATCH", "/api/v1/runs/1", b"{}", {}), 415)
        long = json.dumps({"name": "x" * 70000}).encode()
        self.problem(self.phyrd.request("PATCH", "/api/v1/runs/1", long, JSON), 413, "body", 65536)
        answer = self.phyrd.request("PATCH", "/api/v1/runs", b"{}", JSON)
        self.problem(answer, 405)
        self.assertEqual(self.phyrd.get("/runs/1")[2]["name"], "")
        self.phyrd.request("DELETE", f"/api/v1/runs/{run}")
        self.problem(self.change(run, name="x"), 410)

    def test_most_of_all(self):
        run = self.phyrd.measure("count/up/base/4KiB")["id"]
        tags = [f"{i:02}" + "ä" * 19 for i in range(16)]
        self.assertEqual(self.change(run, name="x" * 100, tags=tags, notes="ü" * 500)[0], 200)
        after = self.phyrd.get(f"/runs/{run}")[2]
        self.assertEqual((after["tags"], after["notes"]), (tags, "ü" * 500))


class Exported(phyrd.PhyrdTest):
    """Name, tags and notes go with a run's file."""

    def load(self, document, query=""):
        status, _, run = self.phyrd.post(document, "/import" + query)
        self.assertEqual(status, 201, run)
        return run

    def said(self, run):
        return {name: run.get(name) for name in ("name", "tags", "notes")}

    def test_and_imported(self):
        said = {"name": "größer", "tags": ["ci", "7.3.4"], "notes": "two\nlines"}
        first = self.phyrd.post(said | {"workloads": ["count/up/base/4KiB"]})[2]["id"]
        self.phyrd.get(f"/runs/{first}?wait=20")
        document = self.phyrd.get(f"/export?run={first}")[2]
        self.assertEqual(document["context"]["phyrd_run"], said)
        copy = self.load(document)
        self.assertEqual(self.said(copy), said)
        self.assertNotIn("phyrd_run", copy["context"])
        self.assertEqual(self.phyrd.get(f"/export?run={copy['id']}")[2], document)
        self.assertEqual([run["id"] for run in self.phyrd.get("/runs?search=ci")[2]["runs"]], [copy["id"], first])

    def test_as_they_are_now(self):
        """Not as they were imported."""
        run = self.load({"context": {"kernel": "k", "phyrd_run": {"name": "old", "tags": ["old"], "notes": "old"}},
                         "benchmarks": [{"name": "x", "real_time": 1}]})["id"]
        self.phyrd.request("PATCH", f"/api/v1/runs/{run}", b'{"name": "new", "tags": [], "notes": ""}', JSON)
        self.assertEqual(self.phyrd.get(f"/export?run={run}")[2]["context"]["phyrd_run"], {"name": "new"})

    def test_which_name(self):
        rows = [{"name": "x", "real_time": 1}]
        nameless, named = ({"context": {"kernel": "k"} | words, "benchmarks": rows}
                           for words in ({}, {"phyrd_run": {"name": "", "later": 7}}))
        for document, query, name in ((nameless, "", "k"), (nameless, "?default_name=d", "d"),
                                      (nameless, "?name=n&default_name=d", "n"), (named, "", ""),
                                      (named, "?default_name=d", ""), (named, "?name=n", "n")):
            self.assertEqual(self.load(document, query)["name"], name, query)
        self.problem(self.phyrd.post(nameless, "/import?default_name=" + "x" * 101), 422, "default_name", 100)

    def test_refusals_say_where(self):
        for words, field, limit in (({"name": 7}, "name", None), ({"tags": ["a", "x" * 41]}, "tags[1]", 40),
                                    ({"notes": "x" * 1001}, "notes", 1000)):
            document = {"context": {"phyrd_run": words}, "benchmarks": [{"name": "x", "real_time": 1}]}
            self.problem(self.phyrd.post(document, "/import"), 422, f"context.phyrd_run.{field}", limit)
        document = {"context": {"phyrd_run": "of somebody else"}, "benchmarks": [{"name": "x", "real_time": 1}]}
        self.assertEqual(self.load(document)["context"]["phyrd_run"], "of somebody else")


class Search(phyrd.PhyrdTest):
    def found(self, words):
        return [run["id"] for run in self.phyrd.get(f"/runs?search={words}")[2]["runs"]]

    def test_finds_by_whatever_is_said(self):
        for name, tags in (("stock", ["base", "night"]), ("phyr", ["night"]), ("other", [])):
            body = {"name": name, "tags": tags, "workloads": ["count/up/base/4KiB"]}
            self.phyrd.get(f"/runs/{self.phyrd.post(body)[2]['id']}?wait=10")
        rows = {"context": {"kernel": "6.1.0-stock", "clock": "icount"}, "benchmarks": [{"name": "x", "real_time": 1}]}
        self.phyrd.post(rows, "/import?name=")
        self.phyrd.request("PATCH", "/api/v1/runs/3", b'{"notes": "Of Tuesday"}', JSON)
        for words, runs in (("NIGHT", [2, 1]), ("stock", [4, 1]), ("stock+night", [1]), ("tuesday", [3]),
                            ("%20", [4, 3, 2, 1]),
                            ("icount", [4]), ("imported", [4]), ("2", [2]), ("nothing", []), ("done+6.1.0", [4])):
            self.assertEqual(self.found(words), runs, words)
        self.problem(self.phyrd.get("/runs?search=" + "a+" * 9), 422, "search", 8)
        self.problem(self.phyrd.get("/runs?search=" + "a" * 101), 422, "search", 100)

    def test_page_by_page(self):
        """All that is found, once each, by the daemon's own paths; over more runs than it looks at at a time."""
        rows = {"context": {}, "benchmarks": [{"name": "x", "real_time": 1}]}
        for i in range(230):
            self.phyrd.post(rows, "/import?name=" + ("a%26b%20%C3%A9" if i % 50 == 7 else "c"))
        path, seen = "/api/v1/runs?limit=2&search=%26+%C3%A9", []
        while path:
            page = self.phyrd.request("GET", path)[2]
            seen += [run["id"] for run in page["runs"]]
            path = page["next"]
        self.assertEqual(seen, [208, 158, 108, 58, 8])


class Request(phyrd.PhyrdTest):
    def test_is_a_file_with_comments(self):
        status, _, run = self.phyrd.post(FILE)
        self.assertEqual(status, 201, run)
        run = self.phyrd.get(f"/runs/{run['id']}?wait=20")[2]
        self.assertEqual((run["name"], run["tags"]), ("night", ["ci", "7.3.4"]))
        self.assertEqual(run["notes"], '# no comment, // nor this /* one */ " nor // this')
        self.assertEqual([one["parameters"]["samples"] for one in run["results"]], [5, 7, 5])
        self.assertEqual({one["parameters"]["warmup"] for one in run["results"]}, {0})
        self.assertEqual([one["parameters"].get("device") for one in run["results"]], ["fake1", "fake0", None])

    def test_comes_back_as_it_was(self):
        """What a run was asked for asks for the same again."""
        first = self.phyrd.post(FILE)[2]["id"]
        asked = self.phyrd.get(f"/runs/{first}/request")[2]
        contract.validate({"$ref": "#/components/schemas/RunRequest"}, asked)
        second = self.phyrd.post(asked)[2]["id"]
        self.assertEqual(self.phyrd.get(f"/runs/{second}/request")[2], asked)
        third = self.phyrd.start("count/up/base/4KiB", "count/down/base/4KiB")
        self.assertEqual(self.phyrd.get(f"/runs/{third}/request")[2],
                         {"samples": 20, "warmup": 3, "workloads": ["count/up/base/4KiB", "count/down/base/4KiB"]})
        self.phyrd.get(f"/runs/{third}?wait=20")
        self.assertEqual(len(self.phyrd.get(f"/runs/{third}/request")[2]["workloads"]), 2)
        rows = {"context": {}, "benchmarks": [{"name": "x", "real_time": 1}]}
        imported = self.phyrd.post(rows, "/import")[2]["id"]
        self.assertIn("imported", self.problem(self.phyrd.get(f"/runs/{imported}/request"), 404))

    def test_errors_say_where(self):
        for body, where in ((b'{\n # comment\n x', "line 3, column 2"), (b'/* no end {"workloads": []}', "line 1"),
                            (b'{"workloads": ["count/up/base/4KiB" /* " */ / ]}', "line 1")):
            self.assertIn(where, self.problem(self.phyrd.post(body), 400), body)
        self.problem(self.phyrd.post({"samples": 0, "workloads": ["count/up/base/4KiB"]}), 422, "samples")
        self.problem(self.phyrd.post({"device": "none", "workloads": ["count/up/base/4KiB"]}), 422, "device")
        self.problem(self.phyrd.post({"workloads": ["nonsense"]}), 422, "workloads[0]")
        self.problem(self.phyrd.post({"workloads": [7]}), 422, "workloads[0]")


phyrd.main()
