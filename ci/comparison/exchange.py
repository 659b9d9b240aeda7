# SPDX-License-Identifier: GPL-2.0-only
"""A comparison for other programs: KTAP, JUnit XML, and the JSON of KCIDB."""

import json
import re
import xml.etree.ElementTree as xml

from ci.comparison import text, verdicts

# https://docs.kernelci.org/kcidb/: the version whose fields these are.
KCIDB = {"major": 5, "minor": 0}
ORIGIN = "phyr"


def said(row: dict) -> str:
    return (f"{text.figure(row['base'])} -> {text.figure(row['head'])} {text.percent(row)}, "
            f"{row['verdict'] or 'failed on both sides'}")


def skipped(row: dict) -> bool:
    return row["verdict"] in (verdicts.FEW, verdicts.INEXACT, None)


def ktap(document: dict) -> str:
    lines = ["KTAP version 1", f"1..{len(document['rows']) + len(document['not_measured'])}"]
    for row in document["rows"]:
        bad = row["verdict"] == verdicts.WORSE
        mark = "# SKIP " if skipped(row) else "# "
        lines.append(f"{'not ok' if bad else 'ok'} {len(lines) - 1} {row['name']} {mark}{said(row)}")
    for one in document["not_measured"]:
        lines.append(f"ok {len(lines) - 1} {one['name']} # SKIP {one['side']}: {one['reason']}")
    return "\n".join(lines) + "\n"


def junit(document: dict) -> str:
    bad = document["summary"][verdicts.WORSE]
    idle = sum(map(skipped, document["rows"])) + len(document["not_measured"])
    suite = xml.Element("testsuite", name=f"{document['suite']}/{document['clock']}", timestamp=document["date"],
                        tests=str(len(document["rows"]) + len(document["not_measured"])), failures=str(bad),
                        errors="0", skipped=str(idle))
    properties = xml.SubElement(suite, "properties")
    for role in ("base", "head"):
        xml.SubElement(properties, "property", name=role, value=text.named(document, role))
    for row in document["rows"]:
        case = xml.SubElement(suite, "testcase", classname=document["suite"], name=row["name"])
        if row["verdict"] == verdicts.WORSE:
            xml.SubElement(case, "failure", message=said(row), type="regression")
        elif skipped(row):
            xml.SubElement(case, "skipped", message=said(row))
        else:
            xml.SubElement(case, "system-out").text = said(row)
    for one in document["not_measured"]:
        case = xml.SubElement(suite, "testcase", classname=document["suite"], name=one["name"])
        xml.SubElement(case, "skipped", message=f"{one['side']}: {one['reason']}")
    whole = xml.Element("testsuites")
    whole.append(suite)
    xml.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(whole, encoding="unicode") + "\n"


def path(name: str) -> str:
    """siw:mr/reg/thp/2MiB -> siw_mr.reg.thp.2MiB: KCIDB's paths have no other characters."""
    return ".".join(re.sub(r"[^A-Za-z0-9_-]", "_", part) for part in name.split("/"))


STATUS = {verdicts.WORSE: "FAIL", verdicts.BETTER: "PASS", verdicts.SAME: "PASS", verdicts.FEW: "DONE",
          verdicts.INEXACT: "DONE", None: "SKIP"}


def kcidb(document: dict) -> str:
    """head is what was tested; base is what its figures are held against."""
    head = document["head"]
    build = f"{ORIGIN}:{head['digest']}"
    serial = f"{head['digest'][:16]}-{document['base']['digest'][:16]}-{document['date']}"
    checkout = {"id": f"{ORIGIN}:{head['commit'] or head['digest']}", "origin": ORIGIN,
                "comment": f"{head['name']}, {head['release']}", "start_time": document["date"], "valid": True}
    if head["commit"]:
        checkout["git_commit_hash"] = head["commit"]

    def test(name: str, status: str, comment: str, **more) -> dict:
        return {"id": f"{ORIGIN}:{serial}-{path(name)}", "origin": ORIGIN, "build_id": build,
                "path": f"phyr.{path(name)}", "status": status, "comment": comment, "start_time": document["date"],
                "environment": {"comment": f"QEMU {document['qemu']}, clock {document['clock']}"}} | more

    tests = []
    for row in document["rows"]:
        more = {"misc": {"base": row["base"], "head": row["head"], "verdict": row["verdict"] or "failed"}}
        if "median" in row["head"]:
            more["number"] = {"value": row["head"]["median"],
                              "unit": "instructions" if document["clock"] == "icount" else "ns"}
        tests.append(test(row["name"], STATUS[row["verdict"]], f"{said(row)}; base {text.named(document, 'base')}",
                          **more))
    tests += [test(one["name"], "SKIP", f"{one['side']}: {one['reason']}") for one in document["not_measured"]]
    return json.dumps({
        "version": KCIDB, "checkouts": [checkout],
        "builds": [{"id": build, "origin": ORIGIN, "checkout_id": checkout["id"], "architecture": "x86_64",
                    "status": "PASS", "start_time": document["date"]}],
        "tests": tests}, indent=1, ensure_ascii=False) + "\n"
