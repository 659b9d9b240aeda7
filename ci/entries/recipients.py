# SPDX-License-Identifier: GPL-2.0-only
"""Who gets each series, against what scripts/get_maintainer.pl of the base says."""

import subprocess
import tempfile
from email.utils import parseaddr
from pathlib import Path

from ci import destinations
from ci.artifacts import Artifacts
from ci.destinations import Destination
from ci.entry import Options
from ci.git import Git
from ci.mails import Mailing
from ci.tap import Tally

# What the script reads, and what else it wants to see before it believes that it is in a kernel tree.
READ = ("scripts/get_maintainer.pl", "MAINTAINERS", "COPYING", "CREDITS", "Kbuild", "Makefile", "README")
PRESENT = ("Documentation", "arch", "include", "drivers", "fs", "init", "ipc", "kernel", "lib")
EVERYTHING = "linux-kernel@vger.kernel.org"


def names() -> list[str]:
    return [destination.name for destination in destinations.load().all]


def unpack(store: Git, commit: str, tree: Path) -> None:
    subprocess.run(["tar", "-x", "-C", tree], input=store.run("archive", commit, "--", *READ), check=True)
    for name in PRESENT:
        (tree / name).mkdir()


def asked(tree: Path, *arguments: str | Path) -> set[str]:
    """The addresses that get_maintainer.pl prints."""
    run = subprocess.run(["perl", "scripts/get_maintainer.pl", "--nogit", "--nogit-fallback", "--norolestats",
                          *arguments], cwd=tree, capture_output=True, text=True, check=True)
    return {parseaddr(line)[1] for line in run.stdout.splitlines()}


def complaints(destination: Destination, said: dict[str, set[str]], of_files: set[str]) -> list[str]:
    """said: patch -> its addresses; of_files: those of files that the destination names without a pattern."""
    given = {parseaddr(person)[1] for person in (*destination.lists, *destination.maintainers)}
    strangers = given - of_files.union(*said.values())
    found = [f"{address} is none that get_maintainer.pl names" for address in sorted(strangers)]
    for patch, addresses in said.items():
        if (named := addresses - {EVERYTHING}) and not named & given:
            found.append(f"{patch} reaches none of {', '.join(sorted(named))}")
    return [f"recipients of {destination.name}: {text}" for text in found]


def check_mailing(artifacts: Artifacts, tree: Path, mailing: Mailing) -> list[str]:
    destination = mailing.branch.destination
    said = {mail.name: asked(tree, mail) for mail in mailing.patches}
    files = [path for path in destination.paths if artifacts.store.has(f"{artifacts.base}:{path}")]
    # -f wants the files to exist; what they hold does not matter.
    for file in (tree / path for path in files):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return complaints(destination, said, asked(tree, "-f", *files) if files else set())


def recipients(artifacts: Artifacts, options: Options) -> Tally:
    """One test per series."""
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        unpack(artifacts.store, artifacts.base, Path(scratch))
        for mailing in artifacts.mailings:
            if mailing.branch.destination.name in options.parts:
                found = check_mailing(artifacts, Path(scratch), mailing)
                tally += Tally(passed=int(not found), failures=found)
    return tally
