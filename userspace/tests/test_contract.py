# SPDX-License-Identifier: GPL-2.0-only
"""Every operation of openapi.json is answered, with every success it promises, and what it promises is what comes.

The other tests judge every reply they get in the same way, refusals included; here none is forgotten.
"""


import contract
import phyrd

ROWS = {"context": {"kernel": "other"}, "benchmarks": [
    {"name": "count/up/base/4KiB", "real_time": 5, "time_unit": "ns"},
    {"name": "x_mean", "run_name": "x", "run_type": "aggregate", "aggregate_name": "mean", "real_time": 2}]}


class Contract(phyrd.PhyrdTest):
    def test_every_operation(self):
        contract.seen.clear()
        self.phyrd.measure("count/up/base/4KiB", "fail/once/base/4KiB", "missing/once/base/4KiB")
        imported = self.phyrd.post(ROWS, "/import")[2]["id"]
        for path in ("/runs", "/runs?limit=1", "/runs/1/samples", "/system", "/workloads", "/openapi.json",
                     f"/compare?base=1&head={imported}", f"/compare?base={imported}&head=1", "/export?run=1",
                     f"/export?run={imported}", f"/runs/{imported}"):
            self.assertEqual(self.phyrd.get(path)[0], 200, path)
        for path in ("/healthz", "/metrics", "/api/v1/runs/1/events"):
            self.assertEqual(self.phyrd.request("GET", path)[0], 200)
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel")
        self.phyrd.get(f"/runs/{run}?wait=10")
        self.phyrd.request("PATCH", f"/api/v1/runs/{run}", b"{}", {"Content-Type": "application/json"})
        self.phyrd.get(f"/runs/{run}/request")
        self.phyrd.request("DELETE", f"/api/v1/runs/{run}")
        promised = {(path, method, int(status)) for path, operations in contract.DOCUMENT["paths"].items()
                    for method, operation in operations.items() if method in contract.METHODS
                    for status in operation["responses"] if status != "default"}
        self.assertEqual(promised - contract.seen, set())

    def test_every_schema_is_strict_enough_to_fail(self):
        """A judge that accepts everything is none: a reply with a member missing, or one too many, is refused."""
        for path, name in (("/runs", "Runs"), ("/runs/1", "Run"), ("/system", "System"), ("/workloads", "Workloads"),
                           ("/compare?base=1&head=1", "Comparison"), ("/export?run=1", "GoogleBenchmark")):
            if name == "Runs":
                self.phyrd.measure("count/up/base/4KiB")
            document = self.phyrd.get(path)[2]
            schema = {"$ref": f"#/components/schemas/{name}"}
            contract.validate(schema, document)
            broken = dict(document)
            broken.pop(next(iter(contract.DOCUMENT["components"]["schemas"][name]["required"])))
            with self.assertRaises(contract.jsonschema.ValidationError, msg=name):
                contract.validate(schema, broken)
            if name != "GoogleBenchmark":
                with self.assertRaises(contract.jsonschema.ValidationError, msg=name):
                    contract.validate(schema, document | {"surplus": 1})

    def test_what_the_daemon_says_of_itself(self):
        """The limits in the document are those of the program, and its schemas take what it takes."""
        limits = self.phyrd.get("/system")[2]["limits"]
        request = contract.DOCUMENT["components"]["schemas"]["RunRequest"]["properties"]["workloads"]
        item = contract.DOCUMENT["components"]["schemas"]["WorkloadRequest"]["properties"]
        self.assertEqual(request["maxItems"], limits["workloads"])
        self.assertEqual(item["samples"]["maximum"], limits["samples"])
        self.assertEqual(item["warmup"]["maximum"], limits["warmup"])
        self.assertEqual(contract.DOCUMENT["components"]["schemas"]["Tags"]["maxItems"], limits["tags"])
        page = contract.DOCUMENT["paths"]["/api/v1/runs"]["get"]["parameters"][0]["schema"]
        self.assertEqual(page["maximum"], limits["listed_runs"])
        for family in self.phyrd.get("/workloads")[2]["workloads"]:
            schema, series = family["schema"], family["series"][0]
            item = {"workload": f"{family['family']}/{series}/thp/2MiB", "samples": 1, "warmup": 0}
            contract.jsonschema.validate(item, schema)
            self.assertEqual(self.phyrd.post({"workloads": [item]})[0], 201)
            for bad in ({"samples": 0}, {"workload": "x"}, {"surplus": 1}):
                with self.assertRaises(contract.jsonschema.ValidationError):
                    contract.jsonschema.validate(item | bad, schema)
            if "device" in schema["properties"]:
                self.assertEqual(self.phyrd.post({"workloads": [item | {"device": "fake0"}]})[0], 201)

    def test_limits_are_described(self):
        """The contract says of every limit that the daemon shows what it is about, and of no other."""
        schema = contract.DOCUMENT["components"]["schemas"]["System"]["properties"]["limits"]
        limits = self.phyrd.get("/system")[2]["limits"]
        self.assertEqual(set(schema["properties"]), set(limits))
        for name, limit in schema["properties"].items():
            self.assertTrue(limit["description"], name)


phyrd.main()
