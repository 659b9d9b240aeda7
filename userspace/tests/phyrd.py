# SPDX-License-Identifier: GPL-2.0-only
"""Start phyrd, talk to it over its loopback socket, print TAP. Shared by the tests of its API."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import unittest

PROGRAM = sys.argv[1]


class Phyrd:
    """A running daemon on a port of its own."""

    def __init__(self, listen="127.0.0.1:0"):
        self.process = subprocess.Popen([PROGRAM, "--listen", listen], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("phyrd: serving http://"), line
        self.host, _, port = line.split("/")[2].rpartition(":")
        self.host = self.host.strip("[]")
        self.port = int(port)

    def request(self, method, path, body=None, headers=None):
        """(status, headers, JSON or None)"""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            text = response.read()
            return response.status, response.headers, json.loads(text) if text else None
        finally:
            connection.close()

    def get(self, path):
        return self.request("GET", "/api/v1" + path)

    def post(self, body):
        """Post a run: bytes as they are, anything else as JSON."""
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.request("POST", "/api/v1/runs", body, {"Content-Type": "application/json"})

    def start(self, *workloads, **members):
        """Post a run that must be accepted; its id."""
        status, _, run = self.post({"workloads": [{"workload": w, **members} for w in workloads]})
        assert status == 201, run
        return run["id"]

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=20)

    def stop(self):
        """Exit status after SIGTERM; a sanitizer's finding makes it other than 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.stdout.close()


class PhyrdTest(unittest.TestCase):
    """A daemon for each test, which must end well."""

    def setUp(self):
        self.phyrd = Phyrd()
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
