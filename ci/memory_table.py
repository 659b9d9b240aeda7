# SPDX-License-Identifier: GPL-2.0-only
"""The memory clock's figures beside the rows of a comparison."""

from ci import compare
from ci.memory import Model

COLUMNS = {"instructions": "instructions", "loads": "loads", "stores": "stores", "locked": "locked", "lines": "lines",
           "l1_misses": "L1 misses", "l2_misses": "L2 misses", "llc_misses": "LLC misses", "cycles": "~cycles"}


def side_of(workload: str, tree: str) -> tuple[str, str]:
    """(row, label of the side) in which a workload of that tree's kernel is compared"""
    form, row = compare.split_representation(workload) or (tree, workload)
    return row, form


def add(rows: list[dict], found: dict[str, dict[str, dict | None]]) -> None:
    """found: tree -> workload -> figures; to each side of a row, its own as 'memory'."""
    by_side = {side_of(workload, tree): figures for tree, workloads in found.items()
               for workload, figures in workloads.items()}
    for row in rows:
        for label in compare.labels(row):
            if figures := by_side.get((row["name"], label)):
                row[label]["memory"] = figures


def ratio(left: float, right: float) -> str:
    return compare.shown_ratio(left / right) if right else "1.00" if not left else "-"


def table(rows: list[dict], model: Model) -> str:
    """Both sides of each row, and how many times less the right one is."""
    cells = [("", "", *COLUMNS.values())]
    without = []
    for row in rows:
        pair = compare.labels(row)
        sides = [row[label].get("memory") for label in pair]
        if not any(sides):
            without.append(row["name"])
            continue
        for place, (label, figures) in enumerate(zip(pair, sides)):
            cells.append(("" if place else row["name"], label,
                          *(f"{figures[name]:,.0f}" if figures else "-" for name in COLUMNS)))
        if all(sides):
            cells.append(("", "ratio", *(ratio(sides[0][name], sides[1][name]) for name in COLUMNS)))
    widths = [max(map(len, column)) for column in zip(*cells)]
    lines = ["  ".join(cell.ljust(width) if place < 2 else cell.rjust(width)
                       for place, (cell, width) in enumerate(zip(line, widths))).rstrip() for line in cells]
    if without:
        lines += ["", f"without sections that the memory clock could see: {', '.join(without)}"]
    caches = ", ".join(f"{level.upper()} {int(size) // 1024} KiB of {ways} ways"
                       for level, (size, ways) in ((level, text.split(":")) for level, text in model.caches.items()))
    return "\n".join([*lines, "", "memory clock: data of one CPU by physical address, in lines of "
                      f"{model.line} bytes; least recently used goes: {caches}. No TLB, no instruction cache, no "
                      "prefetch, no DMA.", f"{model.formula()} (bench/memory/model.json); misses that overlap or are "
                      "prefetched cost less."])
