# SPDX-License-Identifier: GPL-2.0-only
"""Debian packages unpacked, not installed: those of another release or of another architecture."""

import shutil
import subprocess
from pathlib import Path

from ci.error import CiError

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class ArchiveError(CiError):
    pass


def site() -> str:
    """The package archive this machine already uses."""
    # Which archive is Debian's own is only known once apt has its lists.
    for which in (["Origin: Debian"], []):
        result = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE)", "Created-By: Packages", *which],
            capture_output=True, text=True,
        )
        for found in result.stdout.split():
            if "security" not in found:
                return found
    raise ArchiveError("apt knows no package archive (apt-get indextargets lists none)")


def release() -> str:
    """The code name of the Debian that runs here."""
    for line in Path("/etc/os-release").read_text().splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2]
    raise ArchiveError("/etc/os-release names no Debian release")


def unpack(packages: list[str], suite: str, architecture: str, folder: Path) -> Path:
    """The packages' files, below folder/root; folder is emptied first.

    Through a private apt state: the machine's own lists, and the architectures that it knows, are left alone.
    """
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "lists" / "partial").mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [signed-by={KEYRING} arch={architecture}] {site()} {suite} main\n")
    apt = ["apt-get", "-q", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-",
           "-o", f"Dir::State::lists={folder}/lists", "-o", "APT::Sandbox::User=root",
           "-o", f"APT::Architecture={architecture}", "-o", f"APT::Architectures={architecture}",
           # The machine's own cache lists packages of its own architecture.
           "-o", f"Dir::Cache={folder}/cache"]
    for step in (["update"], ["download", *packages]):
        result = subprocess.run(apt + step, cwd=folder, capture_output=True, text=True)
        if result.returncode:
            raise ArchiveError(f"{', '.join(packages)} of {suite} for {architecture}: apt-get {step[0]} failed: "
                               f"{result.stderr.strip()[-400:]}")
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, folder / "root"], check=True)
        package.unlink()
    return folder / "root"
