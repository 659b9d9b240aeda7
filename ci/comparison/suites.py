# SPDX-License-Identifier: GPL-2.0-only
"""Suites of ./phyr compare: which workloads, which programs, and what counts as a difference. A suite is a JSON file.

Either it has runs of its own, as bench/workloads.json does, or it is "of" another file, of which it takes "rows".
"""

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ci import bench, compare, paths
from ci.error import CiError

NAMED = {"quick": paths.ROOT / "bench" / "quick.json", "full": bench.WORKLOADS}
FAMILIES = ("af_alg", "crypto", "dio", "dma", "gup", "gup_test", "mr", "rdma", "uring")
BACKINGS = ("base", "thp", "thp-pte", "mthp-64K", "hugetlb-2M", "hugetlb-1G", "frag-8K", "frag-16K", "frag-64K",
            "frag-256K")
SIZE = re.compile(r"[1-9]\d*(KiB|MiB|GiB)")
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")     # of files in the guest
RESERVED = ("phyrd", "phyrd.log", "job", "requests")      # which are there already
SAMPLES, WARMUP = range(1, 100_001), range(0, 100_001)


class SuiteError(CiError):
    pass


@dataclass(frozen=True)
class Suite:
    name: str
    plan: dict                     # runs, inexact
    rows: tuple[str, ...]          # patterns of the rows that are meant; all when there are none
    thresholds: tuple[dict, ...]
    programs: tuple[dict, ...]
    held: tuple[str, ...] = ()     # backings of an MR that is looked at for what the kernel holds for it

    def threshold(self, row: str) -> float:
        """By how many percent the row has to change before that is a difference: the last entry that names it says."""
        return next((entry["percent"] for entry in reversed(self.thresholds) if fnmatchcase(row, entry["rows"])), 0.0)

    def names(self) -> list[str]:
        """All rows."""
        return [run.get("prefix", "") + item["workload"] for features in bench.MACHINES
                for name, body in bench.requests(self.plan, None, features, self.rows).items()
                for run in [next(one for one in self.plan["runs"] if one["name"] == name)]
                for item in body["workloads"]]


class Reader:
    """One file, whose errors are a line each: the key, its value, and what it could be."""

    def __init__(self, file: Path):
        self.file = file

    def wrong(self, key: str, value: object, possible: str) -> SuiteError:
        shown = json.dumps(value)
        shown = shown if len(shown) < 80 else shown[:77] + "..."
        return SuiteError(f"{self.file}: {key}: {shown}; possible: {possible}")

    def keys(self, key: str, value: object, needed: Iterable[str], others: Iterable[str] = ()) -> dict:
        needed, others = list(needed), list(others)
        if not isinstance(value, dict):
            raise self.wrong(key, value, "an object with " + ", ".join(needed + others))
        for name in value:
            if name not in needed + others:
                near = difflib.get_close_matches(name, needed + others, 1)
                raise self.wrong(f"{key}.{name}".lstrip("."), value[name],
                                 f"no such key; {f'{near[0]}, or ' if near else ''}"
                                 f"one of {', '.join(needed + others)}")
        for name in needed:
            if name not in value:
                raise self.wrong(f"{key}.{name}".lstrip("."), None, f"it is missing; {key or 'the file'} needs "
                                                                    f"{', '.join(needed)}")
        return value

    def items(self, key: str, value: object, least: int = 0) -> list:
        if not isinstance(value, list) or len(value) < least:
            raise self.wrong(key, value, "a list" + (" with an entry" if least else ""))
        return value

    def text(self, key: str, value: object, known: Iterable[str] = ()) -> str:
        if not isinstance(value, str) or not value or known and value not in known:
            raise self.wrong(key, value, ", ".join(known) if known else "a text")
        return value

    def number(self, key: str, value: object, allowed: range) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
            raise self.wrong(key, value, f"a whole number from {allowed.start} to {allowed.stop - 1}")

    def name(self, key: str, value: object) -> None:
        if not NAME.fullmatch(self.text(key, value)):
            raise self.wrong(key, value, "64 letters, digits, _ . and - at most, and the first of them neither . nor -")
        if value in RESERVED:
            raise self.wrong(key, value, f"any name but {', '.join(RESERVED)}")

    def once(self, key: str, names: list[str], whose: str) -> None:
        if twice := [name for name, number in Counter(names).items() if number > 1]:
            raise self.wrong(key, twice[0], f"a name of its own for each {whose}")

    def run(self, key: str, value: object) -> None:
        run = self.keys(key, value, ("name", "samples", "warmup", "workloads", "backings"),
                        ("kernels", "device", "prefix", *bench.FEATURES))
        self.name(f"{key}.name", run["name"])
        for name in ("device", "prefix"):
            if name in run:
                self.text(f"{key}.{name}", run[name])
        for number, name in enumerate(self.items(f"{key}.kernels", run.get("kernels", []))):
            self.text(f"{key}.kernels[{number}]", name, ("stock", "phyr"))
        self.number(f"{key}.samples", run["samples"], SAMPLES)
        self.number(f"{key}.warmup", run["warmup"], WARMUP)
        for name in bench.FEATURES:
            if not isinstance(run.get(name, False), bool):
                raise self.wrong(f"{key}.{name}", run[name], "true, false")
        self.backings(f"{key}.backings", run["backings"], 1)
        for number, pattern in enumerate(self.items(f"{key}.workloads", run["workloads"], 1)):
            for name in bench.expand(self.text(f"{key}.workloads[{number}]", pattern)):
                if name.split("/")[0] not in FAMILIES or not name.endswith("/{backing}"):
                    raise self.wrong(f"{key}.workloads[{number}]", pattern,
                                     f"one of {', '.join(FAMILIES)}, then its parts, then /{{backing}}")

    def backings(self, key: str, value: object, least: int = 0) -> list[str]:
        for number, backing in enumerate(self.items(key, value, least)):
            kind, _, size = self.text(f"{key}[{number}]", backing).partition("/")
            if kind not in BACKINGS or not SIZE.fullmatch(size):
                raise self.wrong(f"{key}[{number}]", backing,
                                 f"one of {', '.join(BACKINGS)}, a slash, and a size such as 64MiB")
        return value

    def rules(self, key: str, value: object) -> list[dict]:
        for number, entry in enumerate(self.items(key, value)):
            here = f"{key}[{number}]"
            self.keys(here, entry, ("rows", "percent", "reason"))
            self.text(f"{here}.rows", entry["rows"])
            self.text(f"{here}.reason", entry["reason"])
            if isinstance(entry["percent"], bool) or not isinstance(entry["percent"], int | float) \
                    or not 0 <= entry["percent"] <= 100:
                raise self.wrong(f"{here}.percent", entry["percent"], "a number from 0 to 100")
        return value

    def programs(self, key: str, value: object) -> list[dict]:
        for number, entry in enumerate(self.items(key, value)):
            here = f"{key}[{number}]"
            self.keys(here, entry, ("name", "command"))
            self.text(f"{here}.command", entry["command"])
            self.name(f"{here}.name", entry["name"])
        self.once(f"{key}[].name", [entry["name"] for entry in value], "program")
        return value

    def inexact(self, key: str, value: object) -> list[dict]:
        for number, entry in enumerate(self.items(key, value)):
            here = f"{key}[{number}]"
            self.keys(here, entry, ("rows", "reason"), ("figure",))
            self.text(f"{here}.rows", entry["rows"])
            self.text(f"{here}.reason", entry["reason"])
            if not isinstance(entry.get("figure", False), bool):
                raise self.wrong(f"{here}.figure", entry["figure"], "true, false")
        return value

    def read(self) -> dict:
        try:
            document = json.loads(self.file.read_text())
        except OSError as error:
            raise SuiteError(f"{self.file}: cannot be read: {error.strerror}") from None
        except ValueError as error:
            raise SuiteError(f"{self.file}: is no JSON: {error}") from None
        if not isinstance(document, dict):
            raise self.wrong("the file", document, "an object with runs, or of another file with rows")
        return document


def load(text: str, file: Path) -> Suite:
    """text: as the caller named it; file: where it is."""
    reader = Reader(file)
    document = reader.read()
    if "of" in document:
        reader.keys("", document, ("of", "rows"), ("thresholds", "programs", "held"))
        patterns = tuple(reader.text(f"rows[{number}]", one)
                         for number, one in enumerate(reader.items("rows", document["rows"], 1)))
        other = file.parent / reader.text("of", document["of"])
        if "of" in Reader(other).read():
            raise reader.wrong("of", document["of"], "a file with runs of its own, which is not of another")
        whole = load(text, other)
        suite = Suite(text, whole.plan, patterns,
                      whole.thresholds + tuple(reader.rules("thresholds", document.get("thresholds", []))),
                      tuple(reader.programs("programs", document["programs"])) if "programs" in document
                      else whole.programs,
                      tuple(reader.backings("held", document["held"])) if "held" in document else whole.held)
        known = whole.names()
        for number, pattern in enumerate(patterns):
            if not any(fnmatchcase(one, pattern) for name in known for one in (name, compare.row_name(name))):
                near = difflib.get_close_matches(pattern, known, 3, 0.5)
                raise reader.wrong(f"rows[{number}]", pattern, f"a pattern of rows of {document['of']}"
                                   + (f", such as {', '.join(near)}" if near else ""))
        return suite
    reader.keys("", document, ("runs",), ("inexact", "thresholds", "programs", "held"))
    for number, run in enumerate(reader.items("runs", document["runs"], 1)):
        reader.run(f"runs[{number}]", run)
    reader.once("runs[].name", [run["name"] for run in document["runs"]], "run")
    inexact = reader.inexact("inexact", document.get("inexact", []))
    suite = Suite(text, {"runs": document["runs"], "inexact": inexact}, (),
                  tuple(reader.rules("thresholds", document.get("thresholds", []))),
                  tuple(reader.programs("programs", document.get("programs", []))),
                  tuple(reader.backings("held", document.get("held", []))))
    reader.once("runs[].workloads", suite.names(), "row: with the run's prefix, where two have it")
    return suite


def find(text: str, file: Path) -> Suite:
    """text: quick, full, or what the caller calls file."""
    return load(text, NAMED.get(text, file))
