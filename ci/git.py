# SPDX-License-Identifier: GPL-2.0-only
"""git plumbing on one object store, with an index and a work tree of the caller's choice."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci import children
from ci.error import CiError


class GitError(CiError):
    pass


# In a repository of a user's: nothing of it runs but git.
QUIET = {"GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "core.hooksPath", "GIT_CONFIG_VALUE_0": os.devnull,
         "GIT_CONFIG_KEY_1": "core.fsmonitor", "GIT_CONFIG_VALUE_1": "false"}


def clean() -> dict[str, str]:
    """The environment without what a caller's git, such as that of a hook, has put there."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


@dataclass(frozen=True)
class Git:
    directory: Path
    index: Path | None = None
    work_tree: Path | None = None

    def environment(self, extra: dict[str, str]) -> dict[str, str]:
        # The user's configuration must not change what we generate.
        env = clean()
        env.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", GIT_DIR=str(self.directory.resolve()))
        if self.index:
            env["GIT_INDEX_FILE"] = str(self.index.resolve())
        if self.work_tree:
            env["GIT_WORK_TREE"] = str(self.work_tree.resolve())
        return env | extra

    def run(self, *arguments: str, text: str | bytes = b"", env: dict[str, str] | None = None) -> bytes:
        result = children.run(["git", *arguments], text.encode() if isinstance(text, str) else text,
                              env=self.environment(env or {}), cwd=self.work_tree)
        if result.returncode:
            raise GitError(f"git {arguments[0]}: {result.stderr.decode(errors='replace').strip()}")
        return result.stdout

    def line(self, *arguments: str, **more) -> str:
        return self.run(*arguments, **more).decode().strip()

    def said(self, *arguments: str) -> str:
        """For people: names and subjects are bytes of any kind."""
        return self.run(*arguments).decode(errors="replace").strip()

    def holds(self, *arguments: str) -> bool:
        """Whether git ends with 0."""
        try:
            self.run(*arguments)
        except GitError:
            return False
        return True

    def has(self, name: str) -> bool:
        return self.holds("rev-parse", "--verify", "--quiet", name)

    def init(self) -> None:
        if not (self.directory / "HEAD").exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            self.run("init", "--quiet", "--bare")
            self.run("config", "gc.auto", "0")
        # A bare store does not read the tree's .gitattributes: name functions, not labels, in hunk headers.
        attributes = self.directory / "info" / "attributes"
        if not attributes.exists():
            attributes.parent.mkdir(exist_ok=True)
            attributes.write_text("*.[ch] diff=cpp\n")


def files(root: Path) -> list[str]:
    """The files of a work tree that git has, or would take."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=root,
                            capture_output=True, text=True)
    if listed.returncode:
        raise GitError(f"git does not know which files there are: {listed.stderr.strip()}")
    names = sorted(set(listed.stdout.split("\0")) - {""})
    return [name for name in names if (root / name).is_file() and not (root / name).is_symlink()]
