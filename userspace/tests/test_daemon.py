# SPDX-License-Identifier: GPL-2.0-only
"""How phyrd starts, ends, and copes with many and slow clients."""

import http.client
import json
import os
import resource
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import phyrd


def call(*arguments):
    return subprocess.run([phyrd.PROGRAM, *arguments], capture_output=True, text=True, timeout=20)


class Arguments(unittest.TestCase):
    def test_help_and_version(self):
        self.assertEqual(call("--help").returncode, 0)
        self.assertIn("usage: phyrd", call("--help").stdout)
        self.assertRegex(call("--version").stdout, r"^phyrd \d+\.\d+\.\d+$")

    def test_wrong_calls(self):
        for arguments in (["--nonsense"], ["extra"], ["--listen"], ["--listen", "7471"], ["--listen", "127.0.0.1"],
                          ["--listen", "127.0.0.1:"], ["--listen", "127.0.0.1:65536"], ["--listen", "127.0.0.1:-1"],
                          ["--listen", "127.0.0.1:1x"], ["--listen", "localhost:1"], ["--listen", "::1:1"],
                          ["--history", "0"], ["--history", "-1"], ["--history", "100001"], ["--history", "x"],
                          ["--database"], ["--database", ""], ["--token-file", "/nonexistent"]):
            with self.subTest(arguments=arguments):
                result = call(*arguments)
                self.assertEqual(result.returncode, 2)
                self.assertTrue(result.stderr)

    def test_only_loopback(self):
        for address in ("0.0.0.0:0", "10.0.0.1:0", "[::]:0", "[::ffff:127.0.0.1]:0"):
            with self.subTest(address=address):
                result = call("--listen", address)
                self.assertEqual(result.returncode, 2)
                self.assertIn("not a loopback address", result.stderr)

    def test_port_in_use(self):
        """By any program, another phyrd too; one that has gone leaves none behind, whatever its connections do."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.refused(f"127.0.0.1:{taken.getsockname()[1]}", "Address already in use")
        daemon = phyrd.Phyrd()
        address = f"127.0.0.1:{daemon.port}"
        self.refused(address, "Address already in use")
        with daemon.connect() as connection:
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(connection.recv(1), b"")       # closed by the daemon: it is in TIME-WAIT from here on
        self.assertEqual(phyrd.Phyrd(listen=address).stop(), 0)

    def test_address_of_another_machine(self):
        with tempfile.NamedTemporaryFile("w") as token:
            token.write("correct-horse-battery")
            token.flush()
            self.refused("192.0.2.1:7471", "Cannot assign requested address", "--token-file", token.name)

    def refused(self, address, why, *more):
        result = call("--listen", address, *more)
        self.assertEqual((result.returncode, result.stderr), (1, f"phyrd: --listen {address}: {why}\n"))

    def test_ipv6(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            self.skipTest("no IPv6 on this machine")
        daemon = phyrd.Phyrd(listen="[::1]:0")
        self.assertEqual(daemon.get("/system")[0], 200)
        self.assertEqual(daemon.stop(), 0)


class Ending(unittest.TestCase):
    def test_idle(self):
        self.assertEqual(phyrd.Phyrd().stop(), 0)

    def test_amid_runs(self):
        daemon = phyrd.Phyrd()
        for _ in range(5):
            daemon.start("nap/once/base/4KiB", samples=10000)
        start = time.monotonic()
        self.assertEqual(daemon.stop(), 0)
        self.assertLess(time.monotonic() - start, 5)

    def test_clients_that_wait_are_answered(self):
        daemon = phyrd.Phyrd()
        run = daemon.start("nap/once/base/4KiB", samples=10000)
        answers = []
        client = threading.Thread(target=lambda: answers.append(daemon.get(f"/runs/{run}?wait=60")))
        client.start()
        time.sleep(0.3)
        self.assertEqual(daemon.stop(), 0)
        client.join()
        status, headers, document = answers[0]
        self.assertEqual((status, document["state"]), (200, "running"))
        self.assertEqual(headers["Connection"].lower(), "close")


class Clients(phyrd.PhyrdTest):
    def test_slow_ones_do_not_hold_up_others(self):
        slow = [self.phyrd.connect() for _ in range(20)]
        for connection in slow:
            connection.sendall(b"POST /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n")
        start = time.monotonic()
        self.assertEqual(self.phyrd.get("/system")[0], 200)
        self.assertLess(time.monotonic() - start, 2)
        for connection in slow:
            connection.close()

    def test_byte_by_byte(self):
        with self.phyrd.connect() as connection:
            for byte in b"GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n":
                connection.send(bytes([byte]))
            self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_more_than_the_limit(self):
        """The surplus waits to be accepted and is served when others have gone."""
        limit = self.phyrd.get("/system")[2]["limits"]["connections"]
        connections = [self.phyrd.connect() for _ in range(limit + 40)]
        for connection in connections:
            connection.sendall(b"GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for connection in connections:
            self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n"))
            connection.close()

    def test_a_thousand(self):
        """Each is answered, however many are open at a time."""
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        connections = [self.phyrd.connect() for _ in range(1000)]
        for connection in connections:
            connection.sendall(b"GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        for connection in connections:
            self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n"))
            connection.close()

    def test_silent_ones_do_not_hold_up_others(self):
        silent = [self.phyrd.connect() for _ in range(400)]
        start = time.monotonic()
        self.assertEqual(self.phyrd.get("/system")[0], 200)
        self.assertLess(time.monotonic() - start, 2)
        for connection in silent:
            connection.close()

    @unittest.skipIf(os.environ.get("PHYR_SANITIZER", "none") != "none", "a sanitized program takes more memory")
    def test_slow_readers(self):
        """Long replies wait in pieces, not in memory, for clients that do not read them."""
        run = self.phyrd.measure(*["count/up/base/4KiB"] * 20, samples=10000)["id"]
        before = phyrd.memory(self.phyrd.process.pid, "VmRSS")
        slow = [self.phyrd.connect() for _ in range(100)]
        for connection in slow:
            connection.sendall(f"GET /api/v1/runs/{run}/samples HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(1)
        self.assertEqual(self.phyrd.get("/system")[0], 200)
        # A reply is 1.1 MB; 16 KiB are made before it is sent in pieces.
        self.assertLess(phyrd.memory(self.phyrd.process.pid, "VmRSS") - before, 100 * 256 * 1024)
        response = http.client.HTTPResponse(slow[0])
        response.begin()
        self.assertEqual(len(json.loads(response.read())["results"]), 20)
        for connection in slow:
            connection.close()

    def test_a_connection_may_be_used_again(self):
        with self.phyrd.connect() as connection:
            for _ in range(5):
                connection.sendall(b"GET /api/v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n")
                self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n"))

    def test_measuring_is_quiet(self):
        """While a run is measured and a client waits, the daemon's other thread does not wake up."""
        run = self.phyrd.start("nap/once/base/4KiB", samples=150)
        connection = self.phyrd.connect()
        connection.sendall(f"GET /api/v1/runs/{run}?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        time.sleep(0.3)
        before = self.switches()
        time.sleep(0.7)
        self.assertEqual(self.switches(), before)
        self.assertTrue(connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n"))
        connection.close()

    def switches(self):
        """Times that the main thread went to sleep or was put off its CPU."""
        pid = self.phyrd.process.pid
        with open(f"/proc/{pid}/task/{pid}/status", encoding="ascii") as status:
            return sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)


phyrd.main()
