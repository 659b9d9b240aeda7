# SPDX-License-Identifier: GPL-2.0-only
"""One command at a time makes things in build/, and one VM by hand runs in a folder."""

import contextlib
import fcntl
import os
import pwd
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ci import paths
from ci.error import CiError

FILE = paths.BUILD / "lock"
HELD = "PHYR_LOCK"                 # in the environment of what a command starts, such as another ./phyr: the file
VM = "PHYR_VM"                     # the same of a VM by hand
_held: list[IO[str]] = []


class LockError(CiError):
    pass


def left_over(path: Path, mark: str = HELD) -> list[str]:
    """'number (name)' of what a command started that has been killed: it has the lock's name in its environment."""
    named = os.fsencode(f"{mark}={path}")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if named in (process / "environ").read_bytes().split(b"\0"):
                found.append(f"{process.name} ({(process / 'comm').read_text().strip()})")
        except OSError:
            pass
    return found


def name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def refused(path: Path) -> str:
    """Why it cannot be written, and what to do."""
    there = next(one for one in (path, *path.parents) if os.path.exists(one))
    owner, user = name_of(there.stat().st_uid), name_of(os.geteuid())
    return (f"{there} belongs to {owner}, and {user} cannot write it: run ./phyr as {owner}, or as root: "
            f"chown -R {user} {there if there.is_dir() else there.parent}")


def acquire(path: Path, mark: str, place: Path, cure: str) -> IO[str]:
    """The file of a lock on place, with our number in it; what is started from now on is marked."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+")
    except PermissionError:
        raise LockError(refused(path)) from None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise LockError(f"another ./phyr, process {owner}, is at work in {place}; {cure}, "
                        "or take another clone") from None
    if left := left_over(path, mark):
        file.close()
        raise LockError(f"of a ./phyr that was killed these are still at work in {place}: {', '.join(left)}; "
                        "wait for their end, or end them")
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    os.environ[mark] = str(path)
    return file


def remove_packs(build: Path) -> None:
    """What a killed git has left of a pack: of the base it may be 1.6 GB. A person's own git may be writing another."""
    packs = {os.path.realpath(pack): pack for pack in build.glob("*/objects/pack/tmp_*")}
    if not packs:
        return
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            packs.pop(os.readlink(descriptor), None)
        except OSError:
            pass
    for pack in packs.values():
        pack.unlink(missing_ok=True)


def hold(path: Path = FILE) -> None:
    """Until release(), or the end of this process, however it ends."""
    if os.environ.get(HELD) == str(path):
        return
    file = acquire(path, HELD, path.parent, "wait for its end")
    # These are used under the lock only: who locked one has been killed. Jobs of a cluster are not under it, and may
    # be at work: work_tree() of ci/comparison/job.py sees to theirs.
    for index in path.parent.glob("*/*.index.lock"):
        if not index.match("compared-*-*.index.lock"):
            index.unlink(missing_ok=True)
    remove_packs(path.parent)
    _held.append(file)


def release() -> None:
    """Everything is made: what runs for long now, such as a VM by hand, is in nobody's way."""
    while _held:
        os.environ.pop(HELD, None)
        _held.pop().close()


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """With the folder of a VM by hand, which runs when the lock of build/ has been released."""
    file = acquire(folder.with_name(f"{folder.name}.lock"), VM, folder, "end that one")
    try:
        yield
    finally:
        os.environ.pop(VM, None)
        file.close()
