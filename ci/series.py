# SPDX-License-Identifier: GPL-2.0-only
"""The series: overlay files and hook patches folded into commits on the base, and back."""

import os
import re
import shutil
from collections import Counter
from datetime import datetime
from pathlib import Path

from ci import patch
from ci.error import CiError
from ci.git import Git, GitError

FOLDERS = ("kernel", "rdma-driver", "crypto-driver")
# Below each folder: fixes of stock, which need nothing of ours and apply first, and what builds on phyrs.
PARTS = ("fixes", "patches")
ROUTES = (("RDMA/", "rdma-driver"), ("crypto:", "crypto-driver"), ("virtio", "crypto-driver"))
REF = "refs/heads/phyr"
FIXES_REF = "refs/heads/fixes"    # the last fix


class SeriesError(CiError):
    pass


def route(subject: str) -> str:
    return next((folder for prefix, folder in ROUTES if subject.startswith(prefix)), "kernel")


def patches(root: Path) -> list[tuple[Path, patch.Patch]]:
    """(file, its content) in the order of application."""
    return [(path, patch.parse(path)) for part in PARTS for folder in FOLDERS
            for path in sorted((root / folder / part).glob("*.patch"))]


def check_overlay(root: Path, series: list[tuple[Path, patch.Patch]]) -> None:
    """Each file on disk is named by exactly one patch of its folder, and each named file exists."""
    for folder in FOLDERS:
        files = root / folder / "files"
        disk = {str(p.relative_to(files)) for p in files.rglob("*") if p.is_file()}
        owner: dict[str, str] = {}
        for path, content in series:
            if path.parent.parent.name != folder:
                continue
            for name in content.overlay:
                if name in owner:
                    raise SeriesError(f"{folder}/files/{name} enters in {owner[name]} and again in {path.name}")
                owner[name] = path.name
                if name not in disk:
                    raise SeriesError(f"{path.relative_to(root)}: Overlay {name} is not in {folder}/files")
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


def build(root: Path, store: Path, base: str) -> str:
    """The last commit of the series; the base itself while the series is empty."""
    series = patches(root)
    check_overlay(root, series)
    index = store / "series.index"
    index.unlink(missing_ok=True)
    git = Git(store, index)
    # The index holds only the files that the series touches: writing all 95,000 for each patch takes seconds.
    touched = sorted({name for _path, content in series for name in content.overlay + content.hooked})
    git.run("update-index", "--add", "--index-info",
            text=git.run("ls-tree", "-r", base, "--", *touched) if touched else b"")
    before = listing(git)
    stream = f"reset {FIXES_REF}\nfrom {base}\n\n".encode()
    branch_off = f"reset {REF}\nfrom {FIXES_REF}\n\n".encode()
    for path, content in series:
        ref = FIXES_REF if path.parent.name == "fixes" else REF
        if ref == REF:
            stream, branch_off = stream + branch_off, b""
        if content.overlay:
            add_files(git, (path.parent.parent / "files").resolve(), content.overlay)
        if content.hooks:
            try:
                git.run("apply", "--cached", "--whitespace=nowarn", text=content.hooks)
            except GitError as error:
                raise SeriesError(f"{path.relative_to(root)} does not apply: {error}") from None
        after = listing(git)
        stream += commit_text(ref, content, before, after)
        before = after
    git.run("fast-import", "--force", "--quiet", text=stream + branch_off)
    return git.line("rev-parse", REF)


def write_mails(store: Path, base: str, tip: str, cover: Path, folder: Path) -> list[Path]:
    """git format-patch of the series, with cover (subject line, blank line, text) as its letter."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if base == tip:
        return []
    git = Git(store)
    who = git.line("log", "-1", "--format=%cn%n%ce%n%ct", tip).splitlines()
    env = {"GIT_COMMITTER_NAME": who[0], "GIT_COMMITTER_EMAIL": who[1], "GIT_COMMITTER_DATE": f"{who[2]} +0000",
           "EMAIL": who[1]}
    names = git.run("format-patch", "--quiet", "--no-signature", "--cover-letter", "--no-renames",
                    "-o", str(folder.resolve()), f"{base}..{tip}", env=env)
    assert not names
    letter = folder / "0000-cover-letter.patch"
    if cover.exists():
        subject, _, text = cover.read_text().partition("\n\n")
        letter.write_text(letter.read_text().replace("*** SUBJECT HERE ***", subject.strip())
                          .replace("*** BLURB HERE ***", text.strip()))
    else:
        letter.unlink()
    return sorted(folder.glob("*.patch"))


def fixes_of(source: Git, span: str) -> set[str]:
    """The commits of span up to branch 'fixes', which 'git rebase --update-refs' moves along."""
    tip = span.split("..")[-1]
    if not source.has(FIXES_REF):
        raise SeriesError("there is no branch 'fixes': where do the fixes end that need nothing of ours? git branch fixes COMMIT")
    if source.line("rev-list", FIXES_REF, f"^{tip}"):
        raise SeriesError(f"branch 'fixes' is not below {tip}: git branch --force fixes COMMIT, the last fix")
    return set(source.line("rev-list", FIXES_REF, f"^{span.split('..')[0]}").split())


def import_range(root: Path, source: Git, span: str) -> None:
    """Regenerate files/, fixes/ and patches/ of every folder from the commits of span, e.g. base..topic."""
    commits = source.line("rev-list", "--reverse", span).split()
    if not commits:
        raise SeriesError(f"{span}: no commits")
    if source.line("rev-list", "--merges", span):
        raise SeriesError(f"{span}: has merges; the series is linear")

    fixes = fixes_of(source, span)
    introduced: dict[str, str] = {}
    contents: list[tuple[str, patch.Patch, dict[str, bytes]]] = []
    for commit in commits:
        author, date, subject, body = source.run(
            "log", "-1", "--format=%an <%ae>%x00%aI%x00%s%x00%b", commit).decode().split("\0")
        status = source.line("diff-tree", "-r", "--no-commit-id", "--name-status", "--no-renames", commit).splitlines()
        changes = [line.split("\t") for line in status]
        if re.search(r"^---$", body, re.M):
            raise SeriesError(f"{commit[:12]} '{subject}': a line '---' in the message would end it")
        for _letter, name in changes:
            if name in introduced:
                raise SeriesError(f"{commit[:12]} '{subject}': new file {name} is changed by a second commit; "
                                  f"one new file enters in exactly one patch ('{introduced[name]}')")
        new = sorted(name for letter, name in changes if letter == "A")
        introduced.update(dict.fromkeys(new, subject))
        hooks = source.run("diff-tree", "-p", "--no-commit-id", "--no-renames", "--abbrev=12", "--no-ext-diff",
                           "--diff-algorithm=myers", "--diff-filter=a", commit).decode()
        content = patch.Patch(author, date, subject, body.strip("\n") + "\n" if body.strip() else "", new, hooks)
        contents.append((commit, content, {name: source.run("show", f"{commit}:{name}") for name in new}))

    for folder in FOLDERS:
        for part in ("files", *PARTS):
            shutil.rmtree(root / folder / part, ignore_errors=True)
    count: Counter[Path] = Counter()
    for commit, content, files in contents:
        folder = route(content.subject)
        part = root / folder / ("fixes" if commit in fixes else "patches")
        count[part] += 1
        target = part / f"{count[part]:04}-{content.slug}.patch"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content.render())
        for name, data in files.items():
            path = root / folder / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            if source.line("ls-tree", commit, "--", name).startswith("100755"):
                path.chmod(0o755)


def compare_trees(store: Git, tip: str, source: Git, span: str) -> None:
    """The imported series ends in the files of the range it came from."""
    wanted = source.line("rev-parse", span.split("..")[-1] + "^{tree}")
    got = store.line("rev-parse", tip + "^{tree}")
    if wanted != got:
        raise SeriesError(f"the series ends in tree {got}, {span} in {wanted}: do both start from the same base?")
