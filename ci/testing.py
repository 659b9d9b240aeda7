# SPDX-License-Identifier: GPL-2.0-only
"""./phyr test: the selected entries, and what they share, as jobs; what people see of them."""

import os
from collections.abc import Iterable, Sequence
from functools import partial

from ci import progress, schedule
from ci.artifacts import STEPS, Artifacts
from ci.entry import Entry, Options
from ci.schedule import Job, Result, Room
from ci.suite import Selected
from ci.tap import Tally

GUEST_MEMORY = 10          # GiB of a VM
ALONE = 1 << 20            # more cores than there are


def room() -> Room:
    """All cores; what memory there is but for 2 GiB of compilers and browsers."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 30
    return Room(os.cpu_count() or 1, memory - 2)


def piece_name(entry: Entry, parts: list[str], number: int, pieces: int) -> str:
    """sanitizers/asan for all of asan/*, dma/bounce for that one, guest-debug/2 where nothing else tells them apart."""
    if pieces == 1:
        return entry.name
    folders = {part.partition("/")[0] for part in parts}
    return f"{entry.name}/{folders.pop() if len(folders) == 1 else number}"


def attempted(artifacts: Artifacts, entry: Entry, options: Options) -> Tally:
    tally = entry.run(artifacts, options)
    if not tally.passed and not tally.skipped and not tally.failures:
        tally.failures.append(f"{options.name}: nothing was tested")
    return tally


def pieces_of(artifacts: Artifacts, each: Selected, long: bool, alone: bool, cores: int) -> list[Job]:
    """alone: no other entry is to run, so it may have all cores."""
    entry = each.entry
    groups = entry.split(each.parts)
    jobs = []
    for number, parts in enumerate(groups, 1):
        name = piece_name(entry, parts, number, len(groups))
        options = Options(name, tuple(parts), long, cores if alone and len(groups) == 1 else 1)
        jobs.append(Job(name, partial(attempted, artifacts, entry, options), entry.uses,
                        ALONE if entry.alone else 1, GUEST_MEMORY * entry.guest, entry.seconds))
    return jobs


def make(artifacts: Artifacts, name: str) -> None:
    STEPS[name].make(artifacts)


def steps_of(artifacts: Artifacts, names: Iterable[str], cores: int) -> list[Job]:
    """These, and what they need."""
    wanted = set(names)
    while more := {before for name in wanted for before in STEPS[name].after} - wanted:
        wanted |= more
    return [Job(name, partial(make, artifacts, name), step.after, cores if step.whole_machine else 1, 0, step.seconds)
            for name, step in STEPS.items() if name in wanted]


class Printer:
    """A line when a job begins and one when it ends, with its failures; a table of all at the end."""

    def __init__(self, steps: Sequence[Job]):
        self.steps = {job.name for job in steps}

    def begins(self, job: Job) -> None:
        progress.line(f"{'making ' if job.name in self.steps else ''}{job.name}")

    def ends(self, result: Result) -> None:
        progress.steps.pop(result.job.name, None)
        outcome = ("failed" if result.failed else "made") if result.job.name in self.steps else result.tally
        progress.line(f"{result.job.name}: {outcome} in {result.seconds:.0f} s")
        for failure in result.tally.failures if result.tally else []:
            print(f"FAIL {failure}", flush=True)

    def waits(self, running: Sequence[Job]) -> None:
        progress.line("running: " + ", ".join(
            f"{job.name} ({progress.steps[job.name]})" if job.name in progress.steps else job.name for job in running))


def table(steps: list[Result], entries: dict[str, list[Result]]) -> str:
    """Seconds of each entry's pieces together: beside each other they took less."""
    lines = [f"{'entry':<16} {'passed':>7} {'failed':>7} {'skipped':>7} {'seconds':>8}"]
    for result in steps:
        lines.append(f"{'(' + result.job.name + ')':<16} {'':>7} {'failed' if result.failed else '':>7} {'':>7} "
                     f"{result.seconds:8.0f}")
    for name, results in entries.items():
        tally = sum((result.tally for result in results), Tally())
        lines.append(f"{name:<16} {tally.passed:7} {len(tally.failures):7} {tally.skipped:7} "
                     f"{sum(result.seconds for result in results):8.0f}")
    lines.append(f"{'from begin to end':<40} {progress.elapsed():8.0f}")
    return "\n".join(lines)


def run(artifacts: Artifacts, selected: list[Selected], long: bool, limits: Room | None = None) -> int:
    limits = limits or room()
    pieces = {each.entry.name: pieces_of(artifacts, each, long, len(selected) == 1, limits.cores) for each in selected}
    steps = steps_of(artifacts, {name for each in selected for name in each.entry.uses}, limits.cores)
    jobs = [job for jobs in pieces.values() for job in jobs]
    progress.line(f"{len(jobs)} pieces of {', '.join(pieces)}; {limits.cores} cores, {limits.memory} GiB")
    results = {result.job.name: result for result in schedule.run([*steps, *jobs], limits, Printer(steps))}
    entries = {name: [results[job.name] for job in jobs] for name, jobs in pieces.items()}
    total = sum((result.tally for found in entries.values() for result in found), Tally())
    print(table([results[job.name] for job in steps], entries))
    print(total, flush=True)
    return 1 if total.failures or not total.passed else 0
