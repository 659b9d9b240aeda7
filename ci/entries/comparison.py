# SPDX-License-Identifier: GPL-2.0-only
"""./phyr compare stock phyr --limits, of the quick suite."""

from ci import bench, limits, paths, write
from ci.artifacts import Artifacts
from ci.comparison import command, sides, suites
from ci.comparison.text import terminal
from ci.entry import Options
from ci.tap import Tally


def tally_of(document: dict) -> Tally:
    """A limit each, and a program that has stopped working."""
    worse = [f"compare: {one['name']} works on stock and exits with {one['head']} on phyr"
             for one in document["programs"] if one["verdict"] == "worse"]
    return Tally(passed=sum(limit["met"] for limit in document["limits"]),
                 failures=[f"compare: {limit['text']}" for limit in document["limits"] if not limit["met"]] + worse)


def comparison(artifacts: Artifacts, _options: Options) -> Tally:
    pair = tuple(sides.side(role, text, paths.ROOT, None) for role, text in (("base", "stock"), ("head", "phyr")))
    found = command.compared(artifacts, pair, suites.find("quick", paths.ROOT), [],
                             held=limits.read(bench.LIMITS))
    write.whole(paths.RESULTS / "stock-phyr.txt", terminal(found))
    return tally_of(found)
