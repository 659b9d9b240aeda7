# SPDX-License-Identifier: GPL-2.0-only
"""The sides of ./phyr compare: what a person named, looked at before anything is built."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci import config
from ci.error import CiError
from ci.git import QUIET, Git, GitError, clean

OWN = ("stock", "phyr")
LINUX = ("Kbuild", "Kconfig", "Makefile", "mm", "arch/x86")      # what a tree of Linux has
MAGIC, MAGIC_AT = b"HdrS", 0x202                                 # of a bzImage: Documentation/arch/x86/boot.rst


class SideError(CiError):
    pass


@dataclass(frozen=True)
class Side:
    role: str                      # base | head
    text: str                      # as it was named
    kind: str                      # own | image | tree | ref
    path: Path | None = None       # the image, or the tree; of a ref the tree whose repository has it
    commit: str = ""               # of a ref, and of a tree that is what its repository's HEAD says

    def __str__(self) -> str:
        return f"{self.role} ({self.text})"


def repository(tree: Path) -> Git | None:
    """Of the tree's own; none where it is a plain folder."""
    found = subprocess.run(["git", "-C", tree, "rev-parse", "--show-toplevel", "--absolute-git-dir"],
                           capture_output=True, text=True, env=clean() | QUIET)
    lines = found.stdout.split("\n")
    if found.returncode or Path(lines[0]).resolve() != tree.resolve():
        return None
    return Git(Path(lines[1]))


def check_tree(role: str, tree: Path) -> None:
    missing = [name for name in LINUX if not (tree / name).exists()]
    if missing:
        raise SideError(f"{role}: {tree} is no tree of Linux: it has no {missing[0]}")


def is_image(file: Path) -> bool:
    with file.open("rb") as image:
        image.seek(MAGIC_AT)
        return image.read(len(MAGIC)) == MAGIC


def commit_of(git: Git, name: str) -> str:
    """Empty where there is none of that name."""
    try:
        return git.line("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitError:
        return ""


def is_clean(tree: Path) -> bool:
    """Without a word into the repository, where status would note what it has looked at."""
    said = subprocess.run(["git", "--no-optional-locks", "-C", tree, "status", "--porcelain"],
                          capture_output=True, text=True, env=clean() | QUIET)
    return not said.returncode and not said.stdout


def ref(role: str, text: str, tree: Path) -> Side | None:
    """In a repository of any kind: a work tree's, or a bare one."""
    git = repository(tree) or (Git(tree) if (tree / "objects").is_dir() else None)
    if not git:
        raise SideError(f"--tree {tree}: is no git repository, so '{text}' cannot be a ref of it")
    commit = commit_of(git, text)
    return Side(role, text, "ref", tree, commit) if commit else None


def side(role: str, text: str, path: Path, tree: Path | None) -> Side:
    """path: what text means if it is a file or a folder; tree: where refs are of."""
    if text in OWN:
        return Side(role, text, "own")
    if tree and (found := ref(role, text, tree)):
        return found
    if path.is_dir():
        check_tree(role, path)
        git = repository(path)
        return Side(role, text, "tree", path, commit_of(git, "HEAD") if git and is_clean(path) else "")
    if path.is_file():
        if not is_image(path):
            raise SideError(f"{role}: {path} is no bzImage")
        return Side(role, text, "image", path)
    raise SideError(f"{role}: '{text}' is neither stock, phyr, a kernel tree nor a bzImage, "
                    + (f"and {tree} has no such ref" if tree else "and a git ref needs --tree DIR"))


def fragment(file: Path) -> dict[str, str]:
    """The options of a user's fragment, as kbuild has them; a reason behind '#' is not wanted of it."""
    options: dict[str, str] = {}
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
        text = line.strip()
        unset = text.removeprefix("# ").removesuffix(" is not set")
        if text.startswith("# CONFIG_") and text.endswith(" is not set") and unset.isidentifier():
            options[unset] = "n"
        elif text and not text.startswith("#"):
            found = config.DOTCONFIG.fullmatch(text.split("  #")[0].split("\t#")[0].rstrip())
            if not found:
                raise SideError(f"{file}:{number}: want CONFIG_X=value or '# CONFIG_X is not set', got '{line}'")
            options[found[1]] = found[2]
    return options


def check_options(sides: list[Side], fragments: list[Path]) -> None:
    for one in sides:
        if one.kind == "image" and fragments:
            raise SideError(f"{one}: an image is built already; --config is for what is built here")
