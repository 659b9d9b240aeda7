# SPDX-License-Identifier: GPL-2.0-only
"""What phyrd refuses, and that it says which field and which limit."""

import http.client
import time

import phyrd

GOOD = {"workload": "count/up/base/4KiB"}


class Bodies(phyrd.PhyrdTest):
    def check(self, cases):
        """cases: body, status, field, limit, word of the detail"""
        for body, status, field, limit, word in cases:
            with self.subTest(body=str(body)[:80]):
                self.assertIn(word, self.problem(self.phyrd.post(body), status, field, limit))
        self.assertEqual(self.phyrd.get("/runs")[2]["runs"], [])

    def test_not_json(self):
        self.check([(body, 400, None, None, "line ") for body in (
            b"", b" ", b"{", b"nonsense", b"{} {}", b"{'name': 1}", b'{"name": "x",}', b"\0", b"[1, 2",
            b'{"workloads": [{"workload": "count/up/base/4KiB", "samples": NaN}]}',
            b'{"workloads": [{"workload": "count/up/base/4KiB", "samples": Infinity}]}',
            b'{"workloads": [{"workload": "count/up/base/4KiB", "samples": 1e999}]}',
            b'{"workloads": [{"workload": "count/up/base/4KiB", "samples": 99999999999999999999}]}',
            b'{"name": "a", "name": "b", "workloads": []}',
            b'{"name": "\xff\xfe", "workloads": []}',
            b'{"name": "\xed\xa0\x80", "workloads": []}',
            b'{"name": "\\ud800", "workloads": []}',
            b'{"name": "\\u0000", "workloads": []}',
            b"[" * 30000, b'{"a":' * 30000, b"[" * 3000 + b"]" * 3000,
        )])

    def test_wrong_types(self):
        self.check([
            (b"1", 400, None, None, "line "),
            ([], 422, None, None, "an array, but must be an object"),
            ({}, 422, "workloads", None, "missing, but must be an array"),
            ({"workloads": {}}, 422, "workloads", None, "an object, but must be an array"),
            ({"workloads": []}, 422, "workloads", None, "empty"),
            ({"workloads": [1]}, 422, "workloads[0]", None, "an integer, but must be an object"),
            ({"workloads": [GOOD, {}]}, 422, "workloads[1].workload", None, "missing, but must be a string"),
            ({"workloads": [{"workload": None}]}, 422, "workloads[0].workload", None, "null"),
            ({"workloads": [GOOD | {"samples": "5"}]}, 422, "workloads[0].samples", None, "a string"),
            ({"workloads": [GOOD | {"samples": 5.0}]}, 422, "workloads[0].samples", None, "a fraction"),
            ({"workloads": [GOOD | {"samples": True}]}, 422, "workloads[0].samples", None, "true"),
            ({"workloads": [GOOD | {"warmup": [1]}]}, 422, "workloads[0].warmup", None, "an array"),
            ({"name": 7, "workloads": [GOOD]}, 422, "name", None, "an integer, but must be a string"),
        ])

    def test_unknown_fields(self):
        self.check([
            ({"workloads": [GOOD], "colour": 1}, 422, "colour", None, "unknown field"),
            ({"workloads": [GOOD | {"sample": 5}]}, 422, "workloads[0].sample", None, "unknown field"),
            ({"workloads": [GOOD], "x" * 1000: 1}, 422, "x" * 99, None, "unknown field"),
            ({"workloads": [GOOD], "é\n": 1}, 422, "???", None, "unknown field"),
        ])

    def test_unknown_workloads(self):
        field = "workloads[0].workload"
        self.check([({"workloads": [{"workload": name}]}, 422, field, None, word) for name, word in (
            ("", "count, nap, fail, missing"),
            ("mr/reg/base/4KiB", "count, nap, fail, missing"),
            ("count/sideways/base/4KiB", "up, down"),
            ("count/up/marble/4KiB", "base, mthp-64K, thp-pte, thp, hugetlb-2M, hugetlb-1G, "
                                     "frag-8K, frag-16K, frag-64K, frag-256K"),
            ("count/up/base/4KB", "KiB, MiB or GiB"),
            ("count/up/base/5KiB/", "not a multiple of the page"),
            ("x" * 5000, "longer than 79"),
            ("count/up/base/4KiB\u00e9", "KiB, MiB or GiB"),
        )])

    def test_devices(self):
        field = "workloads[0].device"
        self.check([({"workloads": [item]}, 422, field, None, word) for item, word in (
            (GOOD | {"device": "rxe7"}, 'no RDMA device "rxe7"; there are: fake0, fake1'),
            (GOOD | {"device": ""}, "there are: fake0, fake1"),
            (GOOD | {"device": "fake0" * 1000}, "there are: fake0, fake1"),
            (GOOD | {"device": 5}, "an integer, but must be a string"),
            (GOOD | {"device": None}, "null, but must be a string"),
            ({"workload": "nap/once/base/4KiB", "device": "fake0"}, "nap workloads use no device"),
        )])

    def test_limits(self):
        limit = self.phyrd.get("/system")[2]["limits"]
        self.check([
            ({"name": "é" * 50 + "x", "workloads": [GOOD]}, 422, "name", limit["name_bytes"], "101 bytes"),
            ({"workloads": [GOOD] * 513}, 422, "workloads", limit["workloads"], "513 workloads"),
            ({"workloads": [GOOD | {"samples": 10001}]}, 422, "workloads[0].samples", limit["samples"], "10001"),
            ({"workloads": [GOOD | {"samples": 2 ** 63 - 1}]}, 422, "workloads[0].samples", limit["samples"],
             "9223372036854775807"),
            ({"workloads": [GOOD | {"samples": 0}]}, 422, "workloads[0].samples", None, "at least 1"),
            ({"workloads": [GOOD | {"samples": -1}]}, 422, "workloads[0].samples", None, "at least 1"),
            ({"workloads": [GOOD | {"warmup": -1}]}, 422, "workloads[0].warmup", None, "at least 0"),
            ({"workloads": [GOOD | {"warmup": 10001}]}, 422, "workloads[0].warmup", limit["warmup"], "10001"),
            ({"workloads": [GOOD | {"samples": 10000}] * 21}, 422, "workloads", limit["run_samples"],
             "210000 samples in all"),
        ])

    def test_the_largest_that_is_allowed(self):
        body = {"name": "é" * 50, "workloads": [GOOD | {"samples": 10000, "warmup": 10000}] * 20}
        status, _, run = self.phyrd.post(body)
        self.assertEqual(status, 201)
        shown = self.phyrd.get(f"/runs/{run['id']}/samples?wait=20")[2]
        self.assertEqual([len(r["samples"]) for r in shown["results"]], [10000] * 20)

    def test_the_queue_is_bounded(self):
        limit = self.phyrd.get("/system")[2]["limits"]["queued_runs"]
        first = self.phyrd.start("nap/once/base/4KiB", samples=10000)
        while self.phyrd.get(f"/runs/{first}")[2]["state"] == "queued":
            time.sleep(0.01)
        answers = [self.phyrd.post({"workloads": [GOOD]}) for _ in range(limit + 2)]
        self.assertEqual([a[0] for a in answers[:limit]], [201] * limit)
        self.assertIn("try again", self.problem(answers[-1], 503, None, limit))


class BodySize(phyrd.PhyrdTest):
    LIMIT = 256 * 1024

    def padded(self, size):
        body = b'{"workloads": [{"workload": "count/up/base/4KiB"}]}'
        return body + b" " * (size - len(body))

    def test_at_the_limit(self):
        self.assertEqual(self.phyrd.post(self.padded(self.LIMIT))[0], 201)

    def test_announced_over_the_limit(self):
        """Refused by its headers alone: not one byte of body is sent."""
        with self.phyrd.connect() as connection:
            connection.sendall(b"POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n"
                               b"Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n")
            response = http.client.HTTPResponse(connection)
            response.begin()
            self.assertEqual(response.status, 413)
            self.assertIn(b"99999999999 bytes, but at most 262144", response.read())

    def test_chunked_over_the_limit(self):
        connection = http.client.HTTPConnection(self.phyrd.host, self.phyrd.port, timeout=20)
        chunks = iter([self.padded(self.LIMIT), b" "])
        connection.request("POST", "/api/v1/runs", chunks, {"Content-Type": "application/json"}, encode_chunked=True)
        response = connection.getresponse()
        self.assertEqual(response.status, 413)
        self.assertIn(b'"limit":262144', response.read())
        connection.close()

    def test_chunked_at_the_limit(self):
        connection = http.client.HTTPConnection(self.phyrd.host, self.phyrd.port, timeout=20)
        chunks = iter([self.padded(self.LIMIT)])
        connection.request("POST", "/api/v1/runs", chunks, {"Content-Type": "application/json"}, encode_chunked=True)
        self.assertEqual(connection.getresponse().status, 201)
        connection.close()


class Requests(phyrd.PhyrdTest):
    def test_unknown_paths(self):
        for path in ("/x", "/api", "/api/v1", "/api/v1/", "/api/v2/runs", "/api/v1/runs/", "/api/v1/runs/1/x",
                     "/api/v1/system/", "/api/v1/runs/0", "/api/v1/runs/1", "/api/v1/runs/-1", "/api/v1/runs/01",
                     "/api/v1/runs/x", "/api/v1/runs/99999999999999999999999", "/api/v1/runs/%00", "/%ff%fe",
                     "/api/v1/runs//samples", "/api/v1/runs/1/samples", "/api/v1/runs/1/events",
                     "/api/v1/runs/1/events/"):
            with self.subTest(path=path):
                self.problem(self.phyrd.request("GET", path), 404)

    def test_methods(self):
        for path, allow in (("/api/v1/runs", "GET, HEAD, POST"), ("/api/v1/system", "GET, HEAD"),
                            ("/api/v1/runs/1/cancel", "POST"), ("/api/v1/runs/1", "GET, HEAD, DELETE, PATCH")):
            for method in {"PUT", "PATCH", "OPTIONS", "BREW"} - set(allow.split(", ")):
                with self.subTest(method=method, path=path):
                    answer = self.phyrd.request(method, path)
                    self.assertIn(method, self.problem(answer, 405))
                    self.assertEqual(answer[1]["Allow"], allow)
        self.problem(self.phyrd.request("POST", "/api/v1/system", b"{}"), 405)

    def test_query(self):
        run = self.phyrd.start("count/up/base/4KiB")
        self.phyrd.get(f"/runs/{run}?wait=10")
        for query, status, field, limit in (
                ("wait", 422, "wait", None), ("wait=", 422, "wait", None), ("wait=-1", 422, "wait", None),
                ("wait=1.5", 422, "wait", None), ("wait=1s", 422, "wait", None), ("wait=%ff", 422, "wait", None),
                ("wait=3601", 422, "wait", 3600), ("wait=99999999999999999999999", 422, "wait", None),
                ("wait=1&wait=1", 400, None, None), ("wait=1&a&b&c&d&e", 400, None, None),
                ("await=1", 400, None, None), ("x", 400, None, None)):
            with self.subTest(query=query):
                self.problem(self.phyrd.get(f"/runs/{run}?{query}"), status, field, limit)
        self.problem(self.phyrd.get("/system?wait=1"), 400)
        for query, status, field, limit in (
                ("limit=0", 422, "limit", None), ("limit=201", 422, "limit", 200), ("before=0", 422, "before", None),
                ("before=x", 422, "before", None), ("after=1", 400, None, None)):
            with self.subTest(query=query):
                self.problem(self.phyrd.get(f"/runs?{query}"), status, field, limit)

    def test_origin(self):
        """A page from elsewhere may not cancel runs: such a request needs no permission of the browser."""
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        for origin in ("http://example.org", "null", "http://localhost:1", "https://127.0.0.1.example.org"):
            with self.subTest(origin=origin):
                answer = self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel", headers={"Origin": origin})
                self.assertIn("Origin", self.problem(answer, 403))
        own = f"{self.phyrd.host}:{self.phyrd.port}"
        self.assertEqual(self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel",
                                            headers={"Origin": f"http://{own}"})[0], 202)

    def test_content_type(self):
        body = b'{"workloads": [{"workload": "count/up/base/4KiB"}]}'
        for content_type, status in (
                (None, 415), ("text/plain", 415), ("application/jsonp", 415),
                ("application/x-www-form-urlencoded", 415), ("multipart/form-data; boundary=x", 415),
                ("application/json", 201), ("Application/JSON; charset=utf-8", 201)):
            headers = {"Content-Type": content_type} if content_type else {}
            with self.subTest(content_type=content_type):
                self.assertEqual(self.phyrd.request("POST", "/api/v1/runs", body, headers)[0], status)

    def test_host(self):
        for host, status in (("localhost", 200), ("LOCALHOST:80", 200), ("127.0.0.1:7471", 200), ("127.1.2.3", 200),
                             ("[::1]:7471", 200), ("example.org", 403), ("127.0.0.1.example.org", 403),
                             ("localhost.example.org", 403), ("10.0.0.1", 403), ("x" * 500, 403), ("\xff", 403)):
            with self.subTest(host=host):
                self.assertEqual(self.phyrd.request("GET", "/api/v1/system", headers={"Host": host})[0], status)

    def test_garbage(self):
        for garbage in (b"\0" * 100, b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\xff" * 70000,
                        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n", b"GET /" + b"x" * 100000):
            with self.phyrd.connect() as connection:
                try:
                    connection.sendall(garbage)
                except ConnectionError:
                    pass
        self.assertEqual(self.phyrd.get("/system")[0], 200)


phyrd.main()
