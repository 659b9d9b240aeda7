# SPDX-License-Identifier: GPL-2.0-only
"""A fresh Debian on a disk of its own, with its own kernel and systemd, and with packages of ours."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from ci import paths
from ci.error import CiError
from ci.progress import say

FOLDER = paths.BUILD / "debian-root"
LOG = FOLDER / "mmdebstrap.log"
PACKAGES = ("linux-image-amd64", "systemd-sysv", "dbus", "iproute2", "kmod", "curl")
SOURCES = Path("/etc/apt")
GUEST = paths.ROOT / "ci" / "guest" / "debian"     # files of the disk that are ours, below the folders they go to
SIZE = "2G"
VARIANT = "minbase"


class RootError(CiError):
    pass


def codename(text: str) -> str:
    """Of this machine's Debian, from its /etc/os-release."""
    for line in text.splitlines():
        name, _equals, value = line.partition("=")
        if name == "VERSION_CODENAME":
            return value.strip('"')
    raise RootError("/etc/os-release has no VERSION_CODENAME: the packages are for the Debian that makes them")


def archives(folder: Path = SOURCES) -> list[Path]:
    """Where this machine gets its packages from."""
    return [path for path in (folder / "sources.list", *sorted((folder / "sources.list.d").glob("*")))
            if path.suffix in (".list", ".sources") and path.exists() and path.stat().st_size]


def hooks(packages: list[Path]) -> list[str]:
    """Commands of mmdebstrap: apt installs the packages with all that they need, as people do."""
    names = " ".join(f"/root/{path.name}" for path in packages)
    return [f"--customize-hook=copy-in {' '.join(map(str, packages))} /root",
            f'--customize-hook=chroot "$1" apt-get -qq -y install {names}',
            f"--customize-hook=copy-in {' '.join(str(path) for path in sorted(GUEST.iterdir()))} /",
            '--customize-hook=chroot "$1" systemctl -q enable phyr-verdict.service']


def make(packages: list[Path]) -> tuple[Path, Path, Path]:
    """(kernel, initrd, disk)"""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    say("installing a fresh Debian")
    with tempfile.TemporaryDirectory(dir=FOLDER) as temporary:
        root = Path(temporary) / "root"
        command = ["mmdebstrap", f"--variant={VARIANT}", f"--include={','.join(PACKAGES)}", *hooks(packages),
                   codename(Path("/etc/os-release").read_text()), root, *archives()]
        with LOG.open("w") as log:
            made = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        if made.returncode:
            last = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
            raise RootError(f"mmdebstrap failed, log in {LOG}:\n{last}")
        kernel, initrd, disk = FOLDER / "vmlinuz", FOLDER / "initrd.img", FOLDER / "disk.img"
        shutil.copy2(next((root / "boot").glob("vmlinuz-*")), kernel)
        shutil.copy2(next((root / "boot").glob("initrd.img-*")), initrd)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-d", root, disk, SIZE], check=True)
    return kernel, initrd, disk
