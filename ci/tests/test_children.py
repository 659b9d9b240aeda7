# SPDX-License-Identifier: GPL-2.0-only
"""An interrupted test run leaves no process behind, and says nothing it does not know."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from ci import paths

# Two jobs that start children for ever, which have children of their own, one of them forgotten by its parent; each is
# marked with the word.
RUN = """
import subprocess, sys
from ci import __main__ as door
from ci import schedule, testing

def job():
    subprocess.run(["sh", "-c", "sleep 600.{word} & sleep 600.{word}"])
    while True:
        subprocess.run(["sleep", "600.{word}"])

def detached():
    subprocess.run(["sh", "-c", "(trap '' TERM; setsid sleep 600.{word}) & exit 0"])
    job()

def command(_arguments):
    jobs = [schedule.Job("a", job), schedule.Job("b", detached)]
    schedule.run(jobs, schedule.Room(2, 0), testing.Printer([]))
    return 0

door.command_kernels = command
sys.argv = ["phyr", "kernels"]
sys.exit(door.main())
"""

# One that leaves a file, unless it is given time to remove it.
TIDY = """
import sys
from ci import __main__ as door
from ci import children
LEFT = sys.argv.pop()
TRAP = 'trap "rm $0; exit 1" TERM; touch $0; while :; do sleep 0.1; done'
door.command_kernels = lambda _arguments: children.run(["sh", "-c", TRAP, LEFT]).returncode
sys.exit(door.main())
"""


def alive(word: str) -> list[int]:
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if line.read_bytes() == f"sleep\x00600.{word}\x00".encode():
                found.append(int(line.parent.name))
        except OSError:
            pass
    return found


def as_in_a_terminal() -> None:
    """Whoever runs the tests may be under nohup or in the background of a script, which ignores these."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


class Interrupt(unittest.TestCase):
    def interrupted(self, number: int) -> tuple[int, str]:
        word = f"{os.getpid()}{number:02}"
        process = subprocess.Popen([sys.executable, "-B", "-c", RUN.format(word=word)], cwd=paths.ROOT, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   preexec_fn=as_in_a_terminal)
        self.addCleanup(lambda: [os.kill(left, signal.SIGKILL) for left in alive(word)])
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while len(alive(word)) < 5 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
        self.assertEqual(len(alive(word)), 5)
        process.send_signal(number)
        said, _ = process.communicate(timeout=120)
        self.assertEqual(alive(word), [])
        return process.returncode, said

    def test_control_c(self):
        status, said = self.interrupted(signal.SIGINT)
        self.assertEqual(status, 130)
        self.assertNotIn("passed", said)

    def test_termination(self):
        status, said = self.interrupted(signal.SIGTERM)
        self.assertEqual(status, 143)
        self.assertNotIn("Traceback", said)

    def test_a_terminal_that_goes(self):
        status, said = self.interrupted(signal.SIGHUP)
        self.assertEqual(status, 129)
        self.assertNotIn("Traceback", said)

    def test_time_to_tidy_up(self):
        with tempfile.TemporaryDirectory() as scratch:
            left = Path(scratch) / "left"
            process = subprocess.Popen([sys.executable, "-B", "-c", TIDY, "kernels", left], cwd=paths.ROOT)
            self.addCleanup(process.kill)
            while not left.exists() and process.poll() is None:
                time.sleep(0.05)
            process.terminate()
            self.assertEqual(process.wait(60), 143)
            self.assertFalse(left.exists())
