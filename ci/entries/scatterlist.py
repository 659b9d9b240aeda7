# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own userspace test of lib/scatterlist.c, with the sanitizers that its Makefile asks for."""

import shutil
import subprocess

from ci import paths
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.tap import Tally

FOLDER = paths.BUILD / "scatterlist"
SOURCES = ("tools/testing/scatterlist", "tools/include", "include/linux/scatterlist.h", "lib/scatterlist.c")


def scatterlist(artifacts: Artifacts, _options: Options) -> Tally:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    sources = artifacts.store.run("archive", artifacts.tip, "--", *SOURCES)
    subprocess.run(["tar", "-x", "-C", FOLDER], input=sources, check=True)
    for command in (["make", "-s"], ["./main"]):
        run = subprocess.run(command, cwd=FOLDER / SOURCES[0], capture_output=True, text=True)
        if run.returncode:
            said = (run.stdout + run.stderr).strip()[-500:]
            return Tally(failures=[f"scatterlist: {command[0]} exits with {run.returncode}: {said}"])
    return Tally(passed=1)
