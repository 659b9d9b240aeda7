# SPDX-License-Identifier: GPL-2.0-only
"""What a comparison must show: bench/limits.json held against the rows.

A limit names rows by a pattern and is one of
  side, at_most N               the median is at most N ns
  side, at_most N, times SIDE   at most N times the row's other side
  side, at_most N, times ROW    at most N times the same side of another row
  ratio_at_least N              the row's ratio is at least N
  side, works                   the side has a figure
  side, error NAME              the side failed with this errno

One with "series" holds once there are patches in the folder of that name.
"""

import json
import math
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ci import paths
from ci.error import CiError

KINDS = ("at_most", "ratio_at_least", "works", "error")
SIDES = ("stock", "phyr", "pages", "sg", "phyrs")
NEW_SIDES = ("phyr", "phyrs")


class LimitError(CiError):
    pass


@dataclass(frozen=True)
class Verdict:
    met: bool
    text: str

    def __str__(self) -> str:
        return f"{'met    ' if self.met else 'NOT MET'}  {self.text}"


def place(limit: dict) -> str:
    """Where it was read from, and what it says."""
    said = {name: value for name, value in limit.items() if name != "place"}
    return f"{limit.get('place', 'limits')}: {said}"


def wrong(limit: object) -> str:
    """What is wrong with an entry of a file; empty where nothing is."""
    if not isinstance(limit, dict):
        return "want an object"
    if strange := limit.keys() - {"row", "side", "times", "series", *KINDS}:
        return f"{min(strange)}: no such key"
    for name in ("row", "side", "times", "series", "error"):
        if name in limit and (not isinstance(limit[name], str) or not limit[name]):
            return f"{name}: want a text"
    if "row" not in limit:
        return "row is missing"
    kinds = [kind for kind in KINDS if kind in limit]
    if len(kinds) != 1:
        return f"want exactly one of {', '.join(KINDS)}"
    if kinds != ["ratio_at_least"] and limit.get("side") not in SIDES:
        return f"side: want one of {', '.join(SIDES)}"
    if "times" in limit and kinds != ["at_most"]:
        return "times goes with at_most"
    value = limit[kinds[0]]
    if kinds[0] in ("at_most", "ratio_at_least") \
            and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf):
        return f"{kinds[0]}: want a number"
    return "works: want true" if kinds == ["works"] and value is not True else ""


def read(file: Path) -> list[dict]:
    """Those in force, checked. Each knows its place, for errors that come later."""
    try:
        known = json.loads(file.read_text())["limits"]
        if not isinstance(known, list):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise LimitError(f"{file}: is no JSON object with limits; see bench/limits.json") from None
    for index, limit in enumerate(known):
        if why := wrong(limit):
            raise LimitError(f"{file}: limits[{index}]: {limit}: {why}")
    return in_force([limit | {"place": f"{file}: limits[{index}]"} for index, limit in enumerate(known)])


def number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def at_most(limit: dict, row: dict, rows: dict[str, dict]) -> Verdict | None:
    name, side, most = row["name"], limit["side"], limit["at_most"]
    if side not in row:
        raise LimitError(f"{place(limit)}: {name} has no side {side}")
    if "error" in row[side]:
        return Verdict(False, f"{name}: {side} failed with {row[side]['error']}")
    if "median" not in row[side]:
        raise LimitError(f"{place(limit)}: {name} is no figure: {row['inexact']}")
    median = row[side]["median"]
    times = limit.get("times")
    if times is None:
        return Verdict(median <= most, f"{name}: {side} {number(median)} ns, at most {number(most)}")
    if times not in row and times not in rows:
        raise LimitError(f"{place(limit)}: '{times}' is neither a side nor a measured row")
    other = row[times] if times in row else rows[times][side]
    if "error" in other:
        return None
    if "median" not in other:
        raise LimitError(f"{place(limit)}: {times} is no figure")
    if not other["median"]:
        return Verdict(False, f"{name}: {times} took 0 ns, nothing to compare {side} with")
    found = median / other["median"]
    return Verdict(found <= most, f"{name}: {side} {found:.3f} x {times}, at most {number(most)}")


def judge(limit: dict, row: dict, rows: dict[str, dict]) -> Verdict | None:
    """None where the limit says nothing: what it compares with failed, as stock may."""
    name = row["name"]
    if "at_most" in limit:
        return at_most(limit, row, rows)
    if "ratio_at_least" in limit:
        least, found = limit["ratio_at_least"], row["ratio"]
        shown = "no ratio" if found is None else f"ratio {number(found)}"
        return Verdict(found is not None and found >= least, f"{name}: {shown}, at least {number(least)}")
    if limit["side"] not in row:
        raise LimitError(f"{place(limit)}: {name} has no side {limit['side']}")
    entry = row[limit["side"]]
    shown = entry.get("error", "works")
    wanted = limit.get("error", "works")
    return Verdict(shown == wanted, f"{name}: {limit['side']} {shown}, wanted {wanted}")


def in_force(limits: list[dict], root: Path = paths.ROOT) -> list[dict]:
    return [limit for limit in limits
            if "series" not in limit or any((root / limit["series"] / "patches").glob("*.patch"))]


def of_rows(limits: list[dict], found: list[dict]) -> list[dict]:
    """Those that some of the rows are enough for."""
    sides = {side for row in found for side in row}
    names = [row["name"] for row in found]
    return [limit for limit in limits if any(fnmatchcase(name, limit["row"]) for name in names)
            and limit.get("times", names[0]) in [*sides, *names]]


def failures(found: list[dict]) -> list[Verdict]:
    """What fails in its new form is missed, whatever limits there are: the old one may, as with ENOMEM for 4 GiB."""
    return [Verdict(False, f"{row['name']}: {side} failed with {row[side]['error']}")
            for row in found for side in NEW_SIDES if "error" in row.get(side, {})]


def check(limits: list[dict], found: list[dict]) -> list[Verdict]:
    rows = {row["name"]: row for row in found}
    verdicts = []
    for limit in limits:
        if sum(kind in limit for kind in KINDS) != 1:
            raise LimitError(f"{place(limit)}: want exactly one of {', '.join(KINDS)}")
        matching = [row for name, row in rows.items() if fnmatchcase(name, limit["row"])]
        if not matching:
            verdicts.append(Verdict(False, f"{limit['row']}: no such row was measured"))
        verdicts += [verdict for row in matching if (verdict := judge(limit, row, rows))]
    return verdicts
