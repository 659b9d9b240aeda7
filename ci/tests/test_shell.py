# SPDX-License-Identifier: GPL-2.0-only
"""What ./phyr serve loads, when it says that it is up, and that a VM by hand has its folder for itself."""

import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path
from unittest import mock

from ci import kernel, lock, paths, shell, vm


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


HOLDER = """
import sys
from pathlib import Path
from ci import lock
with lock.alone(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


class Folder(unittest.TestCase):
    """The lock of build/ is released while a VM by hand runs: its folder has one of its own."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "vm"
        for patch in (mock.patch.object(paths, "VM", self.folder), mock.patch.object(lock, "release"),
                      mock.patch.object(shell, "say"), mock.patch.object(shell.threading, "Thread"),
                      mock.patch.dict(os.environ)):
            patch.start()
            self.addCleanup(patch.stop)

    def commands(self):
        """Folder, and the command that runs a VM there."""
        shelled = self.folder / "shell"
        yield shelled, lambda: shell.interactive(mock.Mock(), kernel.PHYR, None, shelled)
        yield shelled, lambda: shell.interactive(mock.Mock(), kernel.PHYR, Path(os.devnull), shelled)
        yield self.folder / "serve", lambda: shell.serve(mock.Mock(), 7471)

    def hold(self, folder: Path) -> subprocess.Popen:
        other = subprocess.Popen([sys.executable, "-B", "-c", HOLDER, folder], cwd=paths.ROOT, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.assertEqual(other.stdout.readline(), "held\n")
        return other

    @mock.patch.object(shell, "check_port")
    def test_the_second_is_refused(self, _check_port):
        for folder, command in self.commands():
            with self.hold(folder) as other, mock.patch.object(vm, "run") as run:
                with self.assertRaisesRegex(lock.LockError, f"process {other.pid}, .* {folder}; end that one, or take"):
                    command()
                run.assert_not_called()

    @mock.patch.object(shell, "check_port")
    def test_as_long_as_the_vm_lives(self, _check_port):
        for folder, command in self.commands():
            def refused(*_arguments, where=folder, **_more):
                with self.assertRaisesRegex(lock.LockError, f"process {os.getpid()}, "), lock.alone(where):
                    pass
                return mock.Mock(status=0, splats=[], seconds=1)

            with mock.patch.object(vm, "run", side_effect=refused) as run:
                command()
            run.assert_called_once()
            with lock.alone(folder):
                pass

    def test_a_vm_that_outlived_its_command(self):
        folder = self.folder / "serve"
        left = subprocess.Popen(["sleep", "600"], env={lock.VM: f"{folder}.lock"})
        self.addCleanup(left.wait)
        self.addCleanup(left.kill)
        with self.assertRaisesRegex(lock.LockError, rf"killed .* {left.pid} \(sleep\); wait for"), lock.alone(folder):
            pass
