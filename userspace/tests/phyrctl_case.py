# SPDX-License-Identifier: GPL-2.0-only
"""A server that answers what the test tells it to, and phyrctl as its client."""

import http.server
import json
import os
import subprocess
import sys
import threading
import unittest

PHYRCTL = sys.argv[2]

HEAD = {"id": 3, "name": "größer", "source": "measured", "state": "done", "workloads": 2, "finished": 2,
        "created_ns": 1764000000000000000, "kernel": "7.3.4", "clock": "icount"}
STATS = {"n": 20, "min": 8602, "p50": 8615, "p90": 9000, "p99": 9100, "p999": 9200, "max": 9999, "mean": 8700,
         "median": 8615, "median_low": 8610, "median_high": 8700}
RESULT = {"workload": "mr/reg/hugetlb-1G/1GiB", "unit": "ns", "stats": STATS, "parameters": {}}
ERROR = {"workload": "mr/reg/hugetlb-1G/4GiB", "error": {"errno": "ENOMEM", "message": "out of luck"}, "parameters": {}}
RUN = HEAD | {"context": {}, "results": [RESULT]}
ROW = {"workload": "mr/reg/thp/1GiB",
       "base": {"n": 20, "median": 24006958, "median_low": 24000000, "median_high": 24010000},
       "head": {"n": 20, "median": 121033, "median_low": 121000, "median_high": 121100}, "ratio": 198.350,
       "verdict": "better", "u": 0, "p": 1e-7, "effect": -1}
COMPARISON = {"base": HEAD | {"id": 1}, "head": HEAD | {"id": 2}, "rows": [ROW], "only_base": [],
              "only_head": ["dma/map"],
              "criteria": {"p_below": 0.05, "effect_at_least": 0.2, "distance_at_least": 0.03}}
WORKLOADS = {"workloads": [
    {"pattern": "mr/<reg|dereg>/<backing>/<size>", "family": "mr", "available": True, "summary": "registering",
     "unit": "ns"},
    {"pattern": "gup/<pages|phyrs>/<pin|unpin>/<backing>/<size>", "available": False, "reason": "no /dev/phyr_test"}]}
SYSTEM = {"phyrd": "0.1.0", "kernel": {"release": "7.3.4"}, "cpu": {"online": 1, "model": "TCG"}, "memlock_bytes": None,
          "clock": {"kind": "icount", "source": "tsc", "overhead_ns": 71},
          "rdma_devices": [{"name": "rxe0", "transport": "InfiniBand", "ports": [
              {"number": 1, "state": "PORT_ACTIVE", "gids": [
                  {"index": 0, "gid": "fe80::1", "type": "RoCE v2"},
                  {"index": 3, "gid": "::ffff:10.0.0.1", "type": "RoCE v2"}]}, {"number": 2, "state": "PORT_DOWN"}]}],
          "hugepages": [{"page_size_bytes": 2097152, "total": 8, "free": 5, "reserved": 1}],
          "privileges": {"uid": 1, "missing_capabilities": [{"name": "CAP_IPC_LOCK", "without_it": "mlock"}]}}


def event(name, data):
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()


class Server(http.server.ThreadingHTTPServer):
    """answers: (method, path) -> (status, type, body: bytes or an iterable of them), or a function that returns it"""

    def __init__(self, answers):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.seen = []
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.command, self.path, body, self.headers))
        answer = self.server.answers.get((self.command, self.path))
        if not answer:
            answer = problem(404, "There is nothing here")
        status, kind, parts = answer() if callable(answer) else answer
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status == 204:
                self.send_header("Content-Length", "0")
            self.end_headers()
            for part in [parts] if isinstance(parts, bytes) else parts:
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:
            pass

    do_GET = do_POST = do_DELETE = answer


def document(value, status=200):
    return status, "application/json", json.dumps(value).encode()


def problem(status, detail, **more):
    body = {"type": "about:blank", "title": "No", "status": status, "detail": detail} | more
    return status, "application/problem+json", json.dumps(body).encode()


class PhyrctlTest(unittest.TestCase):
    def serve(self, answers):
        self.server = Server({key: value if callable(value) or isinstance(value, tuple) else document(value)
                              for key, value in answers.items()})
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def command(self, *arguments, program=PHYRCTL):
        return [program, "--server", self.url, *arguments]

    def call(self, *arguments, status=0, **more):
        result = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=20,
                                env=os.environ | {"TZ": "UTC", "LC_ALL": "C.UTF-8"}, **more)
        self.assertEqual(result.returncode, status, result.stderr + result.stdout)
        return result
