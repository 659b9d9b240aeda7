# SPDX-License-Identifier: GPL-2.0-only
"""Jobs of Slurm: each is one file of what is wanted, and one of what came of it, which all nodes see.

Only the answer of a job that Slurm calls completed is believed. One that was killed, or whose node died, is run again.
"""

import contextlib
import json
import os
import shlex
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import TypeVar

from ci import paths
from ci.comparison.builder import FOLDER
from ci.error import CiError
from ci.progress import note, say
from ci.write import whole

Item = TypeVar("Item")
Value = TypeVar("Value")

COMMAND = ("python3", "-B", "-m", "ci.comparison.job")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"       # as in ./phyr
# Of the environment here a job has these, and what Slurm says.
PASSED = ("HOME", "CCACHE_DIR", "LANG", "SLURM_CONF")
ATTEMPTS = 4                   # of a job that is lost
LOOK = 2.0                     # seconds between two looks at the queue, for all jobs together
PATIENCE = 600.0               # seconds in which a controller that does not answer may come back
AWAY = "Unable to contact slurm controller"
WAITS = 60.0                   # seconds after which it is said why a job does not begin
LATE = 20.0                    # seconds after which a file that a node has written is seen here
COMPLETED, LOST = "COMPLETED", "LOST"
GOES_ON = ("PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "STAGE_OUT", "SIGNALING", "STOPPED", "SUSPENDED",
           "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESIZING", "SPECIAL_EXIT", "REVOKED")
UP = ("idle", "allocated", "mixed", "completing")


class SlurmError(CiError):
    pass


class Stopped(Exception):
    """The command ends, and with it what has been asked of it."""


def call(*words: str, text: str | None = None) -> str:
    try:
        # Ctrl-C is ours: sbatch that it ends may have submitted a job whose number nobody knows.
        done = subprocess.run(words, capture_output=True, text=True, input=text, start_new_session=True)
    except FileNotFoundError:
        raise SlurmError(f"--jobs slurm: this machine has no {words[0]}; Debian's package slurm-client, or the "
                         "cluster's login node, has it") from None
    if done.returncode:
        raise SlurmError(f"{words[0]}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def nodes() -> int:
    """Of the cluster, or of $SBATCH_PARTITION, those that can work."""
    partition = os.environ.get("SBATCH_PARTITION")
    listed = call("sinfo", "--noheader", "--Node", "--format=%N|%T", *(["--partition", partition] if partition else []))
    up = {name for name, _bar, state in (line.partition("|") for line in listed.splitlines())
          if state.rstrip("*~#!%$@^-") in UP and not state.endswith("*")}
    if not up:
        raise SlurmError("--jobs slurm: no node of the cluster is up; see sinfo")
    return len(up)


def script(command: Sequence[str], folder: Path) -> str:
    exports = {name: os.environ[name] for name in PASSED if name in os.environ} | {"PATH": PATH, "PYTHONUTF8": "1"}
    return "\n".join(["#!/bin/sh", f"cd {shlex.quote(str(paths.ROOT))} || exit",
                      *(f"export {name}={shlex.quote(value)}" for name, value in exports.items()),
                      f"exec {shlex.join([*command, str(folder)])}", ""])


def seen(file: Path) -> bool:
    """A file that a node has written. File systems of several machines may be late, and know what was not there."""
    deadline = time.monotonic() + LATE
    while not file.exists():
        if time.monotonic() > deadline:
            return False
        for folder in reversed(file.parents[:3]):
            with contextlib.suppress(OSError):
                os.listdir(folder)
        time.sleep(0.1)
    return True


class Queue:
    """States of our jobs, asked for at most every LOOK seconds, however many threads want to know."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.looked = 0.0                    # when it was answered
        self.tried = 0.0
        self.began = 0.0                     # when it was tried first
        self.states: dict[str, tuple[str, str, str]] = {}

    def look(self) -> None:
        now = time.monotonic()
        if now - self.tried < LOOK:
            return
        self.tried = now
        self.began = self.began or now
        try:
            listed = call("squeue", "--me", "--states=all", "--noheader", "--format=%i|%T|%N|%r")
        except SlurmError as error:
            if now - max(self.looked, self.began) > PATIENCE:
                raise SlurmError(f"for {PATIENCE:.0f} s Slurm has not answered: {error}") from None
            return
        self.looked = now
        self.states = {words[0]: (words[1], words[2], words[3]) for line in listed.splitlines()
                       if len(words := line.split("|")) == 4}

    def state(self, job: str, since: float) -> tuple[str, str, str]:
        """(state, node, reason); a job that nobody knows any more, though it was submitted since, is lost."""
        with self.lock:
            self.look()
            return self.states.get(job, (LOST, "", "") if self.looked > since else ("PENDING", "", ""))


class Slurm:
    """At most workers things at a time. Any of its threads may ask."""

    def __init__(self, workers: int | None = None, command: Sequence[str] = COMMAND, folder: Path = FOLDER / "jobs"):
        self.workers = workers or nodes()
        self.command, self.folder = command, folder
        self.queue = Queue()
        self.stopping = threading.Event()
        self.lock = threading.Lock()         # of the next
        self.open: set[str] = set()

    def each(self, function: Callable[[Item], Value], items: Iterable[Item]) -> list[Value]:
        """Of all, side by side, in their order. The first that fails, or an interrupt, ends the others."""
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                asked = [pool.submit(function, item) for item in items]
                for one in as_completed(asked):
                    one.result()
                return [one.result() for one in asked]
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self.stop()
                raise

    def stop(self) -> None:
        """No job of ours goes on."""
        self.stopping.set()
        with self.lock:
            jobs = sorted(self.open)
        if jobs:
            say(f"ending {len(jobs)} jobs")
            try:
                call("scancel", *jobs)
            except SlurmError as error:
                note(f"{error}; these jobs go on, scancel ends them: {' '.join(jobs)}")

    def submit(self, name: str, folder: Path, options: Sequence[str]) -> str:
        """The job's number. Only where no job can have been made of it, it is tried again."""
        began = time.monotonic()
        while True:
            with self.lock:
                if self.stopping.is_set():
                    raise Stopped
                try:
                    job = call("sbatch", "--parsable", "--no-requeue", "--export=NIL", f"--job-name=phyr-{name}",
                               f"--output={folder}/log", "--open-mode=append", f"--chdir={paths.ROOT}", *options,
                               text=script(self.command, folder)).strip().partition(";")[0]
                    self.open.add(job)
                    return job
                except SlurmError as error:
                    if AWAY not in str(error):
                        raise
                    if time.monotonic() - began > PATIENCE:
                        raise SlurmError(f"for {PATIENCE:.0f} s Slurm has not answered: {error}") from None
            self.stopping.wait(LOOK)

    def wait(self, name: str, job: str) -> tuple[str, str]:
        """Until it has ended: (state, node)"""
        began = time.monotonic()
        told = False
        while not self.stopping.wait(LOOK / 4):
            state, node, reason = self.queue.state(job, began)
            if state not in GOES_ON:
                return state, node
            if state == "PENDING" and not told and time.monotonic() - began > WAITS and reason not in ("", "None"):
                told = True
                note(f"{name}, job {job}, waits: {reason}")
        raise Stopped

    def run(self, name: str, request: dict, options: Sequence[str] = ()) -> dict:
        """The answer to request, see ci/comparison/job.py. name: for people, and squeue."""
        self.folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        whole(folder / "request.json", json.dumps(request))
        said = ""
        for attempt in range(1, ATTEMPTS + 1):
            job = self.submit(name, folder, options)
            try:
                state, node = self.wait(name, job)
            finally:
                if not self.stopping.is_set():
                    with self.lock:
                        self.open.discard(job)
            if state == COMPLETED and seen(folder / "answer.json"):
                answer = json.loads((folder / "answer.json").read_text())
                shutil.rmtree(folder)
                return answer
            (folder / "answer.json").unlink(missing_ok=True)
            said = f"{name}, job {job}{f' on {node}' if node else ''}, ended as {state}"
            note(f"{said}; " + ("it is run again" if attempt < ATTEMPTS else f"that was the last of {ATTEMPTS} times"))
        raise SlurmError(f"{said}, {ATTEMPTS} times; the log is {folder / 'log'}")
