# SPDX-License-Identifier: GPL-2.0-only
"""./phyr bisect: which commit moved a row. The commits to look at next are git's choice, as in 'git bisect'."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ci import explain
from ci.artifacts import Artifacts
from ci.comparison import sides, text, verdicts
from ci.comparison.commits import Commits, Skip, shown
from ci.comparison.place import Here, Place
from ci.comparison.sides import Side
from ci.comparison.suites import Suite
from ci.comparison.verdicts import Figure
from ci.error import CiError
from ci.git import Git
from ci.progress import note, say


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
    measure: Callable[[list[str]], list[Figure | Skip]]      # side by side, where there is room
    percent: float
    workers: int = 1                         # so many commits are measured at a time
    skipped: list[str] = field(default_factory=list)
    figures: dict[str, Figure | Skip] = field(default_factory=dict)

    def candidates(self) -> list[str]:
        """Which may have moved it, the one that halves them best first; bad is one of them."""
        out = self.git.line("rev-list", "--bisect-all", self.bad, "--not", *self.good)
        return [line.split()[0] for line in out.splitlines()]

    def choose(self, usable: list[str]) -> list[str]:
        """Of those, of which nothing is known yet: the middle, or several that divide all into equal parts."""
        if self.workers == 1:
            return usable[:1]
        ordered = self.git.line("rev-list", "--topo-order", "--reverse", self.bad, "--not", *self.good).split()
        parts = min(self.workers, len(usable)) + 1
        ordered = [commit for commit in ordered if commit in usable]
        places = {max(0, round(number * (len(ordered) + 1) / parts) - 1) for number in range(1, parts)}
        return [ordered[place] for place in sorted(places)]

    def take(self, commits: list[str]) -> list[Figure | Skip]:
        """Each is measured once."""
        new = [commit for commit in dict.fromkeys(commits) if commit not in self.figures]
        self.figures |= dict(zip(new, self.measure(new), strict=True))
        return [self.figures[commit] for commit in commits]

    def ends(self) -> tuple[Figure, Figure]:
        found = self.take([self.good[0], self.bad])
        for name, commit, figure in zip(("GOOD", "BAD"), (self.good[0], self.bad), found):
            if isinstance(figure, Skip):
                raise BisectError(f"{name}, {commit[:12]}: {figure}")
        return found[0], found[1]

    def moved(self, base: Figure, one: Figure, up: bool) -> bool:
        """As far as asked for, in the direction in which it moves from good to bad."""
        if base.error or one.error:
            return bool(base.error) != bool(one.error)
        apart = one.median - base.median
        return abs(apart) > self.percent / 100 * base.median and (apart > 0) == up

    def usable(self, commit: str, figure: Figure | Skip, errors: tuple[str, str]) -> bool:
        """errors: of both ends."""
        skipped = isinstance(figure, Skip)             # Who measured it has said why.
        if not skipped and figure.error and figure.error not in errors:
            skipped = True
            say(f"{commit[:12]} is skipped: it fails with {figure.error}, as neither end does")
        if skipped:
            self.skipped.append(commit)
        return not skipped

    def run(self) -> Found:
        first = self.good[0]
        if not self.git.holds("merge-base", "--is-ancestor", first, self.bad):
            raise BisectError(f"GOOD, {first[:12]}, is no ancestor of BAD, {self.bad[:12]}: name a commit before it, "
                              "such as what git merge-base says of both")
        if not self.candidates():
            raise BisectError(f"{self.bad[:12]} has no commit that {first[:12]} has not: nothing to look at")
        base, last = self.ends()
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
            chosen = self.choose(open_)
            steps += 1
            say(f"{len(left)} commits left; step {steps}: "
                + "; ".join(self.git.said("show", "-s", "--format=%h %s", commit) for commit in chosen))
            # The first that moved is the new end; what is behind it says nothing any more.
            for commit, figure in zip(chosen, self.take(chosen)):
                if not self.usable(commit, figure, (base.error, last.error)):
                    continue
                if self.moved(base, figure, up):
                    self.bad = commit
                    break
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
        lines.append(git.said("show", "-s", "--format=commit %H%nAuthor: %an <%ae>%n%n    %s%n", commit))
        if len(found.commits) == 1:
            lines += ["", " " + git.said("show", "--stat", "--format=", commit)]
    return "\n".join(lines)


def explain_found(artifacts: Artifacts, git: Git, tree: Path, suite: Suite, fragments: list[Path], row: str,
                  found: Found, svg: Path) -> None:
    """Where the difference is, by function. What was found stays found if that cannot be told."""
    if len(found.commits) > 1 or found.before.error or found.after.error:
        say("without one commit that has figures on both sides there is nothing to explain")
        return
    commit = found.commits[0]
    pair = [Side(role, name[:12], "ref", tree, name)
            for role, name in (("base", git.line("rev-parse", f"{commit}^")), ("head", commit))]
    try:
        explain.run(artifacts, row, pair, svg, fragments, suite.plan)
    except CiError as error:
        note(f"explain: {error}")


def run(artifacts: Artifacts, tree: Path, good: Side, bad: Side, suite: Suite, fragments: list[Path], row: str,
        percent: float, svg: Path, place: Place = Here()) -> int:
    git = sides.repository(tree) or Git(tree)
    take = Commits(artifacts, tree, suite, fragments, place)

    def measure(commits: list[str]) -> list[Figure | Skip]:
        return [found if isinstance(found, Skip) else found[row] for found in take.measure_all(commits)]

    found = Search(git, [good.commit], bad.commit, measure, percent, place.workers).run()
    print(report(git, row, found), flush=True)
    explain_found(artifacts, git, tree, suite, fragments, row, found, svg)
    return 0
