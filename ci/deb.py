# SPDX-License-Identifier: GPL-2.0-only
"""./phyr deb: Debian packages of userspace, from what is in the work tree."""

import os
import shutil
import subprocess
from pathlib import Path

from ci import git, paths
from ci.error import CiError
from ci.progress import say

FOLDER = paths.BUILD / "deb"
SOURCE = FOLDER / "phyr"
LOG = FOLDER / "build.log"


class DebError(CiError):
    pass


def export(root: Path, folder: Path) -> None:
    """What git has, or would take, as it is now: a build leaves nothing in the work tree."""
    for name in git.files(root):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, folder / name)


def build(cores: int) -> list[Path]:
    """The packages, below build/deb; those of an earlier build are gone."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    export(paths.ROOT, SOURCE)
    say("building the packages")
    with LOG.open("w") as log:
        # Entries of ./phyr test run the tests.
        made = subprocess.run(["dpkg-buildpackage", "--build=binary", "--unsigned-changes"], cwd=SOURCE,
                              stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                              env=os.environ | {"DEB_BUILD_OPTIONS": f"parallel={cores}", "CC": "ccache gcc",
                                                "CXX": "ccache g++"})
    if made.returncode:
        last = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise DebError(f"dpkg-buildpackage failed, log in {LOG}:\n{last}")
    shutil.rmtree(SOURCE)
    return sorted(FOLDER.glob("*.deb"))
