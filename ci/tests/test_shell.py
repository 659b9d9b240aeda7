# SPDX-License-Identifier: GPL-2.0-only
"""What ./phyr serve loads, and how it waits."""

import socket
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from unittest import mock

from ci import paths, shell


class Loadable(unittest.TestCase):
    def test_only_what_is_there(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(paths, "RESULTS", Path(folder)):
            self.assertEqual(shell.loadable(), {})
            (Path(folder) / "compare.json").write_text("{}")
            (Path(folder) / "phyr.json").write_text("[1]")
            self.assertEqual(shell.loadable(), {"load/phyr.json": "[1]"})

    def test_stock_comes_first(self):
        """The page proposes the last run beside the one before."""
        self.assertLess(shell.SERVE_JOB.index(" stock "), shell.SERVE_JOB.index(" phyr;"))
        self.assertLess(shell.SERVE_JOB.index("phyrctl import"), shell.SERVE_JOB.index("socat"))


class Page(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json" if self.path == "/json" else "text/html")
        self.end_headers()
        self.wfile.write(b'{"a": 1}')


class Waiting(unittest.TestCase):
    def test_until_somebody_answers(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        with self.assertRaises(OSError):
            shell.wait_for_page(port, 0.2)

        server = HTTPServer(("127.0.0.1", port), Page)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Timer(0.3, server.serve_forever).start()
        self.assertEqual(shell.wait_for_page(port, 10), '{"a": 1}')
        self.assertEqual(shell.get(port, "/json"), {"a": 1})
