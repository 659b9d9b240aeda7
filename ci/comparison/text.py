# SPDX-License-Identifier: GPL-2.0-only
"""A comparison to read: on a terminal, as the kernel's test robots report, and as Markdown."""

from ci import compare
from ci.comparison import verdicts

RULE = "-" * 100
OBJECTS = 20                # of those whose text changed, so many are shown
HEADINGS = {verdicts.WORSE: "worse", verdicts.BETTER: "better", verdicts.SAME: "no difference",
            verdicts.FEW: "too few samples", verdicts.INEXACT: "not exact, not judged", None: "failed on both sides"}


def deviation(side: dict) -> str:
    """Of the samples of one boot, or of the medians of several, in percent; nothing where all are the same."""
    if not side.get("median") or not side["sd"]:
        return ""
    found = 100 * side["sd"] / side["median"]
    return f"± {compare.significant(found, 2)}%" if found >= 0.01 else "± <0.01%"


def percent(row: dict) -> str:
    """What worked and now fails, or the other way round, has a word in its place."""
    failed = "error" in row["base"], "error" in row["head"]
    if failed == (True, False):
        return "works now"
    if failed == (False, True):
        return "fails now"
    if row["change"] is None:
        return "-"
    return f"{share(row['change'])}%" if row["change"] else "0"


def share(percent: float) -> str:
    """Of what is near nothing, or near all, two digits: one instruction of 24 million is not +0.000."""
    sign, size = "-" if percent < 0 else "+", abs(percent)
    if size < 0.1:
        return sign + compare.significant(size, 2)
    left = 100 - size
    if sign == "-" and 0 < left < 0.1:
        return sign + compare.rounded(size, len(compare.significant(left, 2).partition(".")[2]))
    return sign + compare.rounded(size, 1)


def by_verdict(document: dict) -> list[tuple[str | None, list[dict]]]:
    found = [(verdict, [row for row in document["rows"] if row["verdict"] == verdict]) for verdict in HEADINGS]
    return [(verdict, rows) for verdict, rows in found if rows]


def named(document: dict, role: str) -> str:
    side = document[role]
    name, commit = side["name"], side["commit"][:12]
    if commit and side["commit"].startswith(name):         # It was named by it.
        return f"{commit} ({side['release']})"
    return f"{name} ({side['release']}{f', {commit}' if commit else ''})"


def line(row: dict) -> str:
    base, head = (f"{compare.figure(row[role]):>14} {deviation(row[role]):<8}" for role in ("base", "head"))
    why = "".join(f"  [{row[member]}]" for member in ("inexact", "lacks") if member in row)
    return f"  {base}  {percent(row):>10}  {head}  {compare.times(row):>8}  {row['name']}{why}".rstrip()


def program(one: dict) -> str:
    return f"{one['name']}: " + " -> ".join(f"exit {one[role]}" if one[role] else "works" for role in ("base", "head"))


def decided(document: dict) -> list[str]:
    """What the exit status comes from."""
    bad, few = (document["summary"][verdict] for verdict in (verdicts.WORSE, verdicts.FEW))
    held = document["limits"]
    missed = [limit for limit in held or [] if not limit["met"]]
    if document["status"] == verdicts.REGRESSION:
        found = [f"{one['name']} fails now" for one in document["programs"] if one["verdict"] == verdicts.WORSE]
        if missed:
            found.append(f"{len(missed)} of {len(held)} limits not met")
        return found + ([f"{bad} {'row is' if bad == 1 else 'rows are'} worse"] if held is None and bad else [])
    if document["status"] == verdicts.SKIPPED:
        if held is not None:
            return ["no limit is about what was measured"]
        return [f"too few samples of {few} {'row' if few == 1 else 'rows'}" if few else "nothing could be compared"]
    return [] if held is None else [f"{len(held)} of {len(held)} limits met"]


def conclusion(document: dict) -> str:
    """In a sentence: what the exit status means, what decided it, and how many rows there are of each verdict."""
    said = {0: "no regression", verdicts.REGRESSION: "regression", verdicts.SKIPPED: "skipped"}[document["status"]]
    reasons = decided(document)
    numbers = ", ".join(f"{number} {HEADINGS[verdict]}" for verdict, number in document["summary"].items() if number)
    return said + (f", {' and '.join(reasons)}" if reasons else "") + f": {numbers or 'no row was compared'}"


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


def stack(document: dict) -> list[str]:
    found = [f"{one['name']}: {one['base']:,} -> {one['head']:,} ({one['head'] - one['base']:+,})"
             for one in document["stack"]]
    more = len(found) - OBJECTS
    return found[:OBJECTS] + ([f"and {more} more"] if more > 0 else [])


def held(document: dict) -> list[str]:
    """slab, vmalloc, and all that is not free any more"""
    found = []
    for one in document["held_kib"]:
        base, head = one["base"], one["head"]
        if base is None or head is None:
            found.append(f"{one['name']}: " + " -> ".join("not measured" if side is None else "measured"
                                                          for side in (base, head)))
            continue
        figures = [f"{name} {base[name]:,} -> {head[name]:,} ({head[name] - base[name]:+,})" for name in base]
        found.append(f"{one['name']}: {'; '.join(figures)}")
    return found


def objects(document: dict) -> list[str]:
    found = [f"{one['name']}: " + " -> ".join("-" if one[role] is None else f"{one[role]:,}"
                                              for role in ("base", "head"))
             + f" ({(one['head'] or 0) - (one['base'] or 0):+,})"
             + (", by what it includes" if one.get("touched") is False else "") for one in document["objects"]]
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
    if document["stack"]:
        found.append(("stack of functions, bytes", stack(document)))
    found.append(("memory at the start", changed_memory(document)))
    if document["held_kib"]:
        found.append(("memory that is held while an MR is registered, KiB", held(document)))
    if document["programs"]:
        found.append(("programs", list(map(program, document["programs"]))))
    if said := [f"{role}: {one}" for role in ("base", "head") for one in document["complaints"][role]]:
        found.append(("complaints of the kernels", said))
    return found


def terminal(document: dict) -> str:
    unit = "instructions" if document["clock"] == "icount" else "ns"
    lines = [f"suite/clock/qemu: {document['suite']}/{document['clock']}/{document['qemu']}",
             f"base: {named(document, 'base')}", f"head: {named(document, 'head')}", "",
             f"  {'base':>14} {'%sd':<8}  {'%change':>10}  {'head':>14} {'%sd':<8}  {'ratio':>8}  row, in {unit}",
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
            cells = (f"`{row['name']}`", compare.figure(row["base"]), deviation(row["base"]), percent(row),
                     compare.figure(row["head"]), deviation(row["head"]), compare.times(row))
            lines.append("| " + " | ".join(map(cell, cells)) + " |")
    for heading, said in sections(document):
        lines += ["", f"### {heading[:1].upper()}{heading[1:]}", "", *(f"- {cell(one)}" for one in said)]
    return "\n".join(lines).rstrip() + "\n"
