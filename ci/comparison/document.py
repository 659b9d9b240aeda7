# SPDX-License-Identifier: GPL-2.0-only
"""A comparison as one JSON document, of which all outputs are made: comparison.schema.json says what is in it."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from ci import compare, config, limits
from ci.comparison import verdicts
from ci.comparison.builder import Built
from ci.comparison.measure import Boot, merged
from ci.comparison.suites import Suite

SCHEMA = "phyr-comparison/1"
SCHEMA_FILE = Path(__file__).parent / "comparison.schema.json"


def side(built: Built, boot: Boot) -> dict:
    return {"name": built.side.text, "kind": built.side.kind, "commit": built.side.commit, "release": boot.release,
            "digest": built.digest, "lacking": list(built.lacking)}


def touched(base: Built, head: Built) -> set[str] | None:
    """Objects, the source of which differs itself, and not what it includes only. None where sources are not known."""
    if not base.source or not head.source:
        return None
    a, b = base.source.files(), head.source.files()
    return {os.path.splitext(path)[0] + ".o" for path in a.keys() | b.keys()
            if path.endswith((".c", ".S", ".rs")) and a.get(path) != b.get(path)}


def objects(base: Built, head: Built) -> list[dict]:
    """Objects whose text is of another size: first those that are touched, then what changed most.

    None where an object is not linked.
    """
    if base.text is None or head.text is None:
        return []
    a, b, known = base.text, head.text, touched(base, head)
    changed = [{"name": name, "base": a.get(name), "head": b.get(name)}
               | ({} if known is None else {"touched": name in known})
               for name in a.keys() | b.keys() if a.get(name) != b.get(name)]
    return sorted(changed, key=lambda one: (not one.get("touched"), -abs((one["head"] or 0) - (one["base"] or 0)),
                                            one["name"]))


def stack(base: Built, head: Built) -> list[dict]:
    """Functions that take another amount of stack, what changed most first. 0 where one takes none, or is not there."""
    if base.stack is None or head.stack is None:
        return []
    a, b = base.stack, head.stack
    changed = [{"name": name, "base": a.get(name, 0), "head": b.get(name, 0)}
               for name in a.keys() | b.keys() if a.get(name, 0) != b.get(name, 0)]
    return sorted(changed, key=lambda one: (-abs(one["head"] - one["base"]), one["name"]))


def held_memory(base: Boot, head: Boot) -> list[dict]:
    return [{"name": name, "base": base.held[name], "head": head.held[name]} for name in base.held if name in head.held]


def limit_rows(suite: Suite, base: Boot, head: Boot) -> list[dict]:
    """What bench compares: two kernels, or both forms of memory in head's. Only what both sides of a row have."""
    left = {result["workload"]: result for result in base.results}
    forms = {name: split for result in head.results if (name := result["workload"])
             if (split := compare.split_representation(name))}
    both = {split[1] for split in forms.values()
            if sum(other[1] == split[1] for other in forms.values()) == 2}
    right = [result for result in head.results
             if (forms[result["workload"]][1] in both if result["workload"] in forms else result["workload"] in left)]
    names = {result["workload"] for result in right}
    return compare.rows([result for name, result in left.items() if name in names and name not in forms], right,
                        suite.plan["inexact"])


def held(known: list[dict], suite: Suite, base: Boot, head: Boot) -> list[dict]:
    """Each limit that the rows are enough for, base being stock and head phyr: met, and in words."""
    rows = limit_rows(suite, base, head)
    if not rows:
        return []
    return [{"met": verdict.met, "text": verdict.text} for verdict in limits.check(limits.of_rows(known, rows), rows)]


def programs(base: Boot, head: Boot) -> list[dict]:
    """Exit statuses; a program that worked and now fails is a regression."""
    return [{"name": name, "base": base.programs[name], "head": head.programs[name],
             "verdict": verdicts.SAME if bool(base.programs[name]) == bool(head.programs[name])
             else verdicts.directed(bool(head.programs[name]))}
            for name in base.programs if name in head.programs]


def status(document: dict) -> int:
    """Limits, where they are asked for, decide in place of each row."""
    if any(program["verdict"] == verdicts.WORSE for program in document["programs"]):
        return verdicts.REGRESSION
    if document["limits"] is None:
        return verdicts.status(document["rows"])
    if not document["limits"]:
        return verdicts.SKIPPED
    return 0 if all(limit["met"] for limit in document["limits"]) else verdicts.REGRESSION


def make(suite: Suite, clock: str, qemu: str, date: str, builts: Sequence[Built], boots: Sequence[list[Boot]],
         known: list[dict] | None = None, second: Sequence[Sequence[Boot]] = ()) -> dict:
    """known: limits to hold the rows against. second: boots that rows which differ are held against, too."""
    (base, head), (left, right) = builts, boots
    rows, missing = verdicts.rows(suite, left, right, clock, second)
    found = {
        "schema": SCHEMA, "date": date, "clock": clock, "qemu": qemu, "suite": suite.name,
        "base": side(base, left[0]), "head": side(head, right[0]),
        "rows": rows, "not_measured": missing,
        "limits": None if known is None else held(known, suite, left[0], right[0]),
        "configuration": None if base.config is None or head.config is None
        else config.difference(base.config, head.config),
        "image_bytes": {"base": base.size, "head": head.size},
        "objects": objects(base, head), "stack": stack(base, head),
        "memory_kib": {"base": left[0].memory, "head": right[0].memory},
        "held_kib": held_memory(left[0], right[0]),
        "programs": programs(left[0], right[0]),
        "complaints": {role: merged(boots_).complaints for role, boots_ in (("base", left), ("head", right))},
    }
    found["summary"] = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in verdicts.VERDICTS}
    return found | {"status": status(found)}


def text(document: dict) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
