# SPDX-License-Identifier: GPL-2.0-only
"""Debian's own kernel: its package unpacked, not installed, and its modules in the guest."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ci import initramfs, paths
from ci.error import CiError
from ci.progress import note, say

METAPACKAGE = "linux-image-amd64"
FOLDER = paths.BUILD / "distribution"
DEPENDS = re.compile(r"^\s*Depends: (linux-image-\S+)$", re.M)
MODULES = initramfs.GUEST / "modules"


class DistributionError(CiError):
    pass


@dataclass(frozen=True)
class Kernel:
    package: str             # linux-image-RELEASE
    root: Path               # what the package holds

    @property
    def release(self) -> str:
        return self.package.removeprefix("linux-image-")

    @property
    def image(self) -> Path:
        return self.root / "boot" / f"vmlinuz-{self.release}"

    @property
    def config(self) -> Path:
        return self.root / "boot" / f"config-{self.release}"

    @property
    def modules(self) -> Path:
        return self.root / "lib" / "modules" / self.release


def run(command: list[str | Path], folder: Path, cure: str = "") -> str:
    result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if result.returncode:
        raise DistributionError(
            f"{' '.join(map(str, command))}: {(result.stdout + result.stderr).strip()[-500:]}{cure}")
    return result.stdout


def package() -> str:
    """The newest that the archive has."""
    cure = "; is a package archive reachable? As root: apt-get update"
    found = DEPENDS.search(run(["apt-cache", "depends", "--important", METAPACKAGE], paths.BUILD, cure))
    if not found:
        raise DistributionError(f"{METAPACKAGE} depends on no kernel{cure}")
    return found[1]


def newest() -> Kernel | None:
    """Of those that are here."""
    names = [folder.name for folder in FOLDER.glob("linux-image-*") if folder.is_dir()]
    name = max(names, key=lambda name: list(map(int, re.findall(r"\d+", name))), default="")
    return Kernel(name, FOLDER / name) if name else None


def unpacked() -> Kernel:
    """The archive's; the newest that is here where it cannot be had."""
    try:
        return fetched()
    except DistributionError as error:
        known = newest()
        if not known:
            raise
        note(f"{known.package} is used, which was fetched before: {error}")
        return known


def fetched() -> Kernel:
    """Once."""
    name = package()
    kernel = Kernel(name, FOLDER / name)
    if not kernel.root.exists():
        say(f"fetching {name}")
        temporary = FOLDER / "new"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        run(["apt-get", "-qq", "download", name], temporary, "; is a package archive reachable?")
        run(["dpkg-deb", "--extract", next(temporary.glob("*.deb")), "root"], temporary)
        run(["depmod", "--basedir", "root", kernel.release], temporary)
        (temporary / "root").rename(kernel.root)
        shutil.rmtree(temporary)
    return kernel


def module_files(kernel: Kernel) -> list[Path]:
    """Of the modules that the guest loads and of those that they need."""
    wanted = initramfs.programs(MODULES)
    shown = run(["modprobe", "--dirname", kernel.root, "--set-version", kernel.release, "--show-depends", "--all",
                 *wanted], kernel.root)
    lines = (line.split() for line in shown.splitlines())
    return sorted({Path(words[1]) for words in lines if words[0] == "insmod"})


def lay_out(kernel: Kernel, root: Path) -> None:
    """Into the guest's folder root."""
    for path in module_files(kernel):
        initramfs.copy(path, root / path.relative_to(kernel.root))
    for path in kernel.modules.glob("modules.*"):
        initramfs.copy(path, root / path.relative_to(kernel.root))
    run(["depmod", "--basedir", root, kernel.release], root)
    (root / "etc").mkdir()
    (root / "etc/modules").write_text("".join(f"{name}\n" for name in initramfs.programs(MODULES)))
