# SPDX-License-Identifier: GPL-2.0-only
"""Images of the two sides, kept by what they are made of: nothing is built twice, no tree of a user's is written."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field, replace
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
from ci.write import remove

FOLDER = paths.BUILD / "compared"            # kernels/KEY/, results/KEY.json, and what snapshots need
WORK = Kernel("compared", "perf")            # the one work tree in which all of them are built, one after the other
FORM = 2                                     # of what is kept beside an image: what has another is made anew
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

    def files(self) -> dict[str, str]:
        """Path -> what is in it, as git calls that."""
        listed = self.git.run("ls-tree", "-r", "-z", self.tree, env=self.environment).decode(errors="replace")
        lines = (line.partition("\t") for line in listed.split("\0") if line)
        return {path: words.split()[2] for words, _tab, path in lines}

    def check_out(self, kernel_: Kernel) -> None:
        """Files that stay the same keep their times, so that a build does what changed only.

        All of them, as they are: how many the repository's own work tree has, and with which ends of lines, is of its
        configuration.
        """
        kernel_.source.mkdir(parents=True, exist_ok=True)
        git = Git(self.git.directory, paths.TREES / f"{kernel_.tree}.index", kernel_.source)
        git.run("-c", "core.autocrlf=false", "read-tree", "--no-sparse-checkout", "--reset", "-u", self.tree,
                env=self.environment)


@dataclass(frozen=True)
class Built:
    side: Side
    image: Path
    config: str | None = None                              # the text of its .config
    text: dict[str, int] | None = None                     # object -> bytes of text
    lacking: tuple[str, ...] = ()                          # options of ours that its Kconfig does not know
    stack: dict[str, int] | None = None                    # function -> bytes of stack
    symbols: Path | None = None                            # its System.map
    source: Source | None = None                           # what it is made of

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.image.read_bytes()).hexdigest()

    @property
    def size(self) -> int:
        return self.image.stat().st_size


def snapshot(tree: Path, folder: Path = FOLDER) -> Source:
    """A folder's sources as they are now; objects and the index of that are ours."""
    own = Git(folder / "store.git")
    own.init()
    os.utime(own.directory)                  # see ci/comparison/prune.py
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


# What takes room on the stack, between the names of functions. Room of a size that is computed is not seen.
STACK_LINE = r"^[0-9a-f]+ <|\ssub +\$0x[0-9a-f]+,%rsp|\spush "
FUNCTION = re.compile(r"[0-9a-f]+ <(.*)>:")
ROOM = re.compile(r"sub +\$0x([0-9a-f]+),%rsp")
MOST_STACK = 1 << 16                         # more than a whole stack is no room, but an offset with a sign


def stack_sizes(objects: Path) -> dict[str, int] | None:
    """Bytes that each function takes of the stack; of several with one name, the most. None if it cannot be told."""
    dump = subprocess.Popen(["objdump", "-d", "--no-show-raw-insn", "vmlinux"], cwd=objects, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    chosen = subprocess.run(["grep", "-E", STACK_LINE], stdin=dump.stdout, capture_output=True, text=True,
                            env=os.environ | {"LC_ALL": "C"})
    dump.stdout.close()
    # Without a line grep ends with 1. Half of the functions would be differences.
    if dump.wait() or chosen.returncode > 1:
        return None
    found: dict[str, int] = {}
    name, used = "", 0
    for line in [*chosen.stdout.splitlines(), "0 <>:"]:
        if begins := FUNCTION.match(line):
            if used:
                found[name] = max(found.get(name, 0), used)
            name, used = begins[1], 0
        elif room := ROOM.search(line):
            used += size if (size := int(room[1], 16)) < MOST_STACK else 0
        else:
            used += 8
    return found


def made_in(folder: Path) -> dict | None:
    """What is kept beside an image, if it is there and of the form that is made now."""
    file = folder / "made.json"
    made = json.loads(file.read_text()) if file.exists() else {}
    return made if made.get("form") == FORM else None


@dataclass(frozen=True)
class Order:
    """What is to be built, and what it is known by; for any process that sees the same files."""
    key: str
    side: tuple[str, str]                    # role and name, for what is said of it
    repository: str
    tree: str
    environment: dict[str, str]
    options: dict[str, str]                  # ours
    own: dict[str, str]                      # the user's

    @property
    def source(self) -> Source:
        return Source(Git(Path(self.repository)), self.tree, self.environment)


class Maker:
    """Builds in one work tree, and keeps what came of it."""

    def __init__(self, work: Kernel, folder: Path, processes: int = kernel.CPUS):
        self.work, self.folder, self.processes = work, folder / "kernels", processes

    def keep(self, key: str, image: Path, objects: Path, lacking: tuple[str, ...]) -> Path:
        """All of it under its key, or nothing. Of two who keep the same the first one does."""
        target = self.folder / key
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f"{key}.", suffix=".tmp", dir=self.folder))
        try:
            temporary.chmod(0o755)
            shutil.copyfile(image, temporary / "bzImage")
            shutil.copyfile(objects / ".config", temporary / "config")
            if (objects / "System.map").exists():
                shutil.copyfile(objects / "System.map", temporary / "System.map")
            made = {"form": FORM, "text": text_sizes(objects), "stack": stack_sizes(objects), "lacking": lacking}
            (temporary / "made.json").write_text(json.dumps(made))
            # A boot may be reading it.
            if made_in(target):
                return target
            if target.exists():
                with contextlib.suppress(OSError):
                    remove(target)
            try:
                temporary.rename(target)
            except OSError:
                if not made_in(target):
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return target

    def configure(self, side: Side, options: dict[str, str], own: dict[str, str]) -> tuple[str, ...]:
        """What of ours the tree does not have. A user's own option that is not granted is an error."""
        self.work.objects.mkdir(parents=True, exist_ok=True)
        options = {name: value for name, value in options.items() if name not in own}
        (self.work.objects / "all.config").write_text(config.render(options | own))
        self.make(side, "KCONFIG_ALLCONFIG=all.config", "allnoconfig")
        text = (self.work.objects / ".config").read_text()
        if unmet := config.unmet(own, text):
            raise BuildError(f"{side}: Kconfig did not grant what --config asks for: {'; '.join(unmet)}")
        lacking = config.unmet(options, text)
        if needed := [line for line in lacking if line.split()[0] in NEEDED]:
            raise BuildError(f"{side}: the guest cannot do without this, and Kconfig did not grant it: {needed[0]}")
        return tuple(lacking)

    def make(self, side: Side, *goals: str) -> None:
        made, said = kernel.try_make(self.work, *goals, processes=self.processes)
        if not made:
            lines = [line for line in said.splitlines() if line.strip()]
            raise BuildError(f"{side} does not build; the log is {self.work.objects / 'make.log'}, which ends:\n"
                             + "\n".join(lines[-LAST_LINES:]))

    def build(self, order: Order) -> None:
        side = Side(*order.side, "ref")
        order.source.check_out(self.work)
        lacking = self.configure(side, order.options, order.own)
        if lacking:
            note(f"{side}: its Kconfig does not grant {len(lacking)} options of ours: "
                 + ", ".join(line.split()[0] for line in lacking[:6]) + (" ..." if len(lacking) > 6 else ""))
        self.make(side, "bzImage")
        self.keep(order.key, self.work.image, self.work.objects, lacking)


class Builder:
    def __init__(self, artifacts: Artifacts, fragments: list[Path], folder: Path = FOLDER):
        self.artifacts = artifacts
        self.options: dict[str, str] = {}        # the user's own, the last fragment's first
        for file in fragments:
            self.options |= sides.fragment(file)
        self.maker = Maker(WORK, folder)
        self.folder = folder / "kernels"

    def kept(self, key: str, side: Side) -> Built | None:
        folder = self.folder / key
        if not (made := made_in(folder)):
            return None
        os.utime(folder)                         # see ci/comparison/prune.py
        symbols = folder / "System.map"
        return Built(side, folder / "bzImage", (folder / "config").read_text(), made["text"], tuple(made["lacking"]),
                     made["stack"], symbols if symbols.exists() else None)

    def own(self, side: Side) -> Built:
        which = {"stock": kernel.STOCK, "phyr": kernel.PHYR}[side.text]
        image, key = self.artifacts.kernel(which), self.artifacts.prepared(which)
        if not self.kept(key, side):
            self.maker.keep(key, image, which.objects, ())
        return replace(self.kept(key, side), source=self.source(side))

    def source(self, side: Side) -> Source:
        if side.kind == "own":
            return Source(self.artifacts.store, self.artifacts.base if side.text == "stock" else self.artifacts.tip)
        if side.kind == "tree":
            say(f"looking at {side.path}")
            return snapshot(side.path)
        return Source(sides.repository(side.path) or Git(side.path), side.commit)

    def order(self, side: Side) -> Order:
        source = self.source(side)
        options = config.merged(kernel.fragments(WORK, source.has(OURS)))
        tree = source.git.line("rev-parse", f"{source.tree}^{{tree}}", env=source.environment)
        key = hashlib.sha256(repr((tree, options, self.options, kernel.compiler())).encode()).hexdigest()
        return Order(key, (side.role, side.text), str(source.git.directory.resolve()), tree, source.environment,
                     options, self.options)

    def build(self, side: Side) -> Built:
        if side.kind == "image":
            return Built(side, side.path)
        if side.kind == "own" and not self.options:
            return self.own(side)
        return self.ordered(side, self.order(side))

    def ordered(self, side: Side, order: Order) -> Built:
        if not self.kept(order.key, side):
            say(f"building {side}")
            self.produce(order)
        return replace(self.kept(order.key, side), source=order.source)

    def produce(self, order: Order) -> None:
        self.maker.build(order)
