# SPDX-License-Identifier: GPL-2.0-only
"""Which objects kbuild makes of a source tree in the configuration that it has there."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ci import kernel

MAKEFILE = Path(__file__).parent / "objects.mk"


def in_folder(which: kernel.Kernel, folder: str) -> list[str]:
    """Of this folder alone, in the order of its Makefile."""
    command = ["make", "-rRs", "-f", MAKEFILE, "srctree=..", "srcroot=..", "objtree=.", f"obj={folder}", "objects"]
    listing = subprocess.run(command, cwd=which.objects, capture_output=True, text=True)
    if listing.returncode:
        raise kernel.KernelError(f"{which.name}: no list of the objects in {folder}: {listing.stderr.strip()[-300:]}")
    return listing.stdout.split()


def place(which: kernel.Kernel, folder: Path) -> Path:
    """Whose Makefile lists this folder's objects: one above where it has none, or its parent includes what it has."""
    above = which.source / folder.parent / "Makefile"
    included = above.exists() and re.search(rf"^include .*/{re.escape(folder.name)}/Makefile$", above.read_text(), re.M)
    if (which.source / folder / "Makefile").exists() and not included:
        return folder
    return place(which, folder.parent)


def beside(which: kernel.Kernel, names: Iterable[str]) -> list[str]:
    """Of the folders in which these sources or objects are."""
    folders = {Path(name).parent for name in names}
    places = {place(which, folder) for folder in folders if (which.source / folder).exists()}
    return [name for folder in sorted(places) for name in in_folder(which, str(folder))]
