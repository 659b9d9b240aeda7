# SPDX-License-Identifier: GPL-2.0-only
"""./phyr history: rows over the commits of a range, and which commit moved which row."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci import bench, compare
from ci.artifacts import Artifacts
from ci.comparison import commits, history_page, sides, verdicts
from ci.comparison.commits import Commits, Skip
from ci.comparison.document import text
from ci.comparison.place import Here, Place
from ci.comparison.suites import Suite
from ci.comparison.text import share
from ci.comparison.verdicts import Figure
from ci.error import CiError
from ci.git import Git
from ci.progress import say
from ci.write import whole

SCHEMA = "phyr-history/1"
SCHEMA_FILE = Path(__file__).parent / "history.schema.json"
SUBJECT = 48               # characters of it in the table
# Option -> what makes its text.
OUTPUTS: dict[str, tuple[str, Callable[[dict], str]]] = {
    "json": ("the figures of all commits, see ci/comparison/history.schema.json", text),
    "html": ("a page with a plot of each row, in one file", history_page.page),
}


class HistoryError(CiError):
    pass


@dataclass(frozen=True)
class Commit:
    name: str
    date: str                  # of the author's, ISO 8601
    subject: str


@dataclass(frozen=True)
class Range:
    git: Git
    commits: tuple[Commit, ...]    # from A, which is what the first of the range is held against, to B


def commit(git: Git, name: str) -> Commit:
    parts = git.said("show", "-s", "--format=%H%n%aI%n%s", name).split("\n", 2)
    return Commit(parts[0], parts[1], "".join(parts[2:]))      # A subject may be empty.


def of_range(tree: Path, words: str) -> Range:
    """A..B; only first parents are followed: a merge is one step."""
    start, dots, end = words.partition("..")
    if not dots or not start or not end or end.startswith("."):
        raise HistoryError(f"'{words}': want A..B, two commits of {tree}")
    found = {name: sides.ref("commit", name, tree) for name in (start, end)}
    for name, side in found.items():
        if not side:
            raise HistoryError(f"'{words}': {tree} has no commit '{name}'")
    first, last = found[start].commit, found[end].commit
    git = sides.repository(tree) or Git(tree)
    listed = git.line("rev-list", "--first-parent", "--reverse", f"{first}..{last}").split()
    if not listed:
        raise HistoryError(f"'{words}': {end} has no commit that {start} has not")
    if not git.holds("merge-base", "--is-ancestor", first, last):
        raise HistoryError(f"'{words}': {start} is no ancestor of {end}; git merge-base names one, if they have any")
    # The parent of a root is none.
    if sides.commit_of(git, f"{listed[0]}^") != first:
        raise HistoryError(f"'{words}': {start} is not among the first parents of {end}; git merge-base names one that "
                           "may be")
    return Range(git, tuple(commit(git, name) for name in [first, *listed]))


def moves(suite: Suite, row: str, points: Sequence[tuple[str, Figure | None]]) -> list[dict]:
    """Where it is not as it was at the last commit that could be measured, by more than the suite's threshold."""
    found: list[dict] = []
    known = [(name, figure) for name, figure in points if figure]
    for (before, base), (after, head) in zip(known, known[1:]):
        verdict = verdicts.judge(base, head, True, "icount", suite.threshold(row))
        if verdict in (verdicts.WORSE, verdicts.BETTER):
            found.append({"row": row, "from": before, "commit": after, "base": base.json(), "head": head.json(),
                          "ratio": compare.ratio(base.json(), head.json()), "change": verdicts.change(base, head),
                          "verdict": verdict})
    return found


def make(suite: Suite, of: Range, found: dict[str, dict[str, Figure] | str], qemu: str, date: str) -> dict:
    """The document. found: commit -> its rows, or why it has none."""
    points = []
    for one in of.commits:
        rows = found[one.name]
        point = {"commit": one.name, "date": one.date, "subject": one.subject}
        points.append(point | ({"skipped": rows} if isinstance(rows, str)
                               else {"figures": {row: figure.json() for row, figure in rows.items()}}))
    known = {name: rows for name, rows in found.items() if not isinstance(rows, str)}
    return {"schema": SCHEMA, "date": date, "clock": "icount", "qemu": qemu, "suite": suite.name,
            "rows": list(suite.rows), "commits": points,
            "moves": [move for row in suite.rows
                      for move in moves(suite, row, [(one.name, known[one.name][row] if one.name in known else None)
                                                     for one in of.commits])]}


def said(move: dict) -> str:
    """+1.1 %, or that it fails."""
    if "error" in move["head"]:
        return "fails now"
    if "error" in move["base"]:
        return "works now"
    return f"{share(move['change'])} %" if move["change"] else "moves"


def table(document: dict) -> str:
    """A line for each commit; in brackets what it changed."""
    changed = {(move["commit"], move["row"]): said(move) for move in document["moves"]}
    lines = [("commit", *document["rows"], "")]
    for point in document["commits"]:
        cells = []
        for row in document["rows"]:
            figure = point.get("figures", {}).get(row)
            cells.append("-" if figure is None else compare.figure(figure)
                         + "".join(f" ({text})" for text in [changed.get((point["commit"], row))] if text))
        why = f"  [skipped: {point['skipped'].splitlines()[0]}]" if "skipped" in point else ""
        lines.append((point["commit"][:12], *cells, point["subject"][:SUBJECT] + why))
    widths = [max(map(len, column)) for column in zip(*lines)]
    made = ["  ".join(cell.ljust(width) if place in (0, len(widths) - 1) else cell.rjust(width)
                      for place, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in lines]
    skipped = sum("skipped" in point for point in document["commits"])
    return "\n".join([*made, "", conclusion(document) + (f", {skipped} skipped" if skipped else ""), ""])


def conclusion(document: dict) -> str:
    moved = len(document["moves"])
    commits_ = len({move["commit"] for move in document["moves"]})
    return (f"{len(document['commits'])} commits, guest instructions: "
            + (f"{moved} {'move' if moved == 1 else 'moves'} by {commits_} of them" if moved else "no row moved"))


def status(document: dict) -> int:
    """Without two commits that were measured nothing could be told."""
    measured = sum("figures" in point for point in document["commits"])
    return 0 if measured > 1 else verdicts.SKIPPED


def measured(take: Commits, of: Range) -> dict[str, dict[str, Figure] | str]:
    say(f"{len(of.commits)} commits, {take.place.workers} at a time")
    names = [one.name for one in of.commits]
    return {name: str(found) if isinstance(found, Skip) else found
            for name, found in zip(names, take.measure_all(names))}


def run(artifacts: Artifacts, tree: Path, of: Range, suite: Suite, fragments: list[Path],
        outputs: dict[str, Path], place: Place = Here()) -> int:
    """outputs: of OUTPUTS those that are wanted, and where."""
    take = Commits(artifacts, tree, suite, fragments, place)
    document = make(suite, of, measured(take, of), take.bench.qemu, bench.now())
    for name, file in outputs.items():
        whole(file, OUTPUTS[name][1](document))
    print(table(document), end="")
    return status(document)


def choose(suite: Suite, rows: Sequence[str]) -> Suite:
    return commits.exact_rows(suite, list(dict.fromkeys(rows)))
