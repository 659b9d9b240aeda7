# SPDX-License-Identifier: GPL-2.0-only
"""The patches: overlay files and hooks folded into commits on the base, and back."""

import os
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ci import children, patch
from ci.destinations import Destination, Destinations
from ci.error import CiError
from ci.git import Git, GitError

# Below each folder: fixes of stock, which need nothing of ours and apply first, and what builds on phyrs.
PARTS = ("fixes", "patches")
BESIDE = ".import"                # below the root: what an import writes before it takes the place of what is there
REF = "refs/heads/phyr"
FIXES_REF = "refs/heads/fixes"    # the last fix


class SeriesError(CiError):
    pass


# Of a commit to be imported: its name, where it goes, its patch, and its new files.
Content = tuple[str, Destination, patch.Patch, dict[str, bytes]]


@dataclass(frozen=True)
class Entry:
    """A patch on disk."""
    path: Path
    content: patch.Patch
    destination: Destination

    @property
    def part(self) -> str:
        return self.path.parent.name


@dataclass(frozen=True)
class Branch:
    """One destination's patches, on the base and what they need and nothing else."""
    destination: Destination
    start: str
    tip: str

    @property
    def span(self) -> str:
        return f"{self.start}..{self.tip}"


def entries(root: Path, destinations: Destinations) -> list[Entry]:
    """In the order of application, each routed by the files that it touches."""
    found = []
    for part in PARTS:
        folders = dict.fromkeys(one.folder for one in destinations.all if one.part == part)
        for path in [path for folder in folders for path in sorted((root / folder / part).glob("*.patch"))]:
            content = patch.parse(path)
            title = str(path.relative_to(root))
            destination = destinations.route(part, title, content.touched)
            if destination.folder != path.parent.parent.name:
                raise SeriesError(f"{title}: patches for {destination.name} belong below {destination.folder}/")
            found.append(Entry(path, content, destination))
    destinations.check_order([(str(entry.path.relative_to(root)), entry.destination) for entry in found])
    return found


def check_overlay(root: Path, folders: list[str], patches: list[Entry]) -> None:
    """Each file on disk is named by exactly one patch of its folder, and each named file exists."""
    for folder in folders:
        files = root / folder / "files"
        disk = {str(p.relative_to(files)) for p in files.rglob("*") if p.is_file()}
        owner: dict[str, str] = {}
        for entry in patches:
            if entry.destination.folder != folder:
                continue
            for name in entry.content.overlay:
                if name in owner:
                    raise SeriesError(f"{folder}/files/{name} enters in {owner[name]} and again in {entry.path.name}")
                owner[name] = entry.path.name
                if name not in disk:
                    raise SeriesError(f"{entry.path.relative_to(root)}: Overlay {name} is not in {folder}/files")
        if orphans := disk - owner.keys():
            raise SeriesError(f"{folder}/files/{min(orphans)} is named by no patch's Overlay line")


def add_files(git: Git, files: Path, names: list[str]) -> None:
    if taken := git.line("ls-files", "--cached", "--", *names):
        raise SeriesError(f"{taken.splitlines()[0]} exists before the patch that has it on an Overlay line; "
                          "a change of it belongs into the patch's diff")
    paths_in = "".join(f"{files / name}\n" for name in names)
    blobs = git.line("hash-object", "-w", "--no-filters", "--stdin-paths", text=paths_in).split()
    modes = ["100755" if os.access(files / name, os.X_OK) else "100644" for name in names]
    git.run("update-index", "--add", "--index-info",
            text="".join(f"{mode} {blob}\t{name}\n" for mode, blob, name in zip(modes, blobs, names)))


def listing(git: Git) -> dict[str, str]:
    """path -> 'mode blob' of the index"""
    fields = (line.split(None, 3) for line in git.line("ls-files", "--stage").splitlines())
    return {path: f"{mode} {blob}" for mode, blob, _stage, path in fields}


def commit_text(ref: str, content: patch.Patch, before: dict[str, str], after: dict[str, str]) -> bytes:
    """One commit as git fast-import reads it."""
    when = datetime.fromisoformat(content.date)
    who = f"{content.author} {int(when.timestamp())} {when.strftime('%z')}"
    message = content.message.encode()
    changes = [f"D {path}" for path in sorted(before.keys() - after.keys())]
    changes += [f"M {after[path]} {path}" for path in sorted(after) if after[path] != before.get(path)]
    return (f"commit {ref}\nauthor {who}\ncommitter {who}\ndata {len(message)}\n".encode() + message
            + "\n".join([*changes, "", ""]).encode())


def stack(root: Path, store: Path, parent: str, patches: list[Entry], ref: str) -> str:
    """One commit for each patch, on top of parent; ref is the last one, and returned."""
    index = store / f"{ref.replace('/', '-')}.index"
    index.unlink(missing_ok=True)
    git = Git(store, index)
    # The index holds only the files that the patches touch: writing all 95,000 for each patch takes seconds.
    touched = sorted({name for entry in patches for name in entry.content.touched})
    git.run("update-index", "--add", "--index-info",
            text=git.run("ls-tree", "-r", parent, "--", *touched) if touched else b"")
    before = listing(git)
    stream = f"reset {ref}\nfrom {parent}\n\n".encode()
    for entry in patches:
        content = entry.content
        if content.overlay:
            add_files(git, (entry.path.parent.parent / "files").resolve(), content.overlay)
        if content.hooks:
            try:
                git.run("apply", "--cached", "--whitespace=nowarn", text=content.hooks)
            except GitError as error:
                raise SeriesError(f"{entry.path.relative_to(root)} does not apply: {error}") from None
        after = listing(git)
        stream += commit_text(ref, content, before, after)
        before = after
    git.run("fast-import", "--force", "--quiet", text=stream)
    return git.line("rev-parse", ref)


def build(root: Path, store: Path, base: str, destinations: Destinations) -> str:
    """The last commit of all patches, one behind the other; the base itself while there is none."""
    patches = entries(root, destinations)
    check_overlay(root, destinations.folders, patches)
    fixes = stack(root, store, base, [entry for entry in patches if entry.part == "fixes"], FIXES_REF)
    return stack(root, store, fixes, [entry for entry in patches if entry.part != "fixes"], REF)


def branches(root: Path, store: Path, base: str, destinations: Destinations) -> list[Branch]:
    """A branch series/NAME for each destination that has patches: proof that it applies to what it says it needs."""
    patches = entries(root, destinations)
    found = []
    for destination in destinations.all:
        own = [entry for entry in patches if entry.destination == destination]
        needed = destinations.needed(destination)
        if not own:
            continue
        ref = f"refs/heads/series/{destination.name}"
        try:
            start = stack(root, store, base, [entry for entry in patches if entry.destination in needed], ref)
            found.append(Branch(destination, start, stack(root, store, start, own, ref)))
        except SeriesError as error:
            raise SeriesError(f"series {destination.name}: {error}\n"
                              "Does it need more than ci/destinations.toml says?") from None
    return found


def fixes_of(source: Git, span: str) -> set[str]:
    """The commits of span up to branch 'fixes', which 'git rebase --update-refs' moves along."""
    tip = span.split("..")[-1]
    if not source.has(FIXES_REF):
        raise SeriesError("there is no branch 'fixes': where do the fixes end that need nothing of ours? "
                          "git branch fixes COMMIT")
    if source.line("rev-list", FIXES_REF, f"^{tip}"):
        raise SeriesError(f"branch 'fixes' is not below {tip}: git branch --force fixes COMMIT, the last fix")
    return set(source.line("rev-list", FIXES_REF, f"^{span.split('..')[0]}").split())


def check_range(source: Git, span: str) -> None:
    """Before anything is made: START..END, both of them commits."""
    try:
        source.run("rev-parse", "--git-dir")
    except GitError:
        raise SeriesError(f"{source.directory}: is no git directory; name one, such as build/linux.git") from None
    ends = span.split("..")
    if len(ends) != 2 or not all(ends):
        raise SeriesError(f"'{span}' is no range of commits; name one, as in base..topic")
    for end in ends:
        if end.startswith("-") or not source.has(f"{end}^{{commit}}"):
            raise SeriesError(f"'{span}': {source.directory} has no commit '{end}'")


def check_start(store: Git, base: str, source: Git, span: str) -> None:
    """Before anything is rewritten: what a range that begins later leaves out, an import would delete."""
    start = span.split("..")[0]
    if source.line("rev-parse", f"{start}^{{tree}}") != store.line("rev-parse", f"{base}^{{tree}}"):
        raise SeriesError(f"{span}: begins at {start}, which is not the base {base[:12]}; name all commits of the "
                          "series, as in base..topic")


def check_committed(root: Path, destinations: Destinations) -> None:
    """An import replaces these folders: git must have all that is in them."""
    folders = [f"{name}/{below}" for name in destinations.folders for below in ("files", *PARTS)]
    status = children.run(["git", "-C", root, "status", "--porcelain", "--untracked-files=all", "--", *folders])
    if status.returncode:
        raise SeriesError(f"{root}: an import replaces what git has, and git says: "
                          f"{status.stderr.decode(errors='replace').strip()}")
    if changed := status.stdout.decode(errors="replace").splitlines():
        raise SeriesError(f"{changed[0][3:]} has changes that are not committed ({len(changed)} such files in all), "
                          "which an import would delete; commit them, or git stash --include-untracked")


def import_range(root: Path, source: Git, span: str, destinations: Destinations) -> None:
    """Regenerate files/, fixes/ and patches/ of every folder from the commits of span, e.g. base..topic."""
    commits = source.line("rev-list", "--reverse", span).split()
    if not commits:
        raise SeriesError(f"{span}: no commits")
    if source.line("rev-list", "--merges", span):
        raise SeriesError(f"{span}: has merges; the series is linear")

    fixes = fixes_of(source, span)
    introduced: dict[str, str] = {}
    contents: list[Content] = []
    for commit in commits:
        author, date, subject, body = source.run(
            "log", "-1", "--format=%an <%ae>%x00%aI%x00%s%x00%b", commit).decode().split("\0")
        status = source.line("diff-tree", "-r", "--no-commit-id", "--name-status", "--no-renames", commit).splitlines()
        changes = [line.split("\t") for line in status]
        title = f"{commit[:12]} '{subject}'"
        if re.search(r"^---$", body, re.M):
            raise SeriesError(f"{title}: a line '---' in the message would end it")
        for _letter, name in changes:
            if name in introduced:
                raise SeriesError(f"{title}: new file {name} is changed by a second commit; "
                                  f"one new file enters in exactly one patch ('{introduced[name]}')")
        new = sorted(name for letter, name in changes if letter == "A")
        introduced.update(dict.fromkeys(new, subject))
        hooks = source.run("diff-tree", "-p", "--no-commit-id", "--no-renames", "--abbrev=12", "--no-ext-diff",
                           "--diff-algorithm=myers", "--diff-filter=a", commit).decode()
        content = patch.Patch(author, date, subject, body.strip("\n") + "\n" if body.strip() else "", new, hooks)
        part = "fixes" if commit in fixes else "patches"
        destination = destinations.route(part, title, [name for _letter, name in changes])
        contents.append((commit, destination, content, {name: source.run("show", f"{commit}:{name}") for name in new}))
    destinations.check_order([(f"{commit[:12]} '{content.subject}'", destination)
                              for commit, destination, content, _files in contents])

    beside = root / BESIDE
    shutil.rmtree(beside, ignore_errors=True)
    try:
        write(beside / "new", source, contents)
        replace(root, beside, destinations)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def write(root: Path, source: Git, contents: list[Content]) -> None:
    """The folders of the series, below a root that has none yet."""
    count: Counter[Path] = Counter()
    for commit, destination, content, files in contents:
        folder = root / destination.folder / destination.part
        count[folder] += 1
        target = folder / f"{count[folder]:04}-{content.slug}.patch"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content.render())
        for name, data in files.items():
            path = root / destination.folder / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            if source.line("ls-tree", commit, "--", name).startswith("100755"):
                path.chmod(0o755)


def replace(root: Path, beside: Path, destinations: Destinations) -> None:
    """By renames only, which need no room on the disk."""
    for name in destinations.folders:
        for below in ("files", *PARTS):
            there, new, old = (folder / name / below for folder in (root, beside / "new", beside / "old"))
            for target in (there, old):
                target.parent.mkdir(parents=True, exist_ok=True)
            if there.exists():
                there.rename(old)
            if new.exists():
                new.rename(there)


def compare_trees(store: Git, tip: str, source: Git, span: str) -> None:
    """The imported series ends in the files of the range it came from."""
    wanted = source.line("rev-parse", span.split("..")[-1] + "^{tree}")
    got = store.line("rev-parse", tip + "^{tree}")
    if wanted != got:
        raise SeriesError(f"the series ends in tree {got}, {span} in {wanted}: do both start from the same base?")
