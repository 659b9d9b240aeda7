# SPDX-License-Identifier: GPL-2.0-only
"""Jobs side by side on the cores and the memory that there are, each after those that it needs."""

import queue
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ci import progress
from ci.error import CiError
from ci.tap import Tally

HEARTBEAT = 60.0      # seconds without a line, after which one says what is going on


@dataclass(frozen=True)
class Job:
    name: str
    run: Callable[[], Tally | None]      # None: what it made is for others, and counts nothing
    after: tuple[str, ...] = ()          # the names of other jobs
    cores: int = 1
    memory: int = 0                      # GiB
    seconds: float = 1                   # about: only the order depends on it


@dataclass(frozen=True)
class Room:
    """What jobs that run at the same time may take together. One that wants more runs by itself."""
    cores: int
    memory: int

    def fits(self, job: Job, running: Sequence[Job]) -> bool:
        return not running or (job.cores + sum(other.cores for other in running) <= self.cores
                               and job.memory + sum(other.memory for other in running) <= self.memory)


@dataclass(frozen=True)
class Result:
    job: Job
    tally: Tally | None                  # None: it made what it was to make
    began: float
    ended: float

    @property
    def failed(self) -> bool:
        return bool(self.tally and self.tally.failures)

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Report(Protocol):
    def begins(self, job: Job) -> None: ...
    def ends(self, result: Result) -> None: ...
    def waits(self, running: Sequence[Job]) -> None: ...


def by_urgency(jobs: Sequence[Job]) -> list[Job]:
    """Those first behind which the most is left to do; of equals, who comes first.

    One of several cores, which must not find others running, leaves no core idle when it comes before all others, or,
    where nothing waits for it, after them.
    """
    needed_by: dict[str, list[Job]] = {job.name: [] for job in jobs}
    for job in jobs:
        for name in job.after:
            needed_by[name].append(job)

    def left(job: Job) -> float:
        return job.seconds + max((left(other) for other in needed_by[job.name]), default=0.0)

    def turn(job: Job) -> int:
        return 0 if job.cores == 1 else 1 if needed_by[job.name] else -1

    return sorted(jobs, key=lambda job: (turn(job), left(job)), reverse=True)


def attempt(job: Job) -> Tally | None:
    """What the job returns; whatever goes wrong in it is a failure of its own."""
    progress.enter(job.name)
    try:
        return job.run()
    except (CiError, OSError) as error:
        return Tally(failures=[f"{job.name}: {error}"])
    except Exception:
        return Tally(failures=[f"{job.name}: {traceback.format_exc().strip()}"])


def in_thread(job: Job, ended: "queue.SimpleQueue[Result]") -> None:
    began = time.monotonic()
    tally = attempt(job)
    ended.put(Result(job, tally, began, time.monotonic()))


def run(jobs: Sequence[Job], room: Room, report: Report) -> list[Result]:
    """All jobs, each once; of one that failed, those behind it fail, too.

    The threads are daemons: whoever interrupts this sees to it that their children end (ci/children.py).
    """
    waiting = by_urgency(jobs)
    running: list[Job] = []
    results: dict[str, Result] = {}
    ended: queue.SimpleQueue[Result] = queue.SimpleQueue()

    def finish(result: Result) -> None:
        results[result.job.name] = result
        report.ends(result)

    while waiting or running:
        for job in [job for job in waiting if all(name in results for name in job.after)]:
            if broken := [name for name in job.after if results[name].failed]:
                waiting.remove(job)
                now = time.monotonic()
                finish(Result(job, Tally(failures=[f"{job.name}: not run, for {broken[0]} failed"]), now, now))
            elif room.fits(job, running):
                waiting.remove(job)
                running.append(job)
                report.begins(job)
                threading.Thread(target=in_thread, args=(job, ended), daemon=True).start()
            else:
                break     # What is less urgent must not keep it waiting.
        if not running:
            continue
        try:
            result = ended.get(timeout=HEARTBEAT)
        except queue.Empty:
            report.waits(running)
            continue
        running.remove(result.job)
        finish(result)
    return [results[job.name] for job in jobs]
