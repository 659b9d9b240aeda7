# SPDX-License-Identifier: GPL-2.0-only
"""The folder of ccache, which compiles nothing where it cannot write."""

import os
import subprocess
import tempfile
from pathlib import Path

from ci import paths
from ci.progress import note

FOLDER = paths.BUILD / "ccache"


def problem(folder: str) -> str:
    """Why ccache could not use it."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        return os.strerror(error.errno)
    return ""


def ensure() -> None:
    """The user's own, which all clones share; where it cannot be written, such as below a strange HOME, one of ours."""
    os.environ.setdefault("CCACHE_INODECACHE", "true")      # headers are read once and not for each object
    try:
        asked = subprocess.run(["ccache", "--get-config", "cache_dir"], capture_output=True, text=True)
    except FileNotFoundError:
        return
    folder = asked.stdout.strip()
    if why := problem(folder) if folder else asked.stderr.strip():
        os.environ["CCACHE_DIR"] = str(FOLDER)
        note(f"ccache cannot write {folder or 'its folder'} ({why}): it takes {FOLDER}, which is empty at first; "
             "HOME or CCACHE_DIR chooses another")
