# SPDX-License-Identifier: GPL-2.0-only
"""Whoever asks for whatever, others are served: clients that go, drip, lie, flood, and send what takes long."""

import http.client
import json
import os
import random
import resource
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

import phyrd

TOKEN = "0123456789abcdef0123"
SANITIZED = os.environ.get("PHYR_SANITIZER", "none") != "none"
BUSY = os.getloadavg()[0] > 1.5
# While others use the machine, or a sanitizer all of it, this says only that nobody is left waiting.
P99_MS, SLOWEST_MS = (200, 1000) if BUSY or SANITIZED else (10, 100)


def raise_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def few_files(number):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (number, number))


def answer(connection):
    """Status and JSON of the next reply."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, json.loads(response.read())


class Logged(phyrd.PhyrdTest):
    """The daemon's stderr goes to a file."""

    OPTIONS = {}

    def setUp(self):
        self.log = tempfile.NamedTemporaryFile()
        self.addCleanup(self.log.close)
        self.phyrd = phyrd.Phyrd(*self.ARGUMENTS, stderr=self.log, **self.OPTIONS)
        self.addCleanup(self.stop)

    def said(self):
        return Path(self.log.name).read_text().splitlines()

    def send(self, text, room=None):
        """room: bytes that the client takes in without reading them"""
        connection = socket.socket()
        self.addCleanup(connection.close)
        connection.settimeout(30)
        if room:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.connect((self.phyrd.host, self.phyrd.port))
        connection.sendall(text.encode())
        return connection

    def health(self, seconds=5):
        began = time.monotonic()
        self.assertEqual(self.phyrd.request("GET", "/healthz")[0], 200)
        self.assertLess(time.monotonic() - began, seconds)

    def figures(self, path="/api/v1/runs", until=None, least=200):
        """Milliseconds of GETs, one after the other, sorted."""
        connection = http.client.HTTPConnection(self.phyrd.host, self.phyrd.port, timeout=30)
        taken = []
        while len(taken) < least or until and not until():
            began = time.monotonic()
            connection.request("GET", path)
            self.assertEqual(connection.getresponse().read()[:1], b"{")
            taken.append(1000 * (time.monotonic() - began))
        connection.close()
        return sorted(taken)

    def quick(self, taken, what):
        p99, most = taken[len(taken) * 99 // 100], taken[-1]
        print(f"# {what}: p50 {taken[len(taken) // 2]:.2f} ms, p99 {p99:.2f}, max {most:.1f} of {len(taken)}")
        self.assertLess(p99, P99_MS, what)
        self.assertLess(most, SLOWEST_MS, what)


class Waiting(Logged):
    def test_those_who_have_gone_take_no_place(self):
        """As a page from elsewhere can bring it about with fetches that it aborts."""
        run = self.phyrd.start("nap/once/base/4KiB", samples=3000)
        for path in (f"/runs/{run}?wait=3600", f"/runs/{run}/events"):
            for _ in range(520):
                with self.phyrd.connect() as connection:
                    connection.sendall(f"GET /api/v1{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            self.health()
            deadline = time.monotonic() + 5
            while len(os.listdir(f"/proc/{self.phyrd.process.pid}/fd")) > 60:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
        self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel")

    def test_half_a_connection_is_answered(self):
        """Who sends no more may still read: he gets what there is."""
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        connection = self.send(f"GET /api/v1/runs/{run}?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        self.assertEqual(answer(connection)[0], 200)

    def test_there_are_places_for_others(self):
        limit = self.phyrd.get("/system")[2]["limits"]["waiting_clients"]
        run = self.phyrd.start("nap/once/base/4KiB", samples=1000)
        raise_limit()
        waiting = [self.send(f"GET /api/v1/runs/{run}?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                   for _ in range(limit)]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            status, _, found = self.phyrd.get(f"/runs/{run}?wait=1")
            if status == 503:
                break
        self.assertEqual((status, found.get("limit")), (503, limit))
        self.problem(self.phyrd.get(f"/runs/{run}/events"), 503, None, limit)
        self.health()
        self.phyrd.request("POST", f"/api/v1/runs/{run}/cancel")
        self.assertEqual({answer(connection)[1]["state"] for connection in waiting}, {"cancelled"})
        self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=1")[0], 200)


class FewFiles(Logged):
    OPTIONS = {"preexec_fn": few_files(32)}

    def test_it_goes_on(self):
        """40 connections, 60 with one in use: when they have gone it serves again, and again."""
        self.assertIn("32 files may be open (ulimit -n), so that 8 connections are served, not 512", self.said()[0])
        for n in (40, 60):
            connections = [self.phyrd.connect() for _ in range(n)]
            time.sleep(0.1)
            for connection in connections:
                connection.close()
            for _ in range(3):
                self.health()

    def test_too_few(self):
        said = phyrd.fail_to_start(preexec_fn=few_files(20))
        self.assertIn("20 files may be open (ulimit -n), but phyrd needs more than 24", said)

    def test_the_limit_is_raised(self):
        """What most shells start it with is no reason to serve fewer."""
        with tempfile.TemporaryFile("w+") as log:
            daemon = phyrd.Phyrd(stderr=log, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096)))
            limits = Path(f"/proc/{daemon.process.pid}/limits").read_text()
            self.assertEqual(daemon.stop(), 0)
            log.seek(0)
            self.assertEqual(log.read(), "")
        soft = next(line.split()[3] for line in limits.splitlines() if line.startswith("Max open files"))
        self.assertEqual(int(soft), 512 + 24)


class Hostile(Logged):
    HEAD = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"

    def drip(self, connections, seconds):
        """A byte of a header, each second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for connection in connections:
                try:
                    connection.send(b"x")
                except OSError:
                    pass
            time.sleep(1)

    def frugal(self):
        most = phyrd.memory(self.phyrd.process.pid, "VmHWM") >> 20
        print(f"# {most} MiB at most")
        if not SANITIZED:
            self.assertLess(most, 64)

    def test_500(self):
        """None of them ever finishes a request."""
        raise_limit()
        slow = [self.send(self.HEAD + "x: ") for _ in range(500)]
        thread = threading.Thread(target=self.drip, args=(slow, 3))
        thread.start()
        self.quick(self.figures(until=lambda: not thread.is_alive()), "under 500 hostile connections")
        thread.join()
        self.frugal()

    def test_all_connections(self):
        """They lose their places to those who ask for something, and the operator hears of it."""
        raise_limit()
        slow = [self.send(self.HEAD + "x: ") for _ in range(600)]
        thread = threading.Thread(target=self.drip, args=(slow, 4))
        thread.start()
        self.health(10)
        thread.join()
        self.health(10)
        self.assertTrue([line for line in self.said() if "those that took too long were closed" in line], self.said())

    def test_slow_readers(self):
        raise_limit()
        run = self.phyrd.measure(*["count/up/base/4KiB"] * 20, samples=10000)["id"]
        for _ in range(600):
            self.send(f"GET /api/v1/runs/{run}/samples HTTP/1.1\r\nHost: localhost\r\n\r\n", 4096)
        self.health(60 if BUSY or SANITIZED else 20)
        self.frugal()


class Early(Logged):
    ARGUMENTS = ()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        token = Path(folder.name) / "token"
        token.write_text(TOKEN)
        token.chmod(0o600)
        self.ARGUMENTS = ("--token-file", str(token))
        super().setUp()
        self.phyrd.headers = {"Authorization": f"Bearer {TOKEN}"}

    def post(self, length, more=""):
        return self.send(f"POST /api/v1/import HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                         f"{more}Content-Length: {length}\r\n\r\n")

    def test_strangers_hold_nothing(self):
        """They are refused before they have sent a body, so that there is room for those of others."""
        for length in (32 << 20, 4194000):
            connection = self.post(length)
            status, problem = answer(connection)
            self.assertEqual((status, problem["status"]), (401, 401))
            self.assertEqual(connection.recv(1), b"")
        body = {"context": {}, "benchmarks": [{"name": "x", "real_time": 1}]}
        self.assertEqual(self.phyrd.post(body, "/import")[0], 201)

    def test_other_reasons(self):
        known = f"Authorization: Bearer {TOKEN}\r\n"
        for more, status in ((known + "Origin: http://example.org\r\n", 403),
                             (known + "Sec-Fetch-Site: cross-site\r\n", 403),
                             (known + "Content-Encoding: gzip\r\n", 415)):
            with self.subTest(more=more):
                self.assertEqual(answer(self.post(1000, more))[0], status)

    def test_the_operator_hears_who_tries(self):
        for n in range(30):
            self.phyrd.request("GET", f"/api/v1/runs/{n}", headers={"Authorization": "Bearer wrong"})
        said = self.said()
        self.assertEqual(said[0], "phyrd: 127.0.0.1: GET /api/v1/runs/0: 401: That is not the token; send "
                                  "Authorization: Bearer and what is in phyrd's token file")
        self.assertEqual(len(said), 10)


class Elsewhere(phyrd.PhyrdTest):
    ARGUMENTS = ("--host", "phyr.example")

    def status(self, path="/api/v1/runs", method="GET", **headers):
        names = {"site": "Sec-Fetch-Site", "origin": "Origin", "host": "Host", "forwarded": "X-Forwarded-Host"}
        response, connection = self.phyrd.open(method, path,
                                               headers={names[name]: value for name, value in headers.items()})
        connection.close()
        return response.status

    def test_pages_of_others(self):
        for site, status in (("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)):
            self.assertEqual(self.status(site=site), status)
            # A link to the page may be anywhere.
            self.assertEqual(self.status("/", site=site), 200)

    def test_proxies(self):
        """Which replace the Host, or do not; without leave of ours a page can say nothing of this."""
        self.assertEqual(self.status(host="phyr.example"), 200)
        self.assertEqual(self.status(host="phyr.example:443"), 200)
        self.assertEqual(self.status(host="phyr.example.org"), 403)
        path = "/api/v1/runs/7/cancel"
        for headers, status in (({"origin": "https://phyr.example"}, 404), ({"origin": "https://other.example"}, 403),
                                ({"origin": "https://p.example", "forwarded": "p.example"}, 404),
                                ({"origin": "https://p.example", "site": "same-origin"}, 404),
                                ({"origin": "https://p.example", "site": "cross-site"}, 403)):
            with self.subTest(headers=headers):
                self.assertEqual(self.status(path, "POST", **headers), status)

    def test_wrong_names(self):
        for name in ("", "a:80", "http://a"):
            said = subprocess.run([phyrd.PROGRAM, "--host", name], capture_output=True, text=True, timeout=20)
            self.assertEqual((said.returncode, "--host" in said.stderr), (2, True))


class Requests(Logged):
    def test_whole_urls(self):
        """RFC 9112, 3.2.2: a server must understand them, and their host is the Host."""
        for target, status in (("http://localhost/api/v1/runs", 200), ("http://127.0.0.1:1/api/v1/runs?limit=1", 200),
                               ("HTTP://LOCALHOST", 200), ("http://example.org/api/v1/runs", 403),
                               (f"http://{'x' * 200}/", 403), ("http://localhost/x", 404)):
            with self.subTest(target=target):
                connection = self.send(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
                response = http.client.HTTPResponse(connection)
                response.begin()
                self.assertEqual(response.status, status)

    def test_queries_with_many_parts(self):
        for n in (5, 350, 2000):
            query = "&".join(f"a{i}=1" for i in range(n))
            self.problem(self.phyrd.get(f"/runs?{query}"), 400)

    def test_compressed_bodies(self):
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        answer_ = self.phyrd.request("POST", "/api/v1/runs", b"\x1f\x8b", headers)
        self.assertIn("gzip", self.problem(answer_, 415))

    def test_sizes_and_numbers_that_are_too_large(self):
        body = {"workloads": [{"workload": f"count/up/base/{'9' * 30}GiB"}]}
        self.assertIn("is more than 1024GiB", self.problem(self.phyrd.post(body), 422, "workloads[0].workload"))
        run = self.phyrd.measure("count/up/base/4KiB")["id"]
        self.assertIn("at most 3600", self.problem(self.phyrd.get(f"/runs/{run}?wait={'9' * 30}"), 422, "wait"))


class Long(Logged):
    """What takes long costs others nothing."""

    def test_an_import(self):
        dice = random.Random(1)
        rows = [{"name": f"x{n % 250}", "real_time": dice.randrange(8000, 12000)} for n in range(200000)]
        body = json.dumps({"context": {}, "benchmarks": rows}).encode()
        answers = []
        thread = threading.Thread(target=lambda: answers.extend(self.phyrd.post(body, "/import")[0] for _ in range(3)))
        thread.start()
        self.quick(self.figures(until=lambda: not thread.is_alive()), "during three imports of 200,000 samples")
        thread.join()
        self.assertEqual(answers, [201] * 3)

    def test_a_comparison(self):
        rows = [{"name": "x", "real_time": n % 7919} for n in range(200000)]
        body = json.dumps({"context": {}, "benchmarks": rows}).encode()
        for _ in range(2):
            self.assertEqual(self.phyrd.post(body, "/import")[0], 201)
        thread = threading.Thread(target=lambda: [self.phyrd.get("/compare?base=1&head=2") for _ in range(5)])
        thread.start()
        self.quick(self.figures(until=lambda: not thread.is_alive()), "during comparisons of 200,000 samples")
        thread.join()

    @unittest.skipIf(SANITIZED, "a sanitized program takes more memory")
    def test_memory(self):
        """Two bytes of a body may be a value that takes 300: 64 MiB are enough for many that come at once."""
        body = b'{"workloads": [' + b"{}," * 87000 + b"{}]}"
        threads = [threading.Thread(target=lambda: [self.phyrd.post(body) for _ in range(3)]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        most = phyrd.memory(self.phyrd.process.pid, "VmHWM") >> 20
        print(f"# {most} MiB at most with 8 clients that send as many values as they may")
        self.assertLess(most, 64)

    def test_ending_meanwhile(self):
        rows = [{"name": "x", "real_time": n} for n in range(200000)]
        body = json.dumps({"context": {}, "benchmarks": rows}).encode()
        answers = []

        def load():
            try:
                answers.append(self.phyrd.post(body, "/import")[0])
            except OSError:
                answers.append(None)        # it was told to end before the last byte was there

        thread = threading.Thread(target=load)
        thread.start()
        time.sleep(0.15)
        self.assertEqual(self.phyrd.stop(), 0)
        thread.join()
        self.assertIn(answers, [[201], [None]] if SANITIZED or BUSY else [[201]])
        self.phyrd = phyrd.Phyrd()

    def test_many_at_once(self):
        """More than there are threads: all are answered, ids are given in order, runs are carried out in it."""
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(self.phyrd.post({"workloads": [
            {"workload": "count/up/base/4KiB"}]})[2]["id"])) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), list(range(1, 17)))
        for run in answers:
            self.assertEqual(self.phyrd.get(f"/runs/{run}?wait=10")[2]["state"], "done")


class Log(Logged):
    def test_a_run_that_fails(self):
        self.phyrd.measure("fail/once/base/4KiB")
        self.phyrd.measure("count/up/base/4KiB")
        self.assertEqual(self.said(), ["phyrd: run 1 failed: not one workload could be measured"])

    def test_each_once(self):
        """The same again is not said again, but that it was."""
        for _ in range(3):
            self.phyrd.request("GET", "/api/v1/runs", headers={"Host": "example.org"})
        self.phyrd.request("GET", "/api/v1/runs", headers={"Host": "exa\x1bmple.com"})
        said = self.said()
        self.assertEqual(len(said), 3, said)
        self.assertIn('127.0.0.1: GET /api/v1/runs: 403: Host "example.org" is not', said[0])
        self.assertEqual(said[1], "phyrd: 2 lines were left out")
        self.assertIn("exa?mple.com", said[2])

    @unittest.skipIf(os.geteuid(), "only root can mount")
    def test_a_full_disk(self):
        with tempfile.TemporaryDirectory() as disk, tempfile.NamedTemporaryFile() as log:
            if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", disk], capture_output=True).returncode:
                self.skipTest("no tmpfs can be mounted here")
            try:
                daemon = phyrd.Phyrd("--database", f"{disk}/runs.db", stderr=log)
                daemon.measure(*["count/up/base/4KiB"] * 20, samples=10000)
                self.assertEqual(daemon.stop(), 0)
            finally:
                subprocess.run(["umount", "-l", disk], check=True)
            said = Path(log.name).read_text().splitlines()
            self.assertIn("nothing can be stored: database", said[0])
            self.assertIn("run 1 failed: the results could not be stored", said[1])


phyrd.main()
