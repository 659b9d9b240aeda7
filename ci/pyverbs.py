# SPDX-License-Identifier: GPL-2.0-only
"""rdma-core's own tests for the guest: Debian's Python, pyverbs and the tests, of this machine's packages."""

import gzip
import shutil
from pathlib import Path

from ci import initramfs, paths
from ci.error import CiError

TESTS = Path("/usr/share/doc/rdma-core/tests")
BINDINGS = Path("/usr/lib/python3/dist-packages/pyverbs")
RUNNER = initramfs.GUEST / "run_pyverbs.py"
INSIDE = "opt/rdma-core/tests"
# Of devices that the guest does not have.
OTHERS = ("test_mlx5", "test_efa", "test_cuda")
# Of Python's library what no test needs.
UNUSED = ("test", "config-*", "idlelib", "ensurepip", "lib2to3", "distutils", "tkinter", "pydoc_data", "turtledemo")


class PyverbsError(CiError):
    pass


def stage_tests(folder: Path) -> None:
    """As they were before Debian compressed the long ones."""
    folder.mkdir(parents=True)
    for source in TESTS.iterdir():
        if source.name.startswith(OTHERS):
            continue
        if source.suffix == ".gz":
            (folder / source.stem).write_bytes(gzip.decompress(source.read_bytes()))
        elif source.suffix == ".py":
            initramfs.copy(source, folder / source.name)


def stage(root: Path) -> None:
    for needed in (TESTS, BINDINGS):
        if not needed.is_dir():
            raise PyverbsError(f"{needed}: not there; see python3-pyverbs in ci/packages")
    python = initramfs.locate("python3").resolve()
    initramfs.copy(python, root / "usr/bin/python3")
    initramfs.copy(RUNNER, root / "usr/bin" / RUNNER.name)
    folders = [Path("/usr/lib") / python.name, BINDINGS]
    for folder in folders:
        shutil.copytree(folder, root / str(folder).lstrip("/"), ignore=shutil.ignore_patterns(*UNUSED))
    stage_tests(root / INSIDE)
    binaries = [path for folder in folders for path in folder.rglob("*.so")]
    for library in initramfs.libraries([python, *binaries]):
        initramfs.copy(library.resolve(), root / str(library).lstrip("/"))


def image(guest: Path) -> Path:
    """The guest's initramfs, and behind it all this."""
    return initramfs.layered(paths.VM / "guest-pyverbs.cpio", guest, stage)
