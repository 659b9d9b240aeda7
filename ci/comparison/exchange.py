# SPDX-License-Identifier: GPL-2.0-only
"""A comparison for other programs: KTAP, JUnit XML, and the JSON of KCIDB.

All have the same tests: the rows, what was not measured, the programs and the limits. One fails exactly if the command
ends with a regression.
"""

import json
import re
import xml.etree.ElementTree as xml
from collections import Counter
from dataclasses import dataclass

from ci import compare
from ci.comparison import text, verdicts

# https://docs.kernelci.org/kcidb/: the version whose fields these are.
KCIDB = {"major": 5, "minor": 0}
ORIGIN = "phyr"
FAIL, PASS, DONE, SKIP, ERROR = "FAIL", "PASS", "DONE", "SKIP", "ERROR"        # as KCIDB calls them
STATUS = {verdicts.WORSE: FAIL, verdicts.BETTER: PASS, verdicts.SAME: PASS, verdicts.FEW: DONE,
          verdicts.INEXACT: DONE, None: ERROR}


@dataclass(frozen=True)
class Test:
    name: str
    status: str                    # DONE: it ran, and does not decide; ERROR: it could not be done on either side
    said: str
    row: dict | None = None

    @property
    def idle(self) -> bool:
        return self.status not in (FAIL, PASS)


def said(row: dict) -> str:
    return (f"{compare.figure(row['base'])} -> {compare.figure(row['head'])} {text.percent(row)}, "
            f"{row['verdict'] or 'failed on both sides'}") + (f": {row['lacks']}" if "lacks" in row else "")


def of_program(one: dict) -> Test:
    status = ERROR if one["base"] and one["head"] else STATUS[one["verdict"]]
    return Test(f"programs/{one['name']}", status, text.program(one))


def of_limits(limits: list[dict]) -> list[Test]:
    """Under the name of the row; the second of a row and those that follow are numbered."""
    seen: Counter[str] = Counter()
    found = []
    for limit in limits:
        row = limit["text"].partition(": ")[0]
        seen[row] += 1
        name = f"limits/{row}" + (f"/{seen[row]}" if seen[row] > 1 else "")
        found.append(Test(name, PASS if limit["met"] else FAIL, limit["text"]))
    return found or [Test("limits", SKIP, "none is about what was measured")]


def tests(document: dict) -> list[Test]:
    """With limits these decide in place of rows."""
    held = document["limits"] is not None
    found = []
    for row in document["rows"]:
        status = STATUS[row["verdict"]]
        if held and status in (FAIL, PASS):
            found.append(Test(row["name"], DONE, f"{said(row)}; the limits decide", row))
        else:
            found.append(Test(row["name"], status, said(row), row))
    found += [Test(one["name"], SKIP, f"{one['side']}: {one['reason']}") for one in document["not_measured"]]
    found += map(of_program, document["programs"])
    return found + (of_limits(document["limits"]) if held else [])


def ktap(document: dict) -> str:
    known = tests(document)
    lines = [f"{'not ok' if test.status == FAIL else 'ok'} {number} {plain(test.name)} "
             f"# {'SKIP ' if test.idle else ''}{plain(test.said)}" for number, test in enumerate(known, 1)]
    return "\n".join(["KTAP version 1", f"1..{len(known)}", *lines, ""])


def plain(words: str) -> str:
    """A line; '#' begins what is said of a test."""
    return re.sub(r"\s+", " ", words).replace("#", "")


def junit(document: dict) -> str:
    known = tests(document)
    suite = xml.Element("testsuite", name=f"{document['suite']}/{document['clock']}", timestamp=document["date"],
                        tests=str(len(known)), failures=str(sum(test.status == FAIL for test in known)), errors="0",
                        skipped=str(sum(test.idle for test in known)))
    properties = xml.SubElement(suite, "properties")
    for role in ("base", "head"):
        xml.SubElement(properties, "property", name=role, value=text.named(document, role))
    for test in known:
        case = xml.SubElement(suite, "testcase", classname=document["suite"], name=test.name)
        if test.status == FAIL:
            xml.SubElement(case, "failure", message=test.said, type="regression")
        elif test.idle:
            xml.SubElement(case, "skipped", message=test.said)
        else:
            xml.SubElement(case, "system-out").text = test.said
    whole = xml.Element("testsuites")
    whole.append(suite)
    xml.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(whole, encoding="unicode") + "\n"


def path(name: str) -> str:
    """siw:mr/reg/thp/2MiB -> siw_mr.reg.thp.2MiB: KCIDB's paths have no other characters."""
    return ".".join(re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in name.split("/"))


def kcidb(document: dict) -> str:
    """head is what was tested; base is what its figures are held against."""
    head = document["head"]
    build = f"{ORIGIN}:{head['digest']}"
    serial = f"{head['digest'][:16]}-{document['base']['digest'][:16]}-{document['date']}"
    checkout = {"id": f"{ORIGIN}:{head['commit'] or head['digest']}", "origin": ORIGIN,
                "comment": f"{head['name']}, {head['release']}", "start_time": document["date"], "valid": True}
    if head["commit"]:
        checkout["git_commit_hash"] = head["commit"]

    def entry(test: Test) -> dict:
        found = {"id": f"{ORIGIN}:{serial}-{path(test.name)}", "origin": ORIGIN, "build_id": build,
                 "path": f"phyr.{path(test.name)}", "status": test.status,
                 "comment": test.said + (f"; base {text.named(document, 'base')}" if test.row else ""),
                 "start_time": document["date"],
                 "environment": {"comment": f"QEMU {document['qemu']}, clock {document['clock']}"}}
        if test.row:
            found["misc"] = {"base": test.row["base"], "head": test.row["head"],
                             "verdict": test.row["verdict"] or "failed"}
            if "median" in test.row["head"]:
                found["number"] = {"value": test.row["head"]["median"],
                                   "unit": "instructions" if document["clock"] == "icount" else "ns"}
        return found

    return json.dumps({
        "version": KCIDB, "checkouts": [checkout],
        "builds": [{"id": build, "origin": ORIGIN, "checkout_id": checkout["id"], "architecture": "x86_64",
                    "status": "PASS", "start_time": document["date"]}],
        "tests": [entry(test) for test in tests(document)]}, indent=1, ensure_ascii=False) + "\n"
