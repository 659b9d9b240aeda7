# SPDX-License-Identifier: GPL-2.0-only
"""Images of the two sides, kept by what they are made of: nothing is built twice, no tree of a user's is written."""

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ci import config, kernel, paths
from ci.artifacts import Artifacts
from ci.comparison import sides
from ci.comparison.sides import Side
from ci.error import CiError
from ci.git import QUIET, Git, GitError
from ci.kernel import Kernel
from ci.progress import note, say

FOLDER = paths.BUILD / "compared"            # kernels/KEY/, results/KEY.json, and what snapshots need
WORK = Kernel("compared", "perf")            # the one work tree in which all of them are built, one after the other
OURS = "mm/phyr_test"                        # a tree that has it has the series, and its options
# Without these the guest cannot say anything.
NEEDED = ("CONFIG_BLK_DEV_INITRD", "CONFIG_BINFMT_ELF", "CONFIG_BINFMT_SCRIPT", "CONFIG_DEVTMPFS", "CONFIG_VIRTIO_PCI",
          "CONFIG_VIRTIO_CONSOLE", "CONFIG_NET_9P_VIRTIO", "CONFIG_9P_FS", "CONFIG_HUGETLBFS")
# What a build leaves among the sources of a plain folder, which no .gitignore of ours hides.
# kbuild refuses sources among which the last three kinds are.
PRODUCTS = ("**/*.o", "**/*.a", "**/*.ko", "**/.*.cmd", "**/*.mod", "**/.*.d", "vmlinux", "arch/*/boot/**/bzImage",
            ".config*", "include/config/**", "include/generated/**", "arch/*/include/generated/**")
LAST_LINES = 12


class BuildError(CiError):
    pass


@dataclass(frozen=True)
class Built:
    side: Side
    image: Path
    config: str | None = None                              # the text of its .config
    text: dict[str, int] | None = None                     # object -> bytes of text
    lacking: tuple[str, ...] = ()                          # options of ours that its Kconfig does not know

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.image.read_bytes()).hexdigest()

    @property
    def size(self) -> int:
        return self.image.stat().st_size


@dataclass(frozen=True)
class Source:
    """A tree of a repository, and where its objects are."""
    git: Git
    tree: str
    environment: dict[str, str] = field(default_factory=QUIET.copy)

    def has(self, path: str) -> bool:
        try:
            self.git.run("cat-file", "-e", f"{self.tree}:{path}", env=self.environment)
        except GitError:
            return False
        return True

    def check_out(self, kernel_: Kernel) -> None:
        """Files that stay the same keep their times, so that a build does what changed only."""
        kernel_.source.mkdir(parents=True, exist_ok=True)
        git = Git(self.git.directory, paths.TREES / f"{kernel_.tree}.index", kernel_.source)
        git.run("read-tree", "--reset", "-u", self.tree, env=self.environment)


def snapshot(tree: Path, folder: Path = FOLDER) -> Source:
    """A folder's sources as they are now; objects and the index of that are ours."""
    own = Git(folder / "store.git")
    own.init()
    git = sides.repository(tree)
    index = folder / f"{hashlib.sha256(os.fsencode(tree)).hexdigest()[:16]}.index"
    objects = folder / "store.git" / "objects"
    if git:
        theirs = Path(git.line("rev-parse", "--path-format=absolute", "--git-path", "objects"))
        extra = QUIET | {"GIT_OBJECT_DIRECTORY": str(objects.resolve()),
                         "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(theirs)}
        reader = Git(git.directory, index, tree)
        if not index.exists():
            reader.run("read-tree", "HEAD", env=extra)
        reader.run("add", "--all", ".", env=extra)
        return Source(git, reader.line("write-tree", env=extra), extra)
    reader = Git(own.directory, index, tree)
    # The tree's .gitignore files hide some sources.
    reader.run("add", "--all", "--force", ".", *(f":(exclude,glob){name}" for name in PRODUCTS),
               f":(exclude){WORK.flavour}")
    return Source(own, reader.line("write-tree"))


def text_sizes(objects: Path) -> dict[str, int]:
    """Bytes of text of each object that is linked."""
    listed = subprocess.run(["ar", "t", "vmlinux.a"], cwd=objects, capture_output=True, text=True)
    names = [name for name in listed.stdout.splitlines() if name.endswith(".o")]
    if listed.returncode or not names:
        return {}
    sizes = subprocess.run(["xargs", "-0", "size"], cwd=objects, capture_output=True, text=True,
                           input="\0".join(names))
    found = {}
    for line in sizes.stdout.splitlines():
        words = line.split()
        if words[0].isdecimal() and words[-1] != "(TOTALS)":
            found[words[-1].removeprefix("./")] = int(words[0])
    return found


class Builder:
    def __init__(self, artifacts: Artifacts, fragments: list[Path], folder: Path = FOLDER):
        self.artifacts = artifacts
        self.options: dict[str, str] = {}        # the user's own, the last fragment's first
        for file in fragments:
            self.options |= sides.fragment(file)
        self.folder = folder / "kernels"

    def keep(self, key: str, image: Path, dotconfig: str, sizes: dict[str, int], lacking: tuple[str, ...]) -> Path:
        """All of it under its key, or nothing."""
        target, temporary = self.folder / key, self.folder / f"{key}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        shutil.copyfile(image, temporary / "bzImage")
        (temporary / "config").write_text(dotconfig)
        (temporary / "made.json").write_text(json.dumps({"text": sizes, "lacking": lacking}))
        shutil.rmtree(target, ignore_errors=True)
        temporary.rename(target)
        return target

    def kept(self, key: str, side: Side) -> Built | None:
        folder = self.folder / key
        if not folder.exists():
            return None
        made = json.loads((folder / "made.json").read_text())
        return Built(side, folder / "bzImage", (folder / "config").read_text(), made["text"], tuple(made["lacking"]))

    def own(self, side: Side) -> Built:
        which = {"stock": kernel.STOCK, "phyr": kernel.PHYR}[side.text]
        image, key = self.artifacts.kernel(which), self.artifacts.prepared(which)
        if not self.kept(key, side):
            self.keep(key, image, (which.objects / ".config").read_text(), text_sizes(which.objects), ())
        return self.kept(key, side)

    def source(self, side: Side) -> Source:
        if side.kind == "own":
            return Source(self.artifacts.store, self.artifacts.base if side.text == "stock" else self.artifacts.tip)
        if side.kind == "tree":
            say(f"looking at {side.path}")
            return snapshot(side.path)
        return Source(sides.repository(side.path) or Git(side.path), side.commit)

    def configure(self, side: Side, options: dict[str, str]) -> tuple[str, ...]:
        """What of ours the tree does not have. A user's own option that is not granted is an error."""
        WORK.objects.mkdir(parents=True, exist_ok=True)
        (WORK.objects / "all.config").write_text(config.render(options | self.options))
        self.make(side, "KCONFIG_ALLCONFIG=all.config", "allnoconfig")
        text = (WORK.objects / ".config").read_text()
        if unmet := config.unmet(self.options, text):
            raise BuildError(f"{side}: Kconfig did not grant what --config asks for: {'; '.join(unmet)}")
        lacking = config.unmet(options, text)
        if needed := [line for line in lacking if line.split()[0] in NEEDED]:
            raise BuildError(f"{side}: the guest cannot do without this, and Kconfig did not grant it: {needed[0]}")
        return tuple(lacking)

    def make(self, side: Side, *goals: str) -> None:
        made, said = kernel.try_make(WORK, *goals)
        if not made:
            lines = [line for line in said.splitlines() if line.strip()]
            raise BuildError(f"{side} does not build; the log is {WORK.objects / 'make.log'}, which ends:\n"
                             + "\n".join(lines[-LAST_LINES:]))

    def build(self, side: Side) -> Built:
        if side.kind == "image":
            return Built(side, side.path)
        if side.kind == "own" and not self.options:
            return self.own(side)
        source = self.source(side)
        options = config.merged(kernel.fragments(WORK, source.has(OURS)))
        tree = source.git.line("rev-parse", f"{source.tree}^{{tree}}", env=source.environment)
        key = hashlib.sha256(repr((tree, options, self.options, kernel.compiler())).encode()).hexdigest()
        if found := self.kept(key, side):
            return found
        say(f"building {side}")
        source.check_out(WORK)
        lacking = self.configure(side, {name: value for name, value in options.items() if name not in self.options})
        if lacking:
            note(f"{side}: its Kconfig does not grant {len(lacking)} options of ours: "
                 + ", ".join(line.split()[0] for line in lacking[:6]) + (" ..." if len(lacking) > 6 else ""))
        self.make(side, "bzImage")
        self.keep(key, WORK.image, (WORK.objects / ".config").read_text(), text_sizes(WORK.objects), lacking)
        return self.kept(key, side)
