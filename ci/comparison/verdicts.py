# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of each row: better, worse, no difference, or why that cannot be told. The words are phyrctl's, too.

An exact row is the same in each boot: one boot a side decides, and any difference is one, unless the suite asks for
more. On a clock of real time the boot is the unit: a row differs if the medians of all boots of one side are beyond
those of the other, by more than boots of the same side are apart, and if as many other boots say the same.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from ci import compare
from ci.comparison.measure import MISSING, Boot
from ci.comparison.suites import Suite

BETTER, WORSE, SAME, FEW, INEXACT = "better", "worse", "no difference", "too few samples", "not exact"
VERDICTS = (WORSE, BETTER, SAME, FEW, INEXACT)
BOOTS = 4                      # of a side, with a clock of real time; fewer are too few
REGRESSION, SKIPPED = 2, 4     # exit statuses
NOTHING = "no result"          # in place of an errno


@dataclass(frozen=True)
class Figure:
    """One side of a row: its figures in ns, one a boot, or what it failed with."""
    medians: tuple[float, ...] = ()
    least: float = 0
    most: float = 0
    n: int = 0
    sd: float = 0                  # of all samples where there is one boot, else of the boots' medians
    error: str = ""
    unknown: bool = False          # it works, and that is all that can be said

    @property
    def median(self) -> float:
        return statistics.median(self.medians)

    def json(self) -> dict:
        if self.error:
            return {"error": self.error}
        if self.unknown:
            return {"n": self.n}
        return {"median": self.median, "min": self.least, "max": self.most, "n": self.n, "sd": round(self.sd, 3),
                "boots": len(self.medians)}


def figure(results: Sequence[dict], known: bool) -> Figure:
    """results: one a boot. An error in any of them is the side's."""
    if failed := [result["error"]["errno"] for result in results if "error" in result]:
        return Figure(error=failed[0])
    stats = [result["stats"] for result in results]
    n = sum(one["n"] for one in stats)
    if not known:
        return Figure(n=n, unknown=True)
    medians = tuple(one["median"] for one in stats)
    sd = statistics.stdev(medians) if len(medians) > 1 else stats[0].get("stddev", 0.0)
    return Figure(medians, min(one["min"] for one in stats), max(one["max"] for one in stats), n, sd)


def floor(base: Figure, head: Figure) -> float:
    """How far boots of one and the same kernel are apart, A/A, in percent: what a difference has to be beyond."""
    return max(100 * (max(side.medians) - min(side.medians)) / side.median if side.median else 0.0
               for side in (base, head))


def change(base: Figure, head: Figure) -> float | None:
    """Of the median, in percent."""
    if not base.medians or not head.medians or not base.median:
        return None
    return 100 * (head.median - base.median) / base.median


def directed(more: bool) -> str:
    return WORSE if more else BETTER


def judge(base: Figure, head: Figure, exact: bool, clock: str, threshold: float) -> str | None:
    """None where there is nothing to compare."""
    if base.error and head.error:
        return None
    if base.error or head.error:
        return directed(bool(head.error))
    if base.unknown or head.unknown:
        return INEXACT
    if clock == "icount":
        if not exact:
            return INEXACT
        if not base.n or not head.n:
            return FEW
        apart = head.median - base.median
        if abs(apart) <= threshold / 100 * base.median:
            return SAME
        return directed(apart > 0)
    if min(len(base.medians), len(head.medians)) < BOOTS:
        return FEW
    beyond = min(head.medians) > max(base.medians) or max(head.medians) < min(base.medians)
    percent = change(base, head)
    if percent is None or not beyond or abs(percent) <= max(threshold, floor(base, head)):
        return SAME
    return directed(percent > 0)


def by_name(boots: Sequence[Boot]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for boot in boots:
        for result in boot.results:
            found.setdefault(result["workload"], []).append(result)
    return found


def lacks(boots: Sequence[Boot], name: str, results: list[dict]) -> str:
    """Why the kernel of these boots has no such workload; empty where it has."""
    for boot in boots:
        if why := boot.missing.get(compare.family(name)):
            return why
    for result in results:
        if "error" in result and result["error"]["errno"] in MISSING:
            return result["error"].get("message") or result["error"]["errno"]
    return "" if results else NOTHING


def failure(results: list[dict]) -> Figure:
    """Of a side that has no such workload."""
    return Figure(error=next((result["error"]["errno"] for result in results if "error" in result), NOTHING))


def side(boots: Sequence[Boot], name: str, known: bool) -> Figure:
    results = by_name(boots).get(name, [])
    return failure(results) if lacks(boots, name, results) else figure(results, known)


def differing(suite: Suite, base: Sequence[Boot], head: Sequence[Boot], clock: str) -> list[str]:
    return [row["name"] for row in rows(suite, base, head, clock)[0] if row["verdict"] in (BETTER, WORSE)]


def strength(row: dict) -> tuple:
    """The strongest first: what works or fails now, then by how many times."""
    turned = ("error" in row["base"]) != ("error" in row["head"])
    ratio = row["ratio"] or 1
    return not turned, -max(ratio, 1 / ratio), row["name"]


def rows(suite: Suite, base: Sequence[Boot], head: Sequence[Boot], clock: str,
         second: Sequence[Sequence[Boot]] = ()) -> tuple[list[dict], list[dict]]:
    """(rows, what was not measured: name, side, reason)

    What base has not got is compared with nothing. What base measured and head has not got is worse.
    second: other boots of base and of head, of the rows that differed: a difference is one if both say so.
    """
    found: list[dict] = []
    missing: list[dict] = []
    left, right = by_name(base), by_name(head)
    for name in dict.fromkeys([*left, *right]):
        why = {role: reason for role, boots, results in (("base", base, left), ("head", head, right))
               if (reason := lacks(boots, name, results.get(name, [])))}
        if "base" in why:
            missing.append({"name": name, "side": " and ".join(why), "reason": next(iter(why.values()))})
            continue
        entry = compare.inexactness(name, suite.plan["inexact"]) \
            or compare.inexactness(compare.row_name(name), suite.plan["inexact"])
        known = not entry or entry.get("figure", False)
        a = figure(left[name], known)
        b = failure(right.get(name, [])) if why else figure(right[name], known)
        verdict = judge(a, b, not entry, clock, suite.threshold(name))
        row = {"name": name, "unit": "ns", "exact": clock == "icount" and not entry, "base": a.json(), "head": b.json(),
               "ratio": compare.ratio(a.json(), b.json()), "change": change(a, b), "verdict": verdict}
        if entry:
            row["inexact"] = entry["reason"]
        if why:
            row["lacks"] = why["head"]
        if clock != "icount" and a.medians and b.medians:
            row["floor"] = floor(a, b)
        if second and verdict in (BETTER, WORSE):
            c, d = (side(boots, name, known) for boots in second)
            row["again"] = change(c, d)
            if judge(c, d, not entry, clock, suite.threshold(name)) != verdict:
                row["verdict"] = SAME
        found.append(row)
    order = {verdict: place for place, verdict in enumerate((*VERDICTS, None))}
    return sorted(found, key=lambda row: (order[row["verdict"]], strength(row))), missing


def status(found: list[dict]) -> int:
    """A regression outweighs what cannot be told, which outweighs what is well."""
    verdicts = {row["verdict"] for row in found}
    if WORSE in verdicts:
        return REGRESSION
    if FEW in verdicts or not verdicts & {BETTER, SAME}:
        return SKIPPED
    return 0
