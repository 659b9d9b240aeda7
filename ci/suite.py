# SPDX-License-Identifier: GPL-2.0-only
"""./phyr test: which entries there are, and which of them are meant."""

import difflib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial

from ci import style
from ci.entries import (checkpatch, comparison, configuration, debian, diagnostics, differential, distribution, exact,
                        fio, fuzz, harness, kernel_deb, kunit, machines, memory_clock, own, portability, recipients,
                        scatterlist, selftests, serve, suites, tree_checks, userspace)
from ci.entry import Entry, apart
from ci.error import CiError

KERNEL = ("kernel",)
GUEST = ("kernel", "userspace", "guest")
PERF = ("phyr", "guest", "accelerator")
DEBUG = ("debug", "guest", "accelerator")
NVME = ("nvme", "guest", "accelerator")
QUICK = "quick"          # in place of entries: those that are

# A line each of what it is, and what it takes: see ci/entry.py.
ENTRIES = (
    Entry("ci", "the tests of ci/ itself", own.own, ("own",), parts=own.modules, seconds=20, quick=True),
    Entry("style", "formatters and linters", style.style,
          ("style",), parts=lambda: list(style.TOOLS), seconds=10, quick=True),
    Entry("checkpatch", "checkpatch.pl --strict on each patch", checkpatch.checkpatch, ("checkpatch",), ("series",),
          checkpatch.patches, seconds=40, quick=True),
    Entry("recipients", "each series goes to those whom get_maintainer.pl names", recipients.recipients,
          ("checkpatch",), ("series",), recipients.names, seconds=20),
    Entry("unit", "userspace's and bench's tests on this machine", userspace.unit,
          ("userspace", "unit"), ("userspace",), userspace.unit_tests, seconds=60, quick=True),
    Entry("page", "the daemon's page in a browser", userspace.page, ("userspace", "page"), ("userspace",), seconds=60),
    Entry("prometheus", "Prometheus scrapes phyrd, and the dashboard's queries find something", userspace.prometheus,
          ("userspace", "unit", "prometheus"), ("userspace",), seconds=10),
    Entry("sanitizers", "unit and page once more, with ASan and UBSan and with TSan", userspace.sanitizers,
          ("userspace", "unit", "page"), (), userspace.sanitized_tests, userspace.by_build, seconds=300),
    Entry("fuzz", "what clients send, made up at random", fuzz.fuzz,
          ("userspace", "fuzz"), (), fuzz.fuzzers, seconds=90),
    Entry("deb", "Debian packages of userspace, and lintian", debian.packages,
          ("userspace", "deb"), seconds=60),
    Entry("scatterlist", "the kernel's own test of lib/scatterlist.c", scatterlist.scatterlist,
          ("scatterlist",), ("series",)),
    Entry("configuration", "stock and phyr kernels differ in the series' options only", configuration.configuration,
          KERNEL, ("series",), seconds=20),
    Entry("sparse", "no new W=1 or sparse diagnostic", diagnostics.sparse,
          KERNEL + ("sparse",), ("series",), seconds=120),
    Entry("every-commit", "each commit compiles by itself, and each series on what it needs", diagnostics.every_commit,
          KERNEL, ("series",), diagnostics.builds, seconds=400),
    Entry("kernel-doc", "comments that describe what is there", tree_checks.kernel_doc, (), ("series",), seconds=15),
    Entry("rst", "pages of Documentation/", tree_checks.rst, ("rst",), ("series",), seconds=15),
    Entry("coccinelle", "the kernel's semantic patches", tree_checks.coccinelle,
          ("coccinelle",), ("series",), seconds=600, default=False),
    Entry("portability", "other processors, page sizes and choices of Kconfig", portability.portability,
          KERNEL + ("guest", "portability"), ("series",), portability.configurations, apart, seconds=150, guest=True,
          usual=portability.usual),
    Entry("harness", "panic, hang and splat of a VM are noticed", harness.harness, GUEST, PERF,
          lambda: list(harness.CASES), seconds=60, guest=True),
    Entry("serve", "./phyr serve has its page up in time", serve.serve, GUEST, PERF,
          seconds=20, guest=True, alone=True),
    Entry("memory-clock", "it counts what was planted, and what cachegrind counts", memory_clock.memory_clock,
          ("memory",), parts=memory_clock.parts, seconds=20),
    Entry("exact", "figures are the same in each boot", exact.exact, GUEST, PERF,
          seconds=100, guest=True),
    Entry("compare", "stock and phyr with the limits, as ./phyr compare does it", comparison.comparison,
          GUEST, ("stock", *PERF), seconds=90, guest=True),
    Entry("slurm", "compare, bisect and history as jobs of a real cluster, of which some are killed", own.slurm,
          ("own", "slurm"), seconds=110, default=False),
    Entry("kunit", "KUnit suites in the measured kernel", kunit.perf, GUEST, PERF, kunit.suites,
          seconds=20, guest=True),
    Entry("kunit-debug", "the same with KASAN, lockdep and kmemleak", kunit.debug, GUEST, DEBUG, kunit.suites,
          seconds=60, guest=True),
    Entry("guest-perf", "test programs in the measured kernel", machines.perf, GUEST, PERF,
          machines.kernel_tests, partial(machines.by_boot, 1), seconds=100, guest=True),
    Entry("guest-debug", "the same with KASAN, lockdep and kmemleak", machines.debug, GUEST, DEBUG,
          machines.kernel_tests, partial(machines.by_boot, 2), seconds=300, guest=True),
    Entry("differential", "random direct I/O does the same in both kernels", differential.differential,
          GUEST, ("stock", *PERF), seconds=100, guest=True),
    Entry("fio", "fio verifies what it has written to drives from hugepages", fio.fio, (*GUEST, "fio"), PERF,
          lambda: list(fio.CASES), seconds=150, guest=True),
    Entry("selftests", "the kernel's own tests of memory that direct I/O pins", selftests.selftests, GUEST, PERF,
          lambda: list(selftests.PROGRAMS), seconds=30, guest=True),
    Entry("dma", "DMA addresses with all that can be between device and memory", machines.dma, GUEST, PERF,
          lambda: list(machines.DMA_MACHINES), apart, seconds=40, guest=True),
    Entry("suites", "other people's tests of RDMA, on the stock and the phyr kernel", suites.suites,
          GUEST + ("suites",), ("stock", *PERF), lambda: list(suites.SUITES), seconds=100, guest=True),
    Entry("crypto", "ciphers by the device with every kind of ring and address", machines.crypto, GUEST, PERF,
          lambda: list(machines.CRYPTO_MACHINES), apart, seconds=40, guest=True),
    Entry("distribution", "phyrd on Debian's own kernel", distribution.run, (*GUEST, "distribution"), PERF,
          distribution.parts, seconds=60, guest=True),
    Entry("installed", "systemd starts phyrd in a fresh Debian with our packages", debian.installed,
          ("guest", "userspace", "deb", "installed"), seconds=200, default=False, guest=True),
    Entry("kernel-deb", "a kernel package of a configuration boots a fresh Debian to a login", kernel_deb.run,
          (*KERNEL, "guest", "kernel_deb", "distribution", "installed"), ("series",), kernel_deb.parts, seconds=900,
          default=False, guest=True),
    Entry("nvme-rdma", "NVMe over RDMA, whose memory the kernel itself registers", machines.nvme, GUEST, NVME,
          seconds=40, default=False, guest=True),
)


class SelectionError(CiError):
    pass


@dataclass(frozen=True)
class Selected:
    entry: Entry
    parts: list[str]         # none where the entry has none


def near(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, 5, 0.5)
    return f"near it are {', '.join(close)}" if close else f"there are {', '.join(known)}"


def parts_of(entry: Entry, pattern: str) -> list[str]:
    """A part by its name; or all that match, as a whole or in what follows their last slash."""
    known = entry.parts()
    if pattern in known:
        return [pattern]
    found = [part for part in known if fnmatchcase(part, pattern) or fnmatchcase(part, f"{pattern}/*")
             or fnmatchcase(part.rpartition("/")[2], pattern)]
    if not known:
        raise SelectionError(f"{entry.name}/{pattern}: {entry.name} has no parts")
    if not found:
        last = [part.rpartition("/")[2] for part in known]
        names = list(dict.fromkeys(known + last))
        raise SelectionError(f"{entry.name}/{pattern}: no such part; {near(pattern, names)}")
    return found


def find(name: str) -> Entry:
    for entry in ENTRIES:
        if entry.name == name:
            return entry
    if name == QUICK:
        raise SelectionError(f"{QUICK} has no parts; name one of an entry: ENTRY/PART")
    raise SelectionError(f"{name}: no such entry; {near(name, [entry.name for entry in ENTRIES] + [QUICK])}")


def select(names: list[str], long: bool = False) -> list[Selected]:
    """names: entries, ENTRY/PART, or 'quick'; those of a plain ./phyr test when there are none."""
    if not names:
        return [Selected(entry, entry.usual() if entry.usual and not long else entry.parts())
                for entry in ENTRIES if entry.default or long]
    wanted: dict[str, list[str]] = {}
    for name in names:
        entries = [entry for entry in ENTRIES if entry.quick] if name == QUICK else [find(name.partition("/")[0])]
        for entry in entries:
            pattern = name.partition("/")[2]
            wanted.setdefault(entry.name, []).extend(parts_of(entry, pattern) if pattern else entry.parts())
    # In the order of the table, and each part once.
    return [Selected(entry, [part for part in entry.parts() if part in wanted[entry.name]])
            for entry in ENTRIES if entry.name in wanted]


def needs(selected: list[Selected]) -> set[str]:
    return {need for each in selected for need in each.entry.needs}


def listing(names: list[str]) -> str:
    """What there is; the parts of those that are named."""
    if names:
        return "\n".join(f"{each.entry.name}/{part}" if part else each.entry.name
                         for each in select(names) for part in each.parts or [""])
    width = max(len(entry.name) for entry in ENTRIES)
    lines = [f"{entry.name:<{width}}  {entry.text}{'' if entry.default else ' (by name, or with --long)'}"
             for entry in ENTRIES]
    quick = ", ".join(entry.name for entry in ENTRIES if entry.quick)
    return "\n".join([*lines, f"{QUICK:<{width}}  {quick}: before each commit"])
