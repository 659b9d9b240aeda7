# SPDX-License-Identifier: GPL-2.0-only
"""./phyr bisect: which commit moved a row. The commits to look at next are git's choice, as in 'git bisect'."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ci.artifacts import Artifacts
from ci.comparison import sides, text, verdicts
from ci.comparison.commits import Commits, Skip, shown
from ci.comparison.sides import Side
from ci.comparison.suites import Suite
from ci.comparison.verdicts import Figure
from ci.error import CiError
from ci.git import Git
from ci.progress import say


class BisectError(CiError):
    pass


@dataclass(frozen=True)
class Found:
    """commits: the one that moved the row, or all that may have, where those between could not be measured."""
    commits: tuple[str, ...]
    before: Figure
    after: Figure
    steps: int
    skipped: tuple[str, ...]


@dataclass
class Search:
    git: Git
    good: list[str]
    bad: str
    measure: Callable[[str], Figure]         # raises Skip
    percent: float
    skipped: list[str] = field(default_factory=list)
    figures: dict[str, Figure] = field(default_factory=dict)

    def candidates(self) -> list[str]:
        """Which may have moved it, the one that halves them best first; bad is one of them."""
        out = self.git.line("rev-list", "--bisect-all", self.bad, "--not", *self.good)
        return [line.split()[0] for line in out.splitlines()]

    def take(self, commit: str) -> Figure:
        if commit not in self.figures:
            self.figures[commit] = self.measure(commit)
        return self.figures[commit]

    def end(self, commit: str, name: str) -> Figure:
        try:
            return self.take(commit)
        except Skip as reason:
            raise BisectError(f"{name}, {commit[:12]}: {reason}") from None

    def moved(self, base: Figure, one: Figure, up: bool) -> bool:
        """As far as asked for, in the direction in which it moves from good to bad."""
        if base.error or one.error:
            return bool(base.error) != bool(one.error)
        apart = one.median - base.median
        return abs(apart) > self.percent / 100 * base.median and (apart > 0) == up

    def run(self) -> Found:
        first = self.good[0]
        if not self.git.holds("merge-base", "--is-ancestor", first, self.bad):
            raise BisectError(f"GOOD, {first[:12]}, is no ancestor of BAD, {self.bad[:12]}: name a commit before it, "
                              "such as what git merge-base says of both")
        if not self.candidates():
            raise BisectError(f"{self.bad[:12]} has no commit that {first[:12]} has not: nothing to look at")
        base, last = self.end(first, "GOOD"), self.end(self.bad, "BAD")
        up = bool(last.error) or not base.error and last.median > base.median
        if not self.moved(base, last, up):
            raise BisectError(f"the row does not move by more than {self.percent:g} %: {shown(base)} at {first[:12]}, "
                              f"{shown(last)} at {self.bad[:12]}")
        steps, before = 0, base
        while True:
            left = self.candidates()
            open_ = [commit for commit in left if commit != self.bad and commit not in self.skipped]
            if not open_:
                return Found(tuple(left) if len(left) > 1 else (self.bad,), before, self.figures[self.bad], steps,
                             tuple(self.skipped))
            commit = open_[0]
            steps += 1
            say(f"{len(left)} commits left; step {steps}: {self.git.line('show', '-s', '--format=%h %s', commit)}")
            try:
                figure = self.take(commit)
                if figure.error and figure.error not in (base.error, last.error):
                    raise Skip(f"it fails with {figure.error}, as neither end does")
            except Skip as reason:
                say(f"{commit[:12]} is skipped: {reason}")
                self.skipped.append(commit)
                continue
            if self.moved(base, figure, up):
                self.bad = commit
            else:
                self.good.append(commit)
                before = figure


def report(git: Git, row: str, found: Found) -> str:
    base, head = shown(found.before), shown(found.after)
    percent = verdicts.change(found.before, found.after)
    change = f" ({text.share(percent)} %)" if percent else ""
    lines = [f"{row}: {base} -> {head}{change}, {found.steps} steps"
             + (f", {len(found.skipped)} skipped" if found.skipped else "")]
    if len(found.commits) > 1:
        lines.append("it is one of these, of which those between could not be measured:")
    for commit in found.commits:
        lines.append(git.line("show", "-s", "--format=commit %H%nAuthor: %an <%ae>%n%n    %s%n", commit))
        if len(found.commits) == 1:
            lines.append(git.line("show", "--stat", "--format=", commit))
    return "\n".join(lines)


def run(artifacts: Artifacts, tree: Path, good: Side, bad: Side, suite: Suite, fragments: list[Path], row: str,
        percent: float) -> int:
    git = sides.repository(tree) or Git(tree)
    take = Commits(artifacts, tree, suite, fragments)
    search = Search(git, [good.commit], bad.commit, lambda commit: take.measure(commit)[row], percent)
    print(report(git, row, search.run()))
    return 0
