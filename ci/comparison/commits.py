# SPDX-License-Identifier: GPL-2.0-only
"""Rows of single commits of a repository, which is only read: nothing is checked out in it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ci import bench, compare, vm
from ci.artifacts import Artifacts
from ci.comparison import verdicts
from ci.comparison.builder import BuildError
from ci.comparison.measure import Boot, MeasureError, merged
from ci.comparison.place import Here, Place
from ci.comparison.sides import Side
from ci.comparison.suites import Suite, SuiteError
from ci.comparison.verdicts import Figure
from ci.progress import say


class Skip(Exception):
    """Of this commit nothing can be said: it does not build, boot or measure."""


def exact_rows(suite: Suite, rows: Sequence[str]) -> Suite:
    """Of the suite those rows, each of which one boot decides."""
    for row in rows:
        if row not in suite.names():
            raise SuiteError(f"--row {row}: suite {suite.name} has no such row")
        for name in (row, compare.row_name(row)):
            if entry := compare.inexactness(name, suite.plan["inexact"]):
                raise SuiteError(f"--row {row}: is not exact, so a boot decides nothing: {entry['reason']}")
    return replace(suite, rows=tuple(rows), programs=(), held=())


def figures(boot: Boot, rows: Sequence[str]) -> dict[str, Figure]:
    found = {}
    for row in rows:
        results = [result for result in boot.results if result["workload"] == row]
        found[row] = verdicts.failure(results) if verdicts.lacks([boot], row, results) \
            else verdicts.figure(results, True)
    return found


def shown(figure: Figure) -> str:
    return figure.error or f"{figure.median:,.0f}"


class Commits:
    """Builds and boots them; what is known of one is not measured again."""

    def __init__(self, artifacts: Artifacts, tree: Path, suite: Suite, fragments: list[Path], place: Place = Here()):
        """suite: of exact_rows()"""
        self.tree, self.rows, self.place = tree, suite.rows, place
        self.builder, self.bench = place.builder(artifacts, fragments), place.bench(artifacts, suite, "icount")

    def measure(self, commit: str) -> dict[str, Figure]:
        """Row -> its figure, or Skip."""
        try:
            built = self.builder.build(Side("commit", commit[:12], "ref", self.tree, commit))
            boot = merged([self.bench.measured(built, features) for features in self.bench.features()])
        except (BuildError, vm.VmError, MeasureError, bench.BenchError) as error:
            raise Skip(str(error)) from None
        found = figures(boot, self.rows)
        say(f"{commit[:12]}: " + ", ".join(f"{row} {shown(figure)}" for row, figure in found.items()))
        return found

    def tried(self, commit: str) -> dict[str, Figure] | Skip:
        try:
            return self.measure(commit)
        except Skip as reason:
            say(f"{commit[:12]} is skipped: {reason}")
            return reason

    def measure_all(self, commits: Sequence[str]) -> list[dict[str, Figure] | Skip]:
        """Side by side, where the place has room for several."""
        return self.place.each(self.tried, commits)
