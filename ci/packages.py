# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages: which of them a need stands for, which are missing here, and getting those."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ci import paths
from ci.error import CiError
from ci.progress import say

LISTING = paths.ROOT / "ci" / "packages"
HEADING = re.compile(r"\[(\w+)\]")
APT_INSTALL = ("apt-get", "install", "--no-install-recommends")


class PackageError(CiError):
    pass


def listed(listing: Path = LISTING) -> dict[str, list[str]]:
    """need -> packages"""
    needs: dict[str, list[str]] = {}
    for line in listing.read_text().splitlines():
        text = line.partition("#")[0].strip()
        if heading := HEADING.fullmatch(text):
            section = needs.setdefault(heading[1], [])
        elif text:
            section.append(text)
    return needs


def wanted(needs: Iterable[str]) -> list[str]:
    """Each package once, in the order of the list."""
    sections = listed()
    return list(dict.fromkeys(package for need in sections if need in set(needs) for package in sections[need]))


def missing(names: list[str]) -> list[str]:
    # dpkg-query fails when it knows none of a name; what it knows is on its output all the same.
    known = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *names],
                           capture_output=True, text=True)
    installed = {line.removeprefix("installed ") for line in known.stdout.splitlines() if line.startswith("installed ")}
    return [name for name in names if name not in installed]


def install(names: list[str]) -> None:
    say(f"installing {len(names)} packages: {' '.join(names)}")
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "-y", *APT_INSTALL[1:], *names]):
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"})
        if result.returncode:
            said = (result.stdout + result.stderr).strip()[-1500:]
            raise PackageError(f"apt-get could not install {' '.join(names)}; is a package archive reachable?\n{said}")


def ensure(needs: Iterable[str]) -> None:
    """What the needs stand for is there, or PackageError says how to get it."""
    names = wanted(needs)
    if not shutil.which("dpkg-query"):
        say(f"no Debian: that this machine has what these packages hold is not checked: {' '.join(names)}")
        return
    lacking = missing(names)
    if lacking and os.geteuid():
        raise PackageError(f"packages are missing; as root: {' '.join([*APT_INSTALL, *lacking])}")
    if lacking:
        install(lacking)
