# SPDX-License-Identifier: GPL-2.0-only
"""Series onto a person's kernel tree, by git am: all that were chosen, or nothing."""

import os
import re
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from ci import children
from ci.destinations import Destination, Destinations
from ci.error import CiError
from ci.mails import Mailing
from ci.series import Entry

# What a caller's git hook would otherwise make of our -C.
LOCAL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")
# What git says of a file: that the patch does not fit, or, below a line that says so, that it is in the way.
REFUSED_FILE = re.compile(r"^error: (.+?): (?:patch does not apply|does not exist in index|already exists in .*)$"
                          r"|^\t(.+)$", re.M)
# What a tree of Linux has, of any release, and hardly another tree.
LINUX = ("Kbuild", "MAINTAINERS", "drivers", "mm")


class ApplyError(CiError):
    pass


@dataclass(frozen=True)
class Tree:
    """A repository of the user's, with the user's git configuration."""
    path: Path

    def try_git(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        env = {name: value for name, value in os.environ.items() if name not in LOCAL} | {"LC_ALL": "C.UTF-8"}
        return children.run(["git", "-C", self.path, *arguments], text=True, errors="replace", env=env)

    def git(self, *arguments: str | Path) -> str:
        run = self.try_git(*arguments)
        if run.returncode:
            raise ApplyError(f"{self.path}: git {arguments[0]}: {run.stderr.strip()}")
        return run.stdout.strip()

    @property
    def head(self) -> str:
        return self.git("rev-parse", "--short=12", "HEAD")

    def state(self, name: str) -> Path:
        """A file of the repository, whether it exists or not."""
        return self.path / self.git("rev-parse", "--git-path", name)

    def check(self) -> None:
        if not self.path.is_dir():
            raise ApplyError(f"{self.path}: is no folder; name the work tree of a git repository")
        inside = self.try_git("rev-parse", "--is-inside-work-tree")
        if inside.returncode or inside.stdout.strip() != "true":
            raise ApplyError(f"{self.path}: is no work tree of a git repository"
                             + (f" ({inside.stderr.strip()})" if inside.stderr else ""))
        if self.try_git("rev-parse", "--verify", "--quiet", "HEAD").returncode:
            raise ApplyError(f"{self.path}: has no commit that patches could be applied to")
        found = self.git("ls-tree", "--name-only", "HEAD", "--", *LINUX).splitlines()
        if lacking := [name for name in LINUX if name not in found]:
            raise ApplyError(f"{self.path}: is no tree of Linux, at its top: its last commit has no "
                             f"{', '.join(lacking)}; name one")
        for name in ("rebase-apply", "rebase-merge"):
            if self.state(name).exists():
                raise ApplyError(f"{self.path}: git am or git rebase is at work; finish it, or end it with --abort")
        if dirty := self.git("status", "--porcelain", "--untracked-files=no"):
            raise ApplyError(f"{self.path}: has changes that are not committed, "
                             f"{dirty.splitlines()[0].split()[-1]} for one; commit or stash them")

    def subjects(self, since: str) -> set[str]:
        """Of the commits that were made since then."""
        return set(self.git("log", f"--since={since}", "--format=%s").splitlines())


def plan(tree: Tree, destinations: Destinations, patches: list[Entry], names: list[str]) -> list[Destination]:
    """Those of the named series that the tree lacks, in order; what each needs comes before it or is in the tree."""
    subjects: dict[str, list[str]] = {}
    for entry in patches:
        subjects.setdefault(entry.destination.name, []).append(entry.content.subject)
    # A patch is no older in the tree than it is here; a day, because time zones are left out.
    oldest = min(date.fromisoformat(entry.content.date[:10]) for entry in patches) - timedelta(days=1)
    present = tree.subjects(oldest.isoformat())

    def there(one: Destination) -> bool:
        return set(subjects.get(one.name, ())) <= present

    chosen = [one for one in destinations.named(names) if not there(one)]
    for one in chosen:
        lacking = [need.name for need in destinations.needed(one) if need not in chosen and not there(need)]
        if lacking:
            every = [other.name for other in destinations.all if other in chosen or other.name in lacking]
            raise ApplyError(f"{one.name} needs {', '.join(lacking)}, which {tree.path} lacks (commits of the same "
                             f"subjects were looked for): ./phyr series --apply {tree.path} {' '.join(every)}")
    return chosen


def blame(tree: Tree, mailings: list[Mailing], mails: list[Path], said: str, version: str) -> str:
    """What stopped git am, while its state is still there."""
    stopped = tree.state("rebase-apply/next")
    unmerged = tree.git("diff", "--name-only", "--diff-filter=U").splitlines()
    files = list(dict.fromkeys([*unmerged, *(fits or way for fits, way in REFUSED_FILE.findall(said))]))
    if not stopped.exists() or not files:
        # Without what git advises to do next: it is undone.
        errors = [line for line in said.splitlines() if line.startswith("error: ")]
        return (f"{tree.path}: git am: {'; '.join(errors)}. The series is made for {version}" if errors
                else f"{tree.path}: git am: {said.strip()}")
    mail = mails[int(stopped.read_text()) - 1]
    name = next(mailing.branch.destination.name for mailing in mailings if mail in mailing.mails)
    return (f"{name}: {mail.name} does not apply to {tree.path}: conflict in {', '.join(files)}. "
            f"The series is made for {version}; take a branch of that, or run git am --3way with the patches of "
            f"{mail.parent} and resolve it there")


def undo(tree: Tree, before: str) -> None:
    """git am, which leaves the commits that it made where it was ended just after one."""
    if tree.state("rebase-apply").exists():
        tree.git("am", "--abort")
    if tree.head != before:
        tree.git("reset", "--quiet", "--merge", before)


def apply(tree: Tree, mailings: list[Mailing], version: str) -> None:
    """All patches by one git am, which --abort takes back as a whole. version: of the base, for the error."""
    mails = [mail for mailing in mailings for mail in mailing.patches]
    # Since it was looked at, somebody may have begun to work there.
    tree.check()
    before = tree.head
    problem = "interrupted"
    try:
        # --3way: a tree that has the files of the base in its history takes patches whose context has changed since.
        run = tree.try_git("am", "--3way", *(mail.resolve() for mail in mails))
        problem = blame(tree, mailings, mails, run.stderr + run.stdout, version) if run.returncode else ""
    finally:
        if problem:
            undo(tree, before)
    if problem:
        raise ApplyError(f"{problem}. {tree.path} is as it was, at {before}" if tree.head == before else problem)
