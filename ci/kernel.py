# SPDX-License-Identifier: GPL-2.0-only
"""Kernels: a source tree at a commit, a configuration, and the bzImage made of them."""

import hashlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci import config, paths
from ci.architecture import Architecture, X86_64
from ci.error import CiError
from ci.git import Git
from ci.progress import say

# The same sources become the same image.
STAMPS = {
    "KBUILD_BUILD_TIMESTAMP": "2026-01-01", "KBUILD_BUILD_USER": "phyr", "KBUILD_BUILD_HOST": "phyr",
    "KBUILD_BUILD_VERSION": "1",
}
STAMP = "built"              # in the folder of the objects: the key of the image there
CPUS = os.cpu_count() or 1


class KernelError(CiError):
    pass


@dataclass(frozen=True)
class Kernel:
    tree: str                    # stock | phyr: the folder of the sources
    flavour: str                 # perf | debug | nvme: the fragment, and the folder of the objects inside the tree
    architecture: Architecture = X86_64

    @property
    def name(self) -> str:
        return f"{self.tree}-{self.flavour}"

    @property
    def source(self) -> Path:
        return paths.TREES / self.tree

    # Objects live one level below the sources: kbuild then uses relative paths only, and the compiler
    # cache serves both trees.
    @property
    def objects(self) -> Path:
        return self.source / self.flavour

    @property
    def related(self) -> bool:
        """Whether another kernel of ours has many objects that come out the same."""
        return (self.tree, self.flavour) != ("phyr", "debug") and self.tree != "portability"

    @property
    def image(self) -> Path:
        return self.objects / self.architecture.image


STOCK = Kernel("stock", "perf")
PHYR = Kernel("phyr", "perf")
DEBUG = Kernel("phyr", "debug")
NVME = Kernel("phyr", "nvme")


def checkout(tree: str, commit: str) -> None:
    """Bring the tree's files to commit; files whose content stays keep their timestamps."""
    work_tree = paths.TREES / tree
    work_tree.mkdir(parents=True, exist_ok=True)
    git = Git(paths.STORE, paths.TREES / f"{tree}.index", work_tree)
    git.run("read-tree", "--reset", "-u", commit)


def environment(kernel: Kernel) -> dict[str, str]:
    # To know an object by what the preprocessor puts out takes a tenth longer than by the files that it includes.
    return os.environ | STAMPS | ({} if kernel.related else {"CCACHE_DEPEND": "true"})


def try_make(kernel: Kernel, *arguments: str, processes: int = CPUS) -> tuple[bool, str]:
    """(whether kbuild made it, what it said)"""
    command = ["make", "-s", f"O={kernel.flavour}", f"-j{processes}", *kernel.architecture.make_arguments, *arguments]
    log = kernel.objects / "make.log"
    with log.open("w") as out:
        code = subprocess.run(command, cwd=kernel.source, stdout=out, stderr=subprocess.STDOUT,
                              env=environment(kernel)).returncode
    return code == 0, log.read_text(errors="replace")


def make(kernel: Kernel, *arguments: str, processes: int = CPUS) -> None:
    made, said = try_make(kernel, *arguments, processes=processes)
    if not made:
        log = kernel.objects / "make.log"
        lines = [line for line in said.splitlines() if line.strip()]
        errors = [line for line in lines if "error" in line.lower() or "***" in line][:20] or lines[-20:]
        raise KernelError(f"{kernel.name}: make {arguments[-1]} failed, log in {log}:\n" + "\n".join(errors))


def configure(kernel: Kernel, options: dict[str, str], start: str = "allnoconfig") -> None:
    """start: the goal of kbuild that says what all the other options are."""
    kernel.objects.mkdir(parents=True, exist_ok=True)
    (kernel.objects / "all.config").write_text(config.render(options))
    make(kernel, "KCONFIG_ALLCONFIG=all.config", start)
    if unmet := config.unmet(options, (kernel.objects / ".config").read_text()):
        raise KernelError(f"{kernel.name}: Kconfig did not grant what ci/configs asks for:\n" + "\n".join(unmet))


def fragments(kernel: Kernel, patched: bool) -> list[str]:
    flavours = ["perf", "nvme"] if kernel.flavour == "nvme" else [kernel.flavour]
    own = ["phyr"] + (["gone"] if kernel.flavour == "perf" else []) if patched else []
    return ["base", "64bit", "x86-64", "distribution", "storage", *flavours, *own]


def compiler() -> str:
    """Which one it is, in its own words."""
    return subprocess.run(["gcc", "--version"], capture_output=True, text=True, check=True).stdout


def built(kernel: Kernel, key: str) -> bool:
    stamp = kernel.objects / STAMP
    return kernel.image.exists() and stamp.exists() and stamp.read_text() == key


def prepare(kernel: Kernel, commit: str, patched: bool) -> str:
    """Sources and configuration of commit; returns the key by which what is built from them is known.

    patched says that the commit has the series' own options.
    """
    options = config.merged(fragments(kernel, patched))
    key = hashlib.sha256(repr((commit, options, compiler(), kernel.architecture)).encode()).hexdigest()
    if not built(kernel, key):
        kernel.objects.mkdir(parents=True, exist_ok=True)
        (kernel.objects / STAMP).unlink(missing_ok=True)
        checkout(kernel.tree, commit)
        configure(kernel, options)
    return key


def build(kernel: Kernel, key: str) -> Path:
    """The bzImage of what prepare() has prepared."""
    if not built(kernel, key):
        say(f"building the {kernel.name} kernel")
        make(kernel, "bzImage")
        (kernel.objects / STAMP).write_text(key)
    return kernel.image


def config_difference(left: Kernel, right: Kernel) -> list[str]:
    return config.difference((left.objects / ".config").read_text(), (right.objects / ".config").read_text())
