# SPDX-License-Identifier: GPL-2.0-only
"""What phyrd answers to clients that ask for what there is."""

import time

import phyrd


class Resources(phyrd.PhyrdTest):
    def test_system(self):
        status, headers, system = self.phyrd.get("/system")
        self.assertEqual(status, 200)
        self.assertEqual(headers["Content-Type"], "application/json")
        for name in ("phyrd", "kernel", "command_line", "cpu", "clock", "hugepages", "transparent_hugepages",
                     "rdma_devices", "memlock_bytes", "phyr_test", "gup_test", "limits", "config", "accelerator",
                     "fork_safety", "privileges"):
            self.assertIn(name, system)
        self.assertGreater(system["cpu"]["online"], 0)
        self.assertTrue(system["clock"]["kind"])

    def test_workloads(self):
        status, _, document = self.phyrd.get("/workloads")
        self.assertEqual(status, 200)
        families = {w["pattern"]: w for w in document["workloads"]}
        self.assertEqual(list(families), [
            "count/<up|down>/<backing>/<size>", "nap/once/<backing>/<size>",
            "fail/once/<backing>/<size>", "missing/once/<backing>/<size>"])
        self.assertTrue(families["count/<up|down>/<backing>/<size>"]["available"])
        missing = families["missing/once/<backing>/<size>"]
        self.assertFalse(missing["available"])
        self.assertEqual(missing["reason"], "no such hardware; buy some")
        backings = [b["name"] for b in document["parameters"]["backing"]]
        self.assertEqual(backings, ["base", "mthp-64K", "thp-pte", "thp", "hugetlb-2M", "hugetlb-1G",
                                    "frag-8K", "frag-16K", "frag-64K", "frag-256K"])

    def test_head_has_no_body(self):
        status, _, document = self.phyrd.request("HEAD", "/api/v1/system")
        self.assertEqual((status, document), (200, None))


class Runs(phyrd.PhyrdTest):
    def test_a_run_from_start_to_end(self):
        body = {"name": "größer", "workloads": [
            {"workload": "count/up/base/4KiB", "samples": 5, "warmup": 0},
            {"workload": "fail/once/base/4KiB"},
            {"workload": "missing/once/base/4KiB"},
            {"workload": "count/down/base/4KiB", "samples": 5, "warmup": 0},
        ]}
        status, headers, run = self.phyrd.post(body)
        self.assertEqual(status, 201)
        self.assertEqual(headers["Location"], "/api/v1/runs/1")
        self.assertEqual((run["id"], run["name"], run["workloads"]), (1, "größer", 4))

        status, _, run = self.phyrd.get("/runs/1/samples?wait=10")
        self.assertEqual((status, run["state"], run["finished"]), (200, "done", 4))
        self.assertLessEqual(run["created_ns"], run["started_ns"])
        self.assertLess(run["started_ns"], run["ended_ns"])
        up, fail, missing, down = run["results"]
        self.assertEqual(up["workload"], "count/up/base/4KiB")
        self.assertEqual(up["unit"], "ns")
        self.assertEqual(up["samples"], [1, 2, 3, 4, 5])
        self.assertEqual(up["stats"], {
            "n": 5, "min": 1, "p50": 3, "p90": 5, "p99": 5, "p999": 5, "max": 5, "mean": 3,
            "median": 3, "median_low": 1, "median_high": 5})
        self.assertEqual(up["parameters"]["page_size_bytes"], 4096)
        self.assertEqual(up["parameters"]["samples"], 5)
        self.assertEqual(fail["error"], {"errno": "ENOMEM", "message": "fail: out of luck"})
        self.assertNotIn("samples", fail)
        self.assertEqual(missing["error"], {"errno": "ENODEV", "message": "no such hardware; buy some"})
        self.assertEqual(down["samples"], [1000, 999, 998, 997, 996])

    def test_defaults_are_noted(self):
        run = self.phyrd.start("count/up/base/4KiB")
        result = self.phyrd.get(f"/runs/{run}?wait=10")[2]["results"][0]
        self.assertEqual(result["stats"]["n"], 20)
        self.assertEqual(result["parameters"]["warmup"], 3)

    def test_the_device_may_be_named(self):
        body = {"workloads": [{"workload": "count/up/base/4KiB", "device": "fake1"},
                              {"workload": "count/down/base/4KiB", "device": "fake0"},
                              {"workload": "count/down/base/4KiB"}]}
        status, _, run = self.phyrd.post(body)
        self.assertEqual(status, 201, run)
        results = self.phyrd.get(f"/runs/{run['id']}?wait=10")[2]["results"]
        self.assertEqual([r["parameters"].get("device") for r in results], ["fake1", "fake0", None])

    def test_a_port_and_a_gid_may_be_named(self):
        """What differs in them is another result, also beside another run and after an export."""
        body = {"device": "fake1:1", "workloads": ["count/up/base/4KiB",
                                                   {"workload": "count/up/base/4KiB", "device": "fake1:1:3"}]}
        status, _, run = self.phyrd.post(body)
        self.assertEqual(status, 201, run)
        run = self.phyrd.get(f"/runs/{run['id']}?wait=10")[2]
        names = ["fake1:1", "fake1:1:3"]
        self.assertEqual([r["parameters"]["device"] for r in run["results"]], names)
        again = self.phyrd.get(f"/runs/{run['id']}/request")[2]["workloads"]
        self.assertEqual([one["device"] for one in again], names)
        document = self.phyrd.get(f"/export?run={run['id']}")[2]
        copy = self.phyrd.post(document, "/import")[2]
        self.assertEqual([r["parameters"]["device"] for r in copy["results"]], names)
        compared = self.phyrd.get(f"/compare?base={run['id']}&head={copy['id']}")[2]
        self.assertEqual([row["device"] for row in compared["rows"]], names)

    def test_nothing_measured_is_failed(self):
        run = self.phyrd.start("fail/once/base/4KiB", "missing/once/base/4KiB")
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=10")[2]["state"], "failed")

    def test_runs_queue_up(self):
        first = self.phyrd.start("nap/once/base/4KiB", samples=50)
        second = self.phyrd.start("count/up/base/4KiB")
        listed = {run["id"]: run for run in self.phyrd.get("/runs")[2]["runs"]}
        self.assertEqual(list(listed), [second, first])
        self.assertEqual(listed[second]["state"], "queued")
        self.assertNotIn("results", listed[first])
        self.assertEqual(self.phyrd.get(f"/runs/{second}?wait=10")[2]["state"], "done")
        self.assertEqual(self.phyrd.get(f"/runs/{first}")[2]["state"], "done")

    def test_looking_while_runs_end(self):
        """What is said of a run while it ends is of before or after. (The two threads are for TSan to watch.)"""
        for _ in range(20):
            run = self.phyrd.start("count/up/base/4KiB", samples=1)
            states = []
            while not states or states[-1] != "done":
                states.append(self.phyrd.get(f"/runs/{run}")[2]["state"])
                listed = self.phyrd.get("/runs")[2]["runs"][0]
                self.assertEqual(listed["id"], run)
                states.append(listed["state"])
            order = ["queued", "running", "done"]
            self.assertEqual(states, sorted(states, key=order.index))

    def test_finished_workloads_of_a_running_run_are_shown(self):
        run = self.phyrd.start("nap/once/base/4KiB", "nap/once/base/8KiB", samples=50)
        deadline = time.monotonic() + 10
        while (shown := self.phyrd.get(f"/runs/{run}")[2])["finished"] < 1 and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual((shown["state"], shown["finished"]), ("running", 1))
        self.assertEqual([r["workload"] for r in shown["results"]], ["nap/once/base/4KiB"])

    def test_samples_are_shown_where_they_are_asked_for(self):
        run = self.phyrd.measure("count/up/base/4KiB", samples=2500)
        self.assertNotIn("samples", run["results"][0])
        shown = self.phyrd.get(f"/runs/{run['id']}/samples")[2]
        self.assertEqual(shown["results"][0].pop("samples"), list(range(1, 2501)))
        self.assertEqual(shown, run)

    def test_the_page_of_a_list(self):
        runs = [self.phyrd.start("fail/once/base/4KiB") for _ in range(5)][::-1]
        self.phyrd.get(f"/runs/{runs[0]}?wait=10")
        path, found, pages = "/runs?limit=2", [], 0
        while path:
            page = self.phyrd.get(path)[2]
            found += [run["id"] for run in page["runs"]]
            path, pages = page["next"] and page["next"].removeprefix("/api/v1"), pages + 1
        self.assertEqual((found, pages), (runs, 3))
        self.assertIsNone(self.phyrd.get("/runs?limit=5")[2]["next"])
        self.assertEqual(self.phyrd.get("/runs?before=1")[2], {"runs": [], "next": None})


class History(phyrd.PhyrdTest):
    ARGUMENTS = ("--history", "3")

    def test_the_oldest_are_forgotten(self):
        self.assertEqual(self.phyrd.get("/system")[2]["limits"]["ended_runs"], 3)
        for _ in range(5):
            self.phyrd.measure("fail/once/base/4KiB")["id"]
        self.assertIn("last 3 runs", self.problem(self.phyrd.get("/runs/2"), 410))
        self.assertEqual([run["id"] for run in self.phyrd.get("/runs")[2]["runs"]], [5, 4, 3])


class Ending(phyrd.PhyrdTest):
    def test_cancelling_a_running_run(self):
        run = self.phyrd.start("nap/once/base/4KiB", "nap/once/base/8KiB", samples=1000)
        while self.phyrd.get(f"/runs/{run}")[2]["state"] != "running":
            time.sleep(0.01)
        status, _, document = self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel")
        self.assertEqual(status, 202)
        # The measurement may have looked up by the time of the answer.
        self.assertIn(document["state"], ("running", "cancelled"))
        document = self.phyrd.get(f"/runs/{run}?wait=10")[2]
        self.assertEqual((document["state"], document["finished"]), ("cancelled", 2))
        self.assertEqual([r["error"]["errno"] for r in document["results"]], ["ECANCELED"] * 2)
        self.problem(self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel"), 409)

    def test_cancelling_a_waiting_run(self):
        running = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        waiting = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        self.phyrd.request("POST", f"/api/v1/runs/{waiting}/cancel")
        document = self.phyrd.get(f"/runs/{waiting}?wait=10")[2]
        self.assertEqual((document["state"], document["results"]), ("cancelled", []))
        self.assertIn(self.phyrd.get(f"/runs/{running}")[2]["state"], ("queued", "running"))
        self.problem(self.phyrd.request("POST", "/api/v1/runs/3/cancel"), 404)

    def test_waiting_clients_hear_of_a_cancelled_run(self):
        self.phyrd.start("nap/once/base/4KiB", samples=1000)
        run = self.phyrd.start("nap/once/base/4KiB")
        with self.phyrd.connect() as connection:
            connection.sendall(f"GET /api/v1/runs/{run}?wait=20 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(0.1)
            start = time.monotonic()
            self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel")
            self.assertIn(b'"cancelled"', connection.recv(65536))
            self.assertLess(time.monotonic() - start, 2)

    def test_deleting(self):
        run = self.phyrd.measure("count/up/base/4KiB")["id"]
        self.assertEqual(self.phyrd.request("DELETE", f"/api/v1/runs/{run}")[0], 204)
        for path in ("", "/samples", "/events"):
            self.problem(self.phyrd.get(f"/runs/{run}{path}"), 410)
        self.problem(self.phyrd.request("DELETE", f"/api/v1/runs/{run}"), 410)
        self.problem(self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel"), 410)
        self.problem(self.phyrd.request("DELETE", "/api/v1/runs/7"), 404)
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"], [])

    def test_deleting_what_has_not_ended(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        self.assertIn("cancel it first", self.problem(self.phyrd.request("DELETE", f"/api/v1/runs/{run}"), 409))


class Waiting(phyrd.PhyrdTest):
    def test_until_the_run_ends(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=30)
        start = time.monotonic()
        shown = self.phyrd.get(f"/runs/{run}?wait=10")[2]
        self.assertEqual(shown["state"], "done")
        self.assertLess(time.monotonic() - start, 5)

    def test_until_the_time_is_up(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=300)
        start = time.monotonic()
        shown = self.phyrd.get(f"/runs/{run}?wait=1")[2]
        self.assertEqual(shown["state"], "running")
        self.assertGreaterEqual(time.monotonic() - start, 0.99)
        self.assertLess(time.monotonic() - start, 2.5)

    def test_not_for_what_has_ended(self):
        run = self.phyrd.start("count/up/base/4KiB")
        self.phyrd.get(f"/runs/{run}?wait=10")
        start = time.monotonic()
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=10")[2]["state"], "done")
        self.assertLess(time.monotonic() - start, 1)

    def test_zero_seconds(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=100)
        self.assertIn(self.phyrd.get(f"/runs/{run}?wait=0")[2]["state"], ("queued", "running"))

    def test_other_runs_do_not_prolong_a_wait(self):
        """It is asked again at the end of each of them, but its time goes on."""
        for _ in range(10):
            self.phyrd.start("nap/once/base/4KiB", samples=30)
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        began = time.monotonic()
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=1")[2]["finished"], 0)
        self.assertTrue(0.99 < time.monotonic() - began < 2.5)

    def test_others_are_served_meanwhile(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=60)
        waiting = [self.phyrd.connect() for _ in range(10)]
        for connection in waiting:
            connection.sendall(f"GET /api/v1/runs/{run}?wait=10 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.assertEqual(self.phyrd.get("/system")[0], 200)
        for connection in waiting:
            self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n"))
            connection.close()

    def test_a_client_that_leaves(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=30)
        connection = self.phyrd.connect()
        connection.sendall(f"GET /api/v1/runs/{run}?wait=10 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        connection.close()
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=10")[2]["state"], "done")


phyrd.main()
