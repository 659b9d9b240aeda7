# SPDX-License-Identifier: GPL-2.0-only
"""Suites, kernels and boots made up for the tests of ./phyr compare."""

import hashlib
import os
import subprocess
from pathlib import Path

from ci.comparison.builder import Built
from ci.comparison.measure import Boot
from ci.comparison.sides import Side
from ci.comparison.suites import Suite

INEXACT = [{"rows": "*crypto/virtio/total*", "reason": "the device decides"},
           {"rows": "*dio/*/read/*", "figure": True, "reason": "by 1 %"}]
SUITE = Suite("test", {"runs": [], "inexact": INEXACT}, (),
              ({"rows": "*", "percent": 0, "reason": "exact"}, {"rows": "mr/dereg/*", "percent": 3, "reason": "noisy"}),
              ())


def result(name: str, *samples: float) -> dict:
    """As phyrd has it."""
    ordered = sorted(samples)
    mean = sum(samples) / len(samples)
    deviation = (sum((one - mean) ** 2 for one in samples) / max(1, len(samples) - 1)) ** 0.5
    return {"workload": name, "unit": "ns", "stats": {"median": ordered[(len(ordered) - 1) // 2], "min": ordered[0],
                                                      "max": ordered[-1], "n": len(samples), "stddev": deviation}}


def failed(name: str, errno: str, message: str = "") -> dict:
    return {"workload": name, "error": {"errno": errno, "message": message}}


def boot(*results: dict, release: str = "7.3.4", free: int = 1000, missing: dict | None = None,
         programs: dict | None = None, held: dict | None = None, complaints: tuple[str, ...] = ()) -> Boot:
    return Boot(release, {"MemTotal": 2000, "MemFree": free}, list(results), missing or {}, programs or {}, held or {},
                list(complaints))


def sources(tree: Path) -> None:
    """A folder that looks like a kernel's."""
    for name in ("mm", "arch/x86"):
        (tree / name).mkdir(parents=True)
        (tree / name / "file.c").write_text(f"{name}\n")
    for name in ("Kbuild", "Kconfig", "Makefile"):
        (tree / name).write_text("x\n")


class Repository:
    """Of a test case, in its folder self.tree; the file cost of a commit is what a made-up boot finds."""
    tree: Path
    environment: dict[str, str] = {}         # of git

    def git(self, *words: str) -> str:
        return subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@x", "-C", self.tree, *words],
                              capture_output=True, text=True, check=True,
                              env=os.environ | self.environment).stdout.strip()

    def commit(self, cost: object) -> str:
        (self.tree / "cost").write_text(f"{cost}\n")
        (self.tree / "serial").write_text(f"{len(self.git('rev-list', '--all').split())}\n")
        self.git("add", "-A")
        self.git("commit", "-qm", f"cost {cost}")
        return self.git("rev-parse", "HEAD")


def rename_head(tree: Path, old: bytes, new: bytes) -> None:
    """Its message gets bytes that git commit would make UTF-8 of."""
    git = ["git", "-C", tree]
    raw = subprocess.run([*git, "cat-file", "commit", "HEAD"], capture_output=True, check=True).stdout
    name = subprocess.run([*git, "hash-object", "-t", "commit", "-w", "--stdin"], input=raw.replace(old, new),
                          capture_output=True, check=True).stdout.decode().strip()
    subprocess.run([*git, "reset", "-q", "--soft", name], check=True)


def built(role: str, name: str, folder: Path, config: str | None = "", text: dict | None = None,
          size: int = 64, stack: dict | None = None) -> Built:
    image = folder / f"{name}.img"
    image.write_bytes(hashlib.sha256(name.encode()).digest()[:1] * size)
    return Built(Side(role, name, "ref", folder, hashlib.sha1(name.encode()).hexdigest()), image, config, text,
                 stack=stack)
