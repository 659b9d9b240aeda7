# SPDX-License-Identifier: GPL-2.0-only
"""A comparison to read: on a terminal, as the kernel's test robots report, and as Markdown."""

from ci import compare
from ci.comparison import verdicts

RULE = "-" * 100
OBJECTS = 20                # of those whose text changed, so many are shown
HEADINGS = {verdicts.WORSE: "worse", verdicts.BETTER: "better", verdicts.SAME: "no difference",
            verdicts.FEW: "too few samples", verdicts.INEXACT: "not exact, not judged", None: "failed on both sides"}


def figure(side: dict) -> str:
    return compare.figure(side)


def deviation(side: dict) -> str:
    """Of the samples, in percent; nothing where they are all the same."""
    if not side.get("median") or not side["sd"]:
        return ""
    return f"± {100 * side['sd'] / side['median']:.2g}%"


def percent(row: dict) -> str:
    """What worked and now fails, or the other way round, has a word in its place."""
    failed = "error" in row["base"], "error" in row["head"]
    if failed == (True, False):
        return "works now"
    if failed == (False, True):
        return "fails now"
    if row["change"] is None:
        return "-"
    if not row["change"]:
        return "0"
    # 6,947 of 24 million are not 100 % less.
    digits = 1 if 0.1 <= abs(row["change"]) < 99.95 or row["change"] > 0 and abs(row["change"]) >= 0.1 else 3
    return f"{row['change']:+.{digits}f}%"


def ratio(row: dict) -> str:
    return compare.times(row)


def by_verdict(document: dict) -> list[tuple[str | None, list[dict]]]:
    found = [(verdict, [row for row in document["rows"] if row["verdict"] == verdict]) for verdict in HEADINGS]
    return [(verdict, rows) for verdict, rows in found if rows]


def named(document: dict, role: str) -> str:
    side = document[role]
    commit = f", {side['commit'][:12]}" if side["commit"] else ""
    return f"{side['name']} ({side['release']}{commit})"


def line(row: dict) -> str:
    base, head = (f"{figure(row[role]):>14} {deviation(row[role]):<7}" for role in ("base", "head"))
    why = "".join(f"  [{row[member]}]" for member in ("inexact", "lacks") if member in row)
    return f"  {base}  {percent(row):>10}  {head}  {ratio(row):>8}  {row['name']}{why}".rstrip()


def conclusion(document: dict) -> str:
    """In a sentence, with what the exit status means."""
    numbers = ", ".join(f"{number} {HEADINGS[verdict]}" for verdict, number in document["summary"].items() if number)
    said = {0: "no regression", verdicts.REGRESSION: "regression",
            verdicts.SKIPPED: "skipped: nothing, or not all, could be told"}[document["status"]]
    held = document["limits"]
    limits = f"; {sum(limit['met'] for limit in held)} of {len(held)} limits met" if held else ""
    return f"{said}: {numbers or 'no row was compared'}{limits}"


def changed_memory(document: dict) -> list[str]:
    base, head = document["memory_kib"]["base"], document["memory_kib"]["head"]
    return [f"{name} {base[name]:,} -> {head[name]:,} KiB ({head[name] - base[name]:+,})" for name in base
            if name in head]


def missing(document: dict) -> list[tuple[str, list[dict]]]:
    """By side and reason."""
    groups: dict[str, list[dict]] = {}
    for one in document["not_measured"]:
        groups.setdefault(f"{one['side']}: {one['reason']}", []).append(one)
    return list(groups.items())


def by_operation(names: list[str]) -> list[str]:
    """gup/pages/pin: base/4KiB, thp/2MiB"""
    found: dict[str, list[str]] = {}
    for name in names:
        parts = name.split("/")
        found.setdefault("/".join(parts[:-2]), []).append("/".join(parts[-2:]))
    return [f"{operation}: {', '.join(sizes)}" for operation, sizes in found.items()]


def objects(document: dict) -> list[str]:
    found = [f"{one['name']}: {'-' if one['base'] is None else one['base']} -> "
             f"{'-' if one['head'] is None else one['head']} "
             f"({(one['head'] or 0) - (one['base'] or 0):+})" for one in document["objects"]]
    more = len(found) - OBJECTS
    return found[:OBJECTS] + ([f"and {more} more"] if more > 0 else [])


def sections(document: dict) -> list[tuple[str, list[str]]]:
    """What is beside the rows: heading, lines."""
    found = [(f"{len(rows)} not measured, {why}", by_operation([one["name"] for one in rows]))
             for why, rows in missing(document)]
    if document["limits"] is not None:
        bad = [limit["text"] for limit in document["limits"] if not limit["met"]]
        met = len(document["limits"]) - len(bad)
        found.append((f"limits: {met} of {len(document['limits'])} met", [f"NOT MET  {text}" for text in bad]))
    for role in ("base", "head"):
        if document[role]["lacking"]:
            found.append((f"{role} lacks options that ours have", document[role]["lacking"]))
    known = document["configuration"]
    found.append(("configuration", ["not known: an image came without it"] if known is None
                  else known or ["no difference"]))
    base, head = document["image_bytes"]["base"], document["image_bytes"]["head"]
    found.append(("image", [f"{base:,} -> {head:,} bytes ({head - base:+,})"]))
    if document["objects"]:
        found.append(("text of objects, bytes", objects(document)))
    found.append(("memory at the start", changed_memory(document)))
    if document["programs"]:
        found.append(("programs", [f"{one['name']}: {'works' if not one['base'] else 'exit %d' % one['base']} -> "
                                   f"{'works' if not one['head'] else 'exit %d' % one['head']}"
                                   for one in document["programs"]]))
    return found


def terminal(document: dict) -> str:
    unit = "instructions" if document["clock"] == "icount" else "ns"
    lines = [f"suite/clock/qemu: {document['suite']}/{document['clock']}/{document['qemu']}",
             f"base: {named(document, 'base')}", f"head: {named(document, 'head')}", "",
             f"  {'base':>14} {'%sd':<7}  {'%change':>10}  {'head':>14} {'%sd':<7}  {'ratio':>8}  row, in {unit}",
             RULE]
    for verdict, rows in by_verdict(document):
        lines += [f"{HEADINGS[verdict]}: {len(rows)}", *map(line, rows), ""]
    lines += ["ratio = base / head, how many times less head takes: above 1 is better.", ""]
    for heading, said in sections(document):
        lines += [f"{heading}:" if said else heading, *(f"  {one}" for one in said)]
    return "\n".join([*lines, "", conclusion(document), ""])


def cell(value: str) -> str:
    return value.replace("|", "\\|")


def markdown(document: dict) -> str:
    lines = [f"**{conclusion(document)}**", "",
             f"Base {named(document, 'base')}, head {named(document, 'head')}; suite {document['suite']}, clock "
             f"{document['clock']}, QEMU {document['qemu']}. Ratio is base / head: above 1 is better."]
    for verdict, rows in by_verdict(document):
        lines += ["", f"### {HEADINGS[verdict].capitalize()}: {len(rows)}", "",
                  "| row | base | sd | change | head | sd | ratio |", "|---|--:|--:|--:|--:|--:|--:|"]
        for row in rows:
            cells = (f"`{row['name']}`", figure(row["base"]), deviation(row["base"]), percent(row), figure(row["head"]),
                     deviation(row["head"]), ratio(row))
            lines.append("| " + " | ".join(map(cell, cells)) + " |")
    for heading, said in sections(document):
        lines += ["", f"### {heading[:1].upper()}{heading[1:]}", "", *(f"- {cell(one)}" for one in said)]
    return "\n".join(lines).rstrip() + "\n"
