# SPDX-License-Identifier: GPL-2.0-only
"""What ./phyr serve loads, and when it says that it is up."""

import socket
import tempfile
import threading
import unittest
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


class Port(unittest.TestCase):
    def test_one_in_use_is_named_before_anything_is_made(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            number = taken.getsockname()[1]
            with self.assertRaisesRegex(shell.PortError, f"port {number} .*--port"):
                shell.serve(None, number)
        shell.check_port(number)


class Announcement(unittest.TestCase):
    def test_only_of_the_boot_that_was_begun(self):
        """A file that an earlier boot left, or another daemon that answers, says nothing of this one."""
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(shell, "say") as say:
            up = Path(folder) / "up"
            up.write_text("earlier\n")
            waiting = threading.Thread(target=shell.announce, args=(7471, up, "this"), daemon=True)
            waiting.start()
            waiting.join(0.4)
            say.assert_not_called()
            up.write_text("this\n")
            waiting.join(5)
            say.assert_called_once()

    def test_the_guest_serves_before_it_says_so(self):
        self.assertLess(shell.SERVE_JOB.index("http://10.0.2.15"), shell.SERVE_JOB.index("/results/up"))
