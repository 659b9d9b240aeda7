# SPDX-License-Identifier: GPL-2.0-only
"""Two commands that make the same things: the second is refused, and what the first one starts is not."""

import errno
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import lock, paths

OTHER = "import sys; from pathlib import Path; from ci import lock; lock.hold(Path(sys.argv[1]))"


class Lock(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.path = Path(scratch.name) / "build" / "lock"
        environment = mock.patch.dict(os.environ)
        environment.start()
        self.addCleanup(environment.stop)
        os.environ.pop(lock.HELD, None)
        held = mock.patch.object(lock, "_held", [])
        held.start()
        self.addCleanup(held.stop)

    def other(self, **more) -> str:
        """What it says; nothing when it gets the lock, or needs none."""
        run = subprocess.run([sys.executable, "-B", "-c", OTHER, self.path], cwd=paths.ROOT, capture_output=True,
                             text=True, **more)
        return run.stderr

    def test_one_at_a_time(self):
        lock.hold(self.path)
        stranger = {name: value for name, value in os.environ.items() if name != lock.HELD}
        self.assertIn(f"another ./phyr, process {os.getpid()}, is at work", self.other(env=stranger))
        lock.release()
        self.assertEqual(self.other(), "")

    def test_what_it_starts_shares_it(self):
        lock.hold(self.path)
        self.assertEqual(self.other(), "")
        lock.release()

    def test_the_end_of_its_owner_frees_it(self):
        self.assertEqual(self.other(), "")
        lock.hold(self.path)
        lock.release()

    def test_a_folder_of_somebody_else(self):
        """Root may write everywhere: it is the refusal of the system that is made up here."""
        for function, there in (("mkdir", self.path.parent.parent), ("open", self.path.parent)):
            with mock.patch.object(Path, function, side_effect=PermissionError(errno.EACCES, "x", str(self.path))), \
                    mock.patch.object(lock, "name_of", lambda user: f"user {user}"), \
                    mock.patch.object(os, "geteuid", return_value=77), \
                    self.assertRaisesRegex(lock.LockError, f"^{there} belongs to user {os.getuid()}, and user 77 cannot"
                                                           f".* as user {os.getuid()}, .*: chown -R user 77 {there}$"):
                lock.hold(self.path)
            self.path.parent.mkdir(exist_ok=True)
        self.assertEqual((lock.name_of(0), lock.name_of(3999999999)), ("root", "3999999999"))

    def test_what_a_killed_one_started(self):
        started = subprocess.Popen(["sleep", "600"], env={lock.HELD: str(self.path)})
        self.addCleanup(started.wait)
        self.addCleanup(started.kill)
        with self.assertRaisesRegex(lock.LockError, rf"killed .* {started.pid} \(sleep\); wait for"):
            lock.hold(self.path)
        started.kill()
        started.wait()
        lock.hold(self.path)
        lock.release()

    def test_what_a_killed_git_left(self):
        index = self.path.parent / "linux.git" / "refs-heads-phyr.index.lock"
        index.parent.mkdir(parents=True)
        index.touch()
        ours, job = (self.path.parent / "trees" / f"{name}.index.lock" for name in ("compared", "compared-n1-0"))
        for file in (ours, job):
            file.parent.mkdir(exist_ok=True)
            file.touch()
        lock.hold(self.path)
        # A job of a cluster is not under the lock.
        self.assertEqual([file.exists() for file in (index, ours, job)], [False, False, True])
        # What is started under the lock shares it with who may be using an index.
        index.touch()
        lock.hold(self.path)
        self.assertTrue(index.exists())
        lock.release()

    def test_what_a_killed_import_left_of_a_pack(self):
        folder = self.path.parent / "linux.git" / "objects" / "pack"
        folder.mkdir(parents=True)
        left, written, whole = (folder / name for name in ("tmp_pack_uV3xyz", "tmp_pack_aB1xyz", "pack-1.pack"))
        for file in (left, whole):
            file.touch()
        with written.open("w"):
            lock.hold(self.path)
        self.assertEqual(set(folder.iterdir()), {written, whole})
        lock.release()
        lock.hold(self.path)
        self.assertEqual(set(folder.iterdir()), {whole})
        lock.release()


if __name__ == "__main__":
    unittest.main()
