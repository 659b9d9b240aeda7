# SPDX-License-Identifier: GPL-2.0-only
"""Following a run by server-sent events."""

import json
import time

import contract
import phyrd


def read(stream):
    """Events of a stream: (name, data)."""
    name = None
    for line in stream:
        line = line.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


class Events(phyrd.PhyrdTest):
    def follow(self, run):
        response, connection = self.phyrd.open("GET", f"/api/v1/runs/{run}/events")
        self.addCleanup(connection.close)
        self.assertEqual((response.status, response.headers["Content-Type"]), (200, "text/event-stream"))
        for name, data in read(response):
            schema = {"$ref": "#/components/schemas/" + ("Result" if name == "result" else "RunHead")}
            contract.validate(schema, data["result"] if name == "result" else data)
            yield name, data

    def test_a_run_from_start_to_end(self):
        # The last takes 1.5 seconds: time enough, even on a busy machine, for the first to come before.
        _, _, document = self.phyrd.post({"workloads": [{"workload": "nap/once/base/4KiB"},
                                                        {"workload": "count/up/base/4KiB"},
                                                        {"workload": "nap/once/base/8KiB", "samples": 150}]})
        run = document["id"]
        began, events = time.monotonic(), []
        for name, data in self.follow(run):
            events.append((name, data, time.monotonic() - began))
        names = [name for name, _, _ in events]
        self.assertEqual((names[0], names[-1], names.count("result")), ("progress", "end", 3))
        self.assertEqual([data["index"] for name, data, _ in events if name == "result"], [0, 1, 2])
        self.assertEqual(events[-1][1]["state"], "done")
        first = next(seconds for name, _, seconds in events if name == "result")
        self.assertLess(first, events[-1][2] - 0.2, "the first result came with the last")
        told = [data["finished"] for name, data, _ in events if name == "progress"]
        self.assertEqual(told, sorted(told))

    def test_what_is_being_measured(self):
        run = self.phyrd.start("count/up/base/4KiB", "nap/once/base/4KiB", samples=100)
        told = [data["measuring"] for name, data in self.follow(run) if name == "progress" and "measuring" in data]
        nap = [one["samples"] for one in told if one["workload"] == "nap/once/base/4KiB"]
        self.assertGreater(len(nap), 2)
        self.assertEqual(nap, sorted(nap))
        self.assertTrue(0 <= nap[0] < nap[-1] <= 100, nap)
        self.assertEqual({one["of"] for one in told}, {100})
        self.assertNotIn("measuring", self.phyrd.get(f"/runs/{run}")[2])

    def test_a_run_that_has_ended(self):
        run = self.phyrd.measure("count/up/base/4KiB", "fail/once/base/4KiB")["id"]
        self.assertEqual([name for name, _ in self.follow(run)], ["progress", "result", "result", "end"])

    def test_who_comes_back_gets_the_rest(self):
        run = self.phyrd.measure("count/up/base/4KiB", "count/down/base/4KiB", "fail/once/base/4KiB")["id"]
        told = {None: [0, 1, 2], "0": [0, 1, 2], "2": [2], "3": [], "77": [], "x": [0, 1, 2], "-1": [0, 1, 2]}
        for last, results in told.items():
            with self.subTest(last=last):
                headers = {"Last-Event-ID": last} if last else {}
                response, connection = self.phyrd.open("GET", f"/api/v1/runs/{run}/events", headers=headers)
                lines = response.read().decode().splitlines()
                connection.close()
                found = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
                self.assertEqual([one["index"] for one in found if "index" in one], results)
                ids = [line.removeprefix("id: ") for line in lines if line.startswith("id: ")]
                self.assertEqual((len(ids), ids[-1]), (len(found), "3"))

    def test_a_cancelled_run(self):
        self.phyrd.start("nap/once/base/4KiB", samples=1000)
        run = self.phyrd.start("nap/once/base/4KiB")
        events = self.follow(run)
        self.assertEqual(next(events)[1]["state"], "queued")
        self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel")
        self.assertEqual([(name, data["state"]) for name, data in events],
                         [("progress", "cancelled"), ("end", "cancelled")])

    def test_many_who_follow(self):
        run = self.phyrd.start("nap/once/base/4KiB", "nap/once/base/8KiB", samples=30)
        streams = [self.follow(run) for _ in range(50)]
        for stream in streams:
            self.assertEqual(list(stream)[-1][0], "end")

    def test_those_who_leave(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=60)
        for _ in range(20):
            with self.phyrd.connect() as connection:
                connection.sendall(f"GET /api/v1/runs/{run}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                self.assertTrue(connection.recv(1000))
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=10")[2]["state"], "done")

    def test_the_daemon_ends(self):
        run = self.phyrd.start("nap/once/base/4KiB", samples=10000)
        events = self.follow(run)
        next(events)
        self.assertEqual(self.phyrd.stop(), 0)
        list(events)
        self.phyrd = phyrd.Phyrd()

    def test_following_does_not_spin(self):
        """While nothing happens, the daemon looks for news four times a second, and no more often."""
        run = self.phyrd.start("nap/once/base/4KiB", samples=150)
        events = self.follow(run)
        next(events)
        time.sleep(0.3)
        before = self.cpu_seconds()
        time.sleep(1)
        self.assertLess(self.cpu_seconds() - before, 0.2)

    def cpu_seconds(self):
        with open(f"/proc/{self.phyrd.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100


phyrd.main()
