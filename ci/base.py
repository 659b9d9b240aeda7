# SPDX-License-Identifier: GPL-2.0-only
"""The kernel release that the series applies to: fetched, checked, imported as one commit."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from ci import archive, paths
from ci.error import CiError
from ci.git import Git
from ci.progress import note, say

KNOWN = paths.ROOT / "kernel" / "base"
SERIES = "7.3"
PACKAGE = f"linux-source-{SERIES}"
SUITE = "trixie-backports"
ARCHITECTURE = "amd64"     # the package is for all
TARBALL_VARIABLE = "PHYR_LINUX_TARBALL"
REF = "refs/heads/base"
# The same tree becomes the same commit on every machine.
IDENTITY = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "phyr"), ("EMAIL", "phyr@localhost"), ("DATE", "2026-01-01T00:00:00Z"))
}


class BaseError(CiError):
    pass


def known(listing: Path = KNOWN) -> dict[tuple[str, str], str]:
    """(version, file name) -> sha256."""
    sums = {}
    for line in listing.read_text().splitlines():
        if line and not line.startswith("#"):
            version, name, sha256 = line.split()
            sums[version, name] = sha256
    return sums


def package_tarball(folder: Path) -> Path:
    try:
        root = archive.unpack([PACKAGE], SUITE, ARCHITECTURE, folder)
    except archive.ArchiveError as error:
        raise BaseError(f"{error}\nWithout a package archive: get linux-{SERIES}.y.tar.xz from kernel.org and set "
                        f"{TARBALL_VARIABLE} to its path") from None
    return root / "usr" / "src" / f"{PACKAGE}.tar.xz"


def tarball(folder: Path) -> Path:
    given = os.environ.get(TARBALL_VARIABLE)
    if not given:
        say(f"fetching {PACKAGE} from the package archive")
        return package_tarball(folder)
    if not Path(given).is_file():
        raise BaseError(f"{TARBALL_VARIABLE}={given}: no such file")
    return Path(given)


def version(tree: Path) -> str:
    text = (tree / "Makefile").read_text()
    return ".".join(re.search(rf"^{name} = (\d+)$", text, re.M)[1] for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))


def verify(name: str, sha256: str, found: str, sums: dict[tuple[str, str], str]) -> None:
    """A listed tarball must be the listed one; an unlisted 7.3.y is accepted, and the patches will tell."""
    if not found.startswith(SERIES + "."):
        raise BaseError(f"{name} is Linux {found}; the series applies to {SERIES}.y")
    wanted = sums.get((found, name))
    if wanted and wanted != sha256:
        raise BaseError(f"{name}: sha256 is {sha256}, kernel/base lists {wanted} for {found}")
    if not wanted:
        note(f"{name} ({found}, sha256 {sha256}) is not listed in kernel/base")


def import_tree(git: Git, message: str) -> str:
    """The work tree as one commit. Its .gitignore files would hide parts of it, hence -f."""
    # Threshold 1 streams every file into a single pack: four times faster than 95,000 loose objects.
    git.run("-c", "core.bigFileThreshold=1", "-c", "core.compression=0", "add", "-Af", ".")
    return git.line("commit-tree", git.line("write-tree"), "-m", message, env=IDENTITY)


def needs() -> tuple[str, ...]:
    """Headings in ci/packages: nothing is needed where the base is there."""
    return () if paths.STORE.exists() and Git(paths.STORE).has(REF) else ("base",)


def root_commit(store: Git) -> str:
    """What REF is at; BaseError when somebody has checked it out and committed on it."""
    *later, root = store.line("rev-list", REF).split()
    if later:
        raise BaseError(f"branch base of {store.directory} has {len(later)} commits on top of Linux; keep them under "
                        f"another name, and: git --git-dir={store.directory} update-ref {REF} {root}")
    return root


def ensure() -> str:
    """The base commit in the store; imported on first use, when its tarball also becomes the stock tree."""
    store = Git(paths.STORE)
    store.init()
    if store.has(REF):
        return root_commit(store)

    scratch = paths.BUILD / "base"
    packed = tarball(scratch)
    with packed.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    tree = paths.TREES / "stock"
    say(f"unpacking {packed.name}")
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    subprocess.run(["tar", "-xf", packed, "-C", tree, "--strip-components=1"], check=True)
    found = version(tree)
    verify(packed.name, sha256, found, known())
    say(f"importing Linux {found}")
    index = paths.TREES / "stock.index"
    index.unlink(missing_ok=True)
    commit = import_tree(Git(paths.STORE, index, tree), f"Linux {found}")
    store.run("update-ref", REF, commit)
    shutil.rmtree(scratch, ignore_errors=True)
    return commit
