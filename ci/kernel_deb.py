# SPDX-License-Identifier: GPL-2.0-only
"""./phyr deb --kernel: Debian packages of Linux with the series, by the kernel's own bindeb-pkg.

What has been compiled stays in the tree, so that a build that was ended goes on where it was.
"""

import re
import shutil
from pathlib import Path

from ci import archive, config, kernel, paths, write
from ci.error import CiError
from ci.kernel import Kernel
from ci.progress import note, say

FOLDER = paths.BUILD / "kernel-deb"
PACKAGE = Kernel("phyr", "package")
ASKED = "asked.config"                   # beside the objects: what .config was made of
LOST = "lost"                            # beside them, too: options that came to nothing
RELEASE = "-phyr"                        # so that the distribution's own kernel stays beside it
# Not the user's: keys that only the distribution has, and debug information, which takes 20 GB of the distribution's.
ADDED = {"CONFIG_SYSTEM_TRUSTED_KEYS": '""', "CONFIG_SYSTEM_REVOCATION_KEYS": '""', "CONFIG_DEBUG_INFO_NONE": "y"}
OF_DEBUGGING = re.compile(r"(# )?CONFIG_DEBUG_INFO(_\w+)?[= ].*")
FEW = 100                                # options, of which a whole configuration has thousands
LINE = re.compile(r"\s*(#.*)?|CONFIG_\w+=.+")
PROCESSOR = "CONFIG_X86_64"
USERS = ("CONFIG_BLOCK", "CONFIG_IO_URING", "CONFIG_INFINIBAND")      # of phyrs; all others are below one of these
NAME = re.compile(r'"[a-z0-9.+-]*"')     # of a release that can be a part of a package's name
KINDS = ("linux-image-*.deb", "linux-headers-*.deb")      # linux-libc-dev is the distribution's
BESIDE = (*KINDS, "linux-libc-dev_*.deb", "linux-upstream_*")
# kbuild hands them on to dpkg-buildpackage. What it needs is in ci/packages: libdw-dev is for debug information only.
SETTINGS = ("KDEB_COMPRESS=gzip", "DEB_BUILD_OPTIONS=terse", "DPKG_FLAGS=--no-check-builddeps")


class KernelDebError(CiError):
    pass


def check(text: str, name: str) -> None:
    """Whether a kernel could be made of it, before hours are spent; the cure goes with what is wrong."""
    cure = "want a whole configuration, such as /boot/config-$(uname -r)"
    for number, line in enumerate(text.splitlines(), 1):
        if not LINE.fullmatch(line):
            raise KernelDebError(f"{name}:{number}: {line[:40]!r} is no line of a configuration; {cure}, unpacked")
    options = config.dotconfig(text)
    if len(options) < FEW:
        raise KernelDebError(f"{name}: sets {len(options)} options; {cure}")
    if options.get(PROCESSOR) != "y":
        raise KernelDebError(f"{name}: {PROCESSOR} is not y: it is for another processor; want that of an amd64 kernel")
    if not any(options.get(user) in ("y", "m") for user in USERS):
        raise KernelDebError(f"{name}: {', '.join(USERS)} are all off: nothing would use the series; turn one on")
    if not NAME.fullmatch(release := options.get("CONFIG_LOCALVERSION", '""')):
        raise KernelDebError(f"{name}: CONFIG_LOCALVERSION={release} cannot be in a package's name; take lower-case "
                             "letters, digits, '.', '+' and '-' only")


def read(path: Path) -> str:
    """A whole .config, of this Linux or another."""
    text = path.read_text(errors="replace")
    check(text, str(path))
    return text


def changed(text: str) -> str:
    """The user's configuration, with what it takes to build it here."""
    lines = [line for line in text.splitlines() if line.partition("=")[0] not in ADDED
             and not OF_DEBUGGING.fullmatch(line)]
    if config.dotconfig(text).get("CONFIG_LOCALVERSION", '""') == '""':
        lines = [line for line in lines if not line.startswith("CONFIG_LOCALVERSION=")]
        lines.append(f'CONFIG_LOCALVERSION="{RELEASE}"')
    return "\n".join([*lines, *(f"{name}={value}" for name, value in ADDED.items()), ""])


def lost(wanted: str, text: str) -> list[str]:
    """Options that were asked for and are not there: gone from this Linux, or without what they need."""
    have = config.dotconfig(text)
    return sorted(name for name, value in config.dotconfig(changed(wanted)).items()
                  if value in ("y", "m") and name not in have and name not in ADDED)


def configure(which: Kernel, wanted: str) -> None:
    """From the beginning only if it is another one: else all would be compiled anew."""
    asked, text = which.objects / ASKED, changed(wanted)
    which.objects.mkdir(parents=True, exist_ok=True)
    if not (asked.exists() and asked.read_text() == text and (which.objects / ".config").exists()):
        asked.unlink(missing_ok=True)
        (which.objects / ".config").write_text(text)
    # Also of the same one: the sources may have options that they had not, which kbuild would ask for.
    kernel.make(which, "olddefconfig")
    gone = lost(wanted, (which.objects / ".config").read_text())
    write.whole(which.objects / LOST, "".join(f"{name}\n" for name in gone))
    if gone:
        note(f"{len(gone)} options of the configuration are not in this Linux, or lack what they need, such as "
             f"{gone[0]}; all are in {which.objects / LOST}")
    write.whole(asked, text)


def clear(folder: Path) -> None:
    for pattern in BESIDE:
        for path in folder.glob(pattern):
            path.unlink()


def package(which: Kernel, folder: Path, cores: int) -> list[Path]:
    """The packages, below folder, the kernel's first; those of an earlier build stay until these are whole."""
    beside = which.objects.parent             # where dpkg-buildpackage puts them
    new = folder.with_name(f"{folder.name}.new")
    clear(beside)
    shutil.rmtree(new, ignore_errors=True)
    try:
        kernel.make(which, *SETTINGS, f"KDEB_CHANGELOG_DIST={archive.release()}", "bindeb-pkg", processes=cores)
        made = [path for kind in KINDS for path in sorted(beside.glob(kind))]
        if not made:
            raise KernelDebError(f"bindeb-pkg has left no package in {beside}; its log is {which.objects / 'make.log'}")
        new.mkdir(parents=True)
        for path in made:
            path.rename(new / path.name)
    finally:
        clear(beside)
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
    return [folder / path.name for path in made]


def build(commit: str, wanted: str, cores: int, which: Kernel = PACKAGE, folder: Path = FOLDER) -> list[Path]:
    """wanted: text of a .config"""
    kernel.checkout(which.tree, commit)
    configure(which, wanted)
    say(f"compiling the kernel in {which.objects.relative_to(paths.ROOT)}; a build that is ended goes on there")
    kernel.make(which, "all", processes=cores)
    say("packing the kernel")
    return package(which, folder, cores)
