# SPDX-License-Identifier: GPL-2.0-only
"""Start phyrd, talk to it over its socket, print TAP. Shared by the tests of its API."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import unittest

import contract

PROGRAM = os.path.abspath(sys.argv[1])
# Seconds. What takes too long is for the tests that measure it: an import has what others leave of a busy machine.
PATIENCE = 120


def memory(pid, name):
    """Bytes of a process: VmRSS now, VmHWM at most."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name))


class Phyrd:
    """A running daemon on a port of its own. Every reply is checked against openapi.json."""

    def __init__(self, *arguments, listen="127.0.0.1:0", **options):
        """options: of Popen"""
        self.process = subprocess.Popen([PROGRAM, "--listen", listen, *arguments], stdout=subprocess.PIPE,
                                        stderr=options.pop("stderr", None), text=True, **options)
        line = self.process.stdout.readline()
        assert line.startswith("phyrd: serving http://"), line
        self.host, _, port = line.split("/")[2].rpartition(":")
        self.host = self.host.strip("[]")
        self.port = int(port)
        self.headers = {}

    def open(self, method, path, body=None, headers=None):
        """A reply whose body has not been read, and its connection."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        connection.request(method, path, body, self.headers | (headers or {}))
        return connection.getresponse(), connection

    def request(self, method, path, body=None, headers=None):
        """(status, headers, JSON, text or None)"""
        response, connection = self.open(method, path, body, headers)
        try:
            text = response.read()
            contract.check(method, path, response.status, response.headers, text)
            read = json.loads if "json" in response.headers.get("Content-Type", "") else bytes.decode
            return response.status, response.headers, read(text) if text else None
        finally:
            connection.close()

    def get(self, path):
        return self.request("GET", "/api/v1" + path)

    def post(self, body, path="/runs"):
        """Post a run: bytes as they are, anything else as JSON."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", "/api/v1" + path, body, {"Content-Type": "application/json"})

    def start(self, *workloads, **members):
        """Post a run that must be accepted; its id."""
        status, _, run = self.post({"workloads": [{"workload": w, **members} for w in workloads]})
        assert status == 201, run
        return run["id"]

    def measure(self, *workloads, **members):
        """A run that has ended."""
        run = self.start(*workloads, **members)
        return self.get(f"/runs/{run}?wait=20")[2]

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=30)

    def stop(self):
        """Exit status after SIGTERM; a sanitizer's finding makes it other than 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.stdout.close()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def fail_to_start(*arguments, **options):
    """What phyrd says when it cannot serve; it must exit with 1."""
    result = subprocess.run([PROGRAM, "--listen", "127.0.0.1:0", *arguments],
                            capture_output=True, text=True, timeout=20, **options)
    assert result.returncode == 1, (result.returncode, result.stderr)
    return result.stderr


class PhyrdTest(unittest.TestCase):
    """A daemon for each test, which must end well."""

    ARGUMENTS = ()

    def setUp(self):
        self.phyrd = Phyrd(*self.ARGUMENTS)
        self.addCleanup(self.stop)

    def stop(self):
        self.assertEqual(self.phyrd.stop(), 0)

    def problem(self, answer, status, field=None, limit=None):
        """The detail of a problem document, which must be one, and in order."""
        got, headers, document = answer
        self.assertEqual(got, status, document)
        self.assertEqual(headers["Content-Type"], "application/problem+json")
        self.assertEqual(document["status"], status)
        self.assertEqual(document["type"], "about:blank")
        self.assertTrue(document["title"])
        self.assertEqual(document.get("field"), field, document)
        self.assertEqual(document.get("limit"), limit, document)
        return document["detail"]


class TapResult(unittest.TestResult):
    def line(self, verdict, test, more=""):
        print(f"{verdict} {self.testsRun} - {test.id().split('.', 1)[1]}{more}", flush=True)

    def addSuccess(self, test):
        self.line("ok", test)

    def addSkip(self, test, reason):
        self.line("ok", test, f" # SKIP {reason}")

    def addFailure(self, test, error):
        self.failures.append((test, ""))
        print("\n".join("# " + line for line in self._exc_info_to_string(error, test).splitlines()))
        self.line("not ok", test)

    addError = addFailure

    def addSubTest(self, test, subtest, error):
        if error:
            print(f"# {subtest}")
            self.addFailure(test, error)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}")
    result = TapResult()
    suite.run(result)
    sys.exit(bool(result.failures))
