# SPDX-License-Identifier: GPL-2.0-only
"""The guest's root: busybox, host programs with their libraries, and what meson installed."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from ci.error import CiError

GUEST = Path(__file__).parent / "guest"
VERBS_PROVIDERS = ("rxe", "siw")
OPENED_LATE = ("libgcc_s.so.1",)     # pthread_exit() opens it, so ldd does not list it
LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")


class InitramfsError(CiError):
    pass


def programs(listing: Path = GUEST / "programs") -> list[str]:
    lines = (line.split("#")[0].strip() for line in listing.read_text().splitlines())
    return [line for line in lines if line]


def libraries(binaries: list[Path]) -> set[Path]:
    """Every shared object the dynamic loader would map for these files; scripts and static files have none."""
    found = set()
    for binary in binaries:
        ldd = subprocess.run(["ldd", binary], capture_output=True, text=True)
        missing = [line.strip() for line in ldd.stdout.splitlines() if "not found" in line]
        if missing:
            raise InitramfsError(f"{binary}: {missing[0]}")
        found.update(Path(path) for path in LIBRARY.findall(ldd.stdout))
    return found


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def locate(name: str) -> Path:
    path = shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not path:
        raise InitramfsError(f"{name}: not installed on this machine; see ci/packages")
    return Path(path)


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def stage_base(root: Path, busybox: Path) -> None:
    """What every guest has: the shell and our scripts."""
    copy(busybox, root / "bin/busybox")
    (root / "bin/sh").symlink_to("busybox")
    copy(GUEST / "init", root / "init")
    copy(GUEST / "run-tests", root / "usr/bin/run-tests")


def stage(root: Path, installed: Path | None) -> None:
    """Lay the guest's files out in the empty folder root. installed: a DESTDIR tree copied on top."""
    binaries = []
    stage_base(root, locate("busybox"))
    for name in programs():
        source = locate(name)
        copy(source.resolve(), root / "usr/bin" / name)
        binaries.append(source)

    verbs = next(Path("/usr/lib").glob("*/libibverbs"), None)
    if not verbs:
        raise InitramfsError("libibverbs has no provider directory; see ibverbs-providers in ci/packages")
    for provider in VERBS_PROVIDERS:
        source = next(verbs.glob(f"lib{provider}-rdmav*.so"))
        copy(source, root / str(source).lstrip("/"))
        binaries.append(source)
        copy(Path(f"/etc/libibverbs.d/{provider}.driver"), root / f"etc/libibverbs.d/{provider}.driver")

    if installed:
        shutil.copytree(installed, root, dirs_exist_ok=True, symlinks=True)
        binaries += [p for p in installed.rglob("*") if p.is_file() and not p.is_symlink() and is_elf(p)]

    system = verbs.parent
    for library in libraries(binaries) | {system / name for name in OPENED_LATE}:
        inside = root / str(library).lstrip("/")
        if not inside.exists():
            copy(library.resolve(), inside)
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nnogroup:x:65534:\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")


def archive(image: Path, lay_out: Callable[[Path], None]) -> Path:
    """Write image of what lay_out puts into a folder, uncompressed: emulated decompression costs more than reading."""
    root = image.with_suffix(".root")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    lay_out(root)
    names = "\0".join(sorted(str(p.relative_to(root)) for p in root.rglob("*")))
    temporary = image.with_suffix(".tmp")
    with temporary.open("wb") as out:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--null", "--quiet", "--owner=0:0"],
            input=names.encode(), stdout=out, cwd=root, check=True,
        )
    shutil.rmtree(root)
    return temporary.rename(image)


def pack(image: Path, installed: Path | None) -> Path:
    return archive(image, lambda root: stage(root, installed))


def digest(image: Path) -> str:
    """Of names, modes and contents in the archive, not of its times, which a new build changes."""
    total = hashlib.sha256()
    data = image.read_bytes()
    place = 0
    while data[place:place + 6] == b"070701":
        fields = [int(data[place + 6 + 8 * field:place + 14 + 8 * field], 16) for field in range(13)]
        mode, size, length = fields[1], fields[6], fields[11]
        body = (place + 110 + length + 3) & ~3
        end = body + size
        total.update(f"{mode:o} {size} ".encode() + data[place + 110:place + 110 + length] + data[body:end])
        place = (end + 3) & ~3
    if not place:
        raise InitramfsError(f"{image}: is no cpio archive")
    return total.hexdigest()


def layered(image: Path, base: Path, lay_out: Callable[[Path], None]) -> Path:
    """Write image: base, and behind it an archive of what lay_out puts into a folder. The kernel unpacks both."""
    more = archive(image.with_suffix(".more"), lay_out)
    with image.open("wb") as out:
        for part in (base, more):
            with part.open("rb") as file:
                shutil.copyfileobj(file, out)
    more.unlink()
    return image


def with_files(image: Path, base: Path, files: dict[str, str]) -> None:
    """base and files: name in the guest -> text."""
    def lay_out(root: Path) -> None:
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

    layered(image, base, lay_out)
