# SPDX-License-Identifier: GPL-2.0-only
"""Measured figures in a text: lines '@figures ROW, ROW...' become a table of what ./phyr bench found."""

import json
import re
import textwrap
from functools import cached_property
from pathlib import Path

from ci import compare
from ci.error import CiError

FILE = Path("bench") / "figures.json"
CURE = f"./phyr bench --json {FILE}"
# Consecutive lines are one table.
PLACEHOLDER = re.compile(r"(?:^@figures .*(?:\n|\Z))+", re.M)
WIDTH = 72
CLOCKS = {
    "icount": ("instructions",
               "Guest instructions in QEMU (-icount, one CPU), the median. This clock models no caches, no TLB and no "
               "memory latency."),
    "kvm": ("ns", "Nanoseconds in a KVM guest, the median."),
}


class FigureError(CiError):
    pass


class Figures:
    """bench/figures.json below root, read when the first figure is asked for."""

    def __init__(self, root: Path):
        self.path = root / FILE

    @cached_property
    def document(self) -> dict:
        if not self.path.exists():
            raise FigureError(f"{FILE}, the figures of the cover letters, is missing: {CURE}")
        document = json.loads(self.path.read_text())
        if document.get("schema") not in (compare.SCHEMA, compare.MEMORY_SCHEMA) \
                or not {"clock", "date", "kernels", "rows"} <= document.keys():
            raise FigureError(f"{FILE}: is no {compare.SCHEMA} with clock, date, kernels and rows: {CURE}")
        return document

    def rows(self, names: list[str], where: str) -> list[dict]:
        known = {row["name"]: row for row in self.document["rows"]}
        if missing := [name for name in names if name not in known]:
            raise FigureError(f"{where}: {FILE} has no row {missing[0]}: {CURE}")
        return [known[name] for name in names]

    def fill(self, where: str, text: str) -> str:
        """text with its placeholders replaced; where is how errors call it."""
        return PLACEHOLDER.sub(lambda found: self.table(placeholder_rows(found[0]), where), text)

    def table(self, names: list[str], where: str) -> str:
        """A block for each pair of columns, and what they are."""
        chosen = self.rows(names, where)
        blocks = [block(pair, [row for row in chosen if compare.labels(row) == pair], CLOCKS[self.document["clock"]][0])
                  for pair in dict.fromkeys(map(compare.labels, chosen))]
        return "\n\n".join([*blocks, self.legend({compare.labels(row) for row in chosen})]) + "\n"

    def legend(self, pairs: set[tuple[str, str]]) -> str:
        stock, phyr = (self.document["kernels"][side] for side in compare.KERNELS)
        said = [CLOCKS[self.document["clock"]][1]]
        if compare.KERNELS in pairs:
            said.append(f"stock is Linux {stock}, phyr {phyr} with all series applied.")
        if pairs - {compare.KERNELS}:
            others = sorted({left for left, _right in pairs} - {"stock"})
            said.append(f"{' and '.join([*others, 'phyrs'])} are two ways in the same kernel, "
                        f"{phyr} with all series applied.")
        said.append(f"Measured on {self.document['date'][:10]}.")
        return textwrap.fill(" ".join(said), WIDTH)


def placeholder_rows(lines: str) -> list[str]:
    return [name for line in lines.splitlines() for name in re.findall(r"[^\s,]+", line.removeprefix("@figures"))]


def block(pair: tuple[str, str], rows: list[dict], unit: str) -> str:
    cells = [(unit, *pair, "ratio")]
    cells += [(row["name"], *(compare.figure(row[side]) for side in pair), compare.times(row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells)]
    return "\n".join(f"  {name:<{widths[0]}}  {left:>{widths[1]}}  {right:>{widths[2]}}  {ratio:>{widths[3]}}"
                     for name, left, right, ratio in cells)
