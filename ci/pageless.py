# SPDX-License-Identifier: GPL-2.0-only
"""The series of pageless/, which is not built with the others yet: between its folder and the branch 'pageless'.

python3 -m ci.pageless build     the branch, on top of 'phyr'
python3 -m ci.pageless export    files/ and patches/, from the branch
"""

import shutil
import sys
from pathlib import Path

from ci import patch, paths
from ci.destinations import Destination
from ci.error import CiError
from ci.git import Git
from ci.series import REF as BELOW
from ci.series import Entry, check_overlay, stack

FOLDER = "pageless"
REF = "refs/heads/pageless"
SERIES = Destination(name=FOLDER, folder=FOLDER, paths=["*"], lists=[], maintainers=[], part="patches")


def build(root: Path) -> str:
    """The last commit."""
    found = [Entry(path, patch.parse(path), SERIES) for path in sorted((root / FOLDER / "patches").glob("*.patch"))]
    check_overlay(root, [FOLDER], found)
    return stack(root, paths.STORE, Git(paths.STORE).line("rev-parse", BELOW), found, REF)


def content_of(store: Git, commit: str) -> tuple[patch.Patch, list[str]]:
    """The patch, and the files that it adds."""
    author, date, subject, body = store.run("log", "-1", "--format=%an <%ae>%x00%aI%x00%s%x00%b",
                                            commit).decode().split("\0")
    status = store.line("diff-tree", "-r", "--no-commit-id", "--name-status", "--no-renames", commit).splitlines()
    new = sorted(line.split("\t")[1] for line in status if line.startswith("A\t"))
    hooks = store.run("diff-tree", "-p", "--no-commit-id", "--no-renames", "--abbrev=12", "--no-ext-diff",
                      "--diff-algorithm=myers", "--diff-filter=a", commit).decode()
    return patch.Patch(author, date, subject, body.strip("\n") + "\n" if body.strip() else "", new, hooks), new


def export(root: Path) -> int:
    """The number of patches."""
    store = Git(paths.STORE)
    commits = store.line("rev-list", "--reverse", f"{BELOW}..{REF}").split()
    for below in ("files", "patches"):
        shutil.rmtree(root / FOLDER / below, ignore_errors=True)
    for number, commit in enumerate(commits, 1):
        content, new = content_of(store, commit)
        target = root / FOLDER / "patches" / f"{number:04}-{content.slug}.patch"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content.render())
        for name in new:
            path = root / FOLDER / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(store.run("show", f"{commit}:{name}"))
    return len(commits)


def main(arguments: list[str]) -> None:
    if arguments == ["build"]:
        print(build(paths.ROOT))
    elif arguments == ["export"]:
        print(export(paths.ROOT))
    else:
        raise CiError(f"pageless: build or export, not '{' '.join(arguments)}'")


if __name__ == "__main__":
    main(sys.argv[1:])
