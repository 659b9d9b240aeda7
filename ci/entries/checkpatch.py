# SPDX-License-Identifier: GPL-2.0-only
"""checkpatch.pl on each patch of the series."""

import shutil
import subprocess
from pathlib import Path

from ci import destinations, paths, series
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.git import Git
from ci.tap import Tally

TREE = paths.BUILD / "checkpatch"
# What checkpatch.pl reads: itself and its word lists, names in headers. The rest only has to be there.
READ = ("scripts", "include", "MAINTAINERS", "COPYING", "CREDITS", "Kbuild", "Makefile", "README")
PRESENT = ("Documentation", "arch", "drivers", "fs", "init", "ipc", "kernel", "lib")
OPTIONS = ("--strict", "--terse", "--show-types", "--no-summary", "--ignore",
           # The base has no history in which checkpatch.pl could look up the commits of Fixes: tags.
           "MISSING_SIGN_OFF,FILE_PATH_CHANGES,NO_AUTHOR_SIGN_OFF,UNKNOWN_COMMIT_ID")


def patches() -> list[str]:
    """In the order of their commits: kernel/patches/0001-mm-gup-..."""
    entries = series.entries(paths.ROOT, destinations.load())
    return [str(entry.path.relative_to(paths.ROOT).with_suffix("")) for entry in entries]


def unpack(store: Git, commit: str) -> None:
    """The tree's part of commit, unless it is there already."""
    stamp = TREE / "commit"
    if stamp.exists() and stamp.read_text() == commit:
        return
    shutil.rmtree(TREE, ignore_errors=True)
    TREE.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", TREE], input=store.run("archive", commit, "--", *READ), check=True)
    for name in PRESENT:
        (TREE / name).mkdir()
    stamp.write_text(commit)


def check(mail: Path, name: str) -> Tally:
    result = subprocess.run(["perl", "scripts/checkpatch.pl", *OPTIONS, mail], cwd=TREE, capture_output=True, text=True)
    said = result.stdout.replace(f"{mail}:", "").strip().splitlines()
    if not result.returncode and not said:
        return Tally(passed=1)
    return Tally(failures=[f"checkpatch: {name}: {line}" for line in said or [result.stderr.strip()]])


def checkpatch(artifacts: Artifacts, options: Options) -> Tally:
    store = artifacts.store
    unpack(store, artifacts.tip)
    tally = Tally()
    mail = TREE / "mail"
    for name, commit in zip(patches(), artifacts.commits, strict=True):
        if name in options.parts:
            mail.write_bytes(store.run("format-patch", "--stdout", "--no-signature", "--no-renames", "-1", commit))
            tally += check(mail, name)
    return tally
