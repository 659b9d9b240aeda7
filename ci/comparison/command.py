# SPDX-License-Identifier: GPL-2.0-only
"""./phyr compare: two kernels of anybody's, measured and reported."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ci import bench
from ci.artifacts import Artifacts
from ci.comparison import document, exchange, html, text, verdicts
from ci.comparison.builder import Built
from ci.comparison.measure import Boot, all_boots
from ci.comparison.place import Here, Place
from ci.comparison.sides import Side
from ci.comparison.suites import Suite
from ci.progress import say
from ci.write import whole

# Option -> what makes its text.
OUTPUTS: dict[str, tuple[str, Callable[[dict], str]]] = {
    "json": ("the comparison, see ci/comparison/comparison.schema.json", document.text),
    "markdown": ("a report for a mail or a merge request", text.markdown),
    "html": ("a page with plots, in one file", html.page),
    "ktap": ("KTAP, a test a row", exchange.ktap),
    "junit": ("JUnit XML, a test case a row", exchange.junit),
    "kcidb": (f"JSON of KCIDB, version {exchange.KCIDB['major']}.{exchange.KCIDB['minor']}", exchange.kcidb),
}


def compared(artifacts: Artifacts, sides: tuple[Side, Side], suite: Suite, fragments: list[Path], clock: str = "icount",
             held: list[dict] | None = None, again: bool = False, place: Place = Here()) -> dict:
    """The document."""
    if clock == "kvm":
        bench.need_kvm(artifacts)
    builder = place.builder(artifacts, fragments)
    builts = place.each(builder.build, sides)
    take = place.bench(artifacts, suite, clock, again)
    boots = all_boots(take, builts, 1 if clock == "icount" else verdicts.BOOTS, place.each)
    second = confirmed(artifacts, suite, builts, boots, again, place) if clock == "kvm" else ()
    return document.make(suite, clock, take.qemu, bench.now(), builts, boots, held, second)


def confirmed(artifacts: Artifacts, suite: Suite, builts: list[Built], boots: list[list[Boot]],
              again: bool, place: Place) -> list[list[Boot]] | tuple[()]:
    """As many boots once more, of the rows that differ: by chance some always do."""
    names = verdicts.differing(suite, *boots, "kvm")
    if not names:
        return ()
    say(f"{len(names)} rows differ; measuring them once more")
    some = replace(suite, rows=tuple(names), programs=(), held=())
    return all_boots(place.bench(artifacts, some, "kvm", again), builts, verdicts.BOOTS)


def run(artifacts: Artifacts, sides: tuple[Side, Side], suite: Suite, fragments: list[Path],
        outputs: dict[str, Path], clock: str = "icount", held: list[dict] | None = None, again: bool = False,
        place: Place = Here()) -> int:
    """outputs: of OUTPUTS those that are wanted, and where."""
    found = compared(artifacts, sides, suite, fragments, clock, held, again, place)
    for name, file in outputs.items():
        whole(file, OUTPUTS[name][1](found))
    print(text.terminal(found), end="")
    return found["status"]
