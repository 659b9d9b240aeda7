# SPDX-License-Identifier: GPL-2.0-only
"""The Debian packages, and what lintian says of them."""

import subprocess

from ci import deb
from ci.artifacts import Artifacts
from ci.entry import Options
from ci.tap import Tally


def complaints(folder: str, names: list[str]) -> list[str]:
    """Errors and warnings; a package that nobody has uploaded closes no bug of Debian's."""
    said = subprocess.run(["lintian", "--allow-root", "--suppress-tags", "initial-upload-closes-no-bugs", *names],
                          cwd=folder, capture_output=True, text=True)
    lines = [line for line in said.stdout.splitlines() if not line.startswith("N:")]
    if said.returncode not in (0, 2) or said.returncode and not lines:
        lines.append(f"lintian exits with {said.returncode}: {said.stderr.strip()[-300:]}")
    return lines


def packages(_artifacts: Artifacts, options: Options) -> Tally:
    """A test for each package, and one for the whole."""
    made = deb.build(options.cores)
    found = complaints(str(deb.FOLDER), [path.name for path in deb.FOLDER.glob("*.changes")])
    return Tally(passed=len(made) * (not found), failures=[f"lintian: {line}" for line in found])
