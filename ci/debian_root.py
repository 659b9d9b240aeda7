# SPDX-License-Identifier: GPL-2.0-only
"""A fresh Debian on a disk of its own, with its own kernel or one of ours, systemd, and with packages of ours."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from ci import paths
from ci.error import CiError
from ci.progress import say

FOLDER = paths.BUILD / "debian-root"
LOG = "mmdebstrap.log"
PACKAGES = ("systemd-sysv", "dbus", "iproute2", "kmod", "curl")
KERNEL = "linux-image-amd64"            # Debian's own
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


def make(packages: list[Path], folder: Path = FOLDER, kernel_from: str = KERNEL) -> tuple[Path, Path, Path]:
    """(kernel, initrd, disk), below folder, which is emptied first.

    kernel_from: the archive's package that brings the kernel, or what the postinst of one of ours needs.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    say("installing a fresh Debian")
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        root, log = Path(temporary) / "root", folder / LOG
        command = ["mmdebstrap", f"--variant={VARIANT}", f"--include={','.join((kernel_from, *PACKAGES))}",
                   *hooks(packages), codename(Path("/etc/os-release").read_text()), root, *archives()]
        with log.open("w") as out:
            made = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
        if made.returncode:
            last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
            raise RootError(f"mmdebstrap failed, log in {log}:\n{last}")
        kernel, initrd, disk = folder / "vmlinuz", folder / "initrd.img", folder / "disk.img"
        shutil.copy2(next((root / "boot").glob("vmlinuz-*")), kernel)
        shutil.copy2(next((root / "boot").glob("initrd.img-*")), initrd)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-d", root, disk, SIZE], check=True)
    return kernel, initrd, disk
