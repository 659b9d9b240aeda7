# SPDX-License-Identifier: GPL-2.0-only
"""The mails of each series: git format-patch, addressed, with a cover letter in front of more than one patch."""

import re
import shutil
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from pathlib import Path

from ci import figures
from ci.destinations import Destination, Destinations
from ci.error import CiError
from ci.git import Git
from ci.series import Branch

COVERS = "covers"
LETTER = "0000-cover-letter.patch"
BASE_NOTE = """\
The base is {version}. base-commit is its release tarball as imported by
./phyr series of our repository (sha256 in kernel/base): take v{number}.
"""


class MailError(CiError):
    pass


@dataclass(frozen=True)
class Mailing:
    branch: Branch
    mails: list[Path]                             # the cover letter, if there is one, is the first

    @property
    def patches(self) -> list[Path]:
        return [mail for mail in self.mails if mail.name != LETTER]


def header(person: str) -> str:
    """Name <address> as RFC 5322 has it: quoted, or encoded if it is not ASCII."""
    return formataddr(parseaddr(person))


def cover_file(root: Path, destination: Destination) -> Path:
    return root / destination.folder / COVERS / f"{destination.name}.txt"


def check_covers(root: Path, destinations: Destinations, branches: list[Branch]) -> None:
    """No cover text is left of a series that is gone."""
    known = {cover_file(root, branch.destination) for branch in branches}
    for folder in destinations.folders:
        if stray := set((root / folder / COVERS).glob("*")) - known:
            raise MailError(f"{min(stray).relative_to(root)}: no series of that name has patches below {folder}/")


def format_patches(git: Git, base: str, branch: Branch, with_letter: bool, folder: Path) -> list[Path]:
    # A cover letter is from its committer; no person's git configuration may show in it.
    name, address, seconds = git.line("log", "-1", "--format=%cn%n%ce%n%ct", branch.tip).splitlines()
    who = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": address, "GIT_COMMITTER_DATE": f"{seconds} +0000"}
    destination = branch.destination
    git.run("format-patch", "--quiet", "--no-signature", "--no-renames", f"--subject-prefix={destination.prefix}",
            *(f"--to={address}" for address in destination.lists),
            *(f"--cc={header(person)}" for person in destination.maintainers),
            "--cover-letter" if with_letter else "--no-cover-letter", f"--base={base}", "-o", str(folder.resolve()),
            branch.span, env=who)
    return sorted(folder.glob("*.patch"))


def write(root: Path, store: Path, base: str, branch: Branch, measured: figures.Figures, folder: Path) -> Mailing:
    git = Git(store)
    cover = cover_file(root, branch.destination)
    count = int(git.line("rev-list", "--count", branch.span))
    where = str(cover.relative_to(root))
    subject, text = "", ""
    if cover.exists() and count == 1:
        raise MailError(f"{where}: a series of one patch has no cover letter; say it in the patch")
    if not cover.exists() and count > 1:
        raise MailError(f"{where}: is missing, and the series has {count} patches")
    if count > 1:
        subject, _, text = cover.read_text().partition("\n\n")
        text = measured.fill(where, text)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mails = format_patches(git, base, branch, count > 1, folder)
    version = git.line("log", "-1", "--format=%s", base)
    note = BASE_NOTE.format(version=version, number=version.removeprefix("Linux "))
    first = re.sub(r"^(?=base-commit: )", note, mails[0].read_text(), count=1, flags=re.M)
    first = first.replace("*** SUBJECT HERE ***", subject.strip()).replace("*** BLURB HERE ***", text.strip())
    mails[0].write_text(first)
    return Mailing(branch, mails)


def write_all(root: Path, store: Path, base: str, destinations: Destinations, branches: list[Branch],
              folder: Path) -> list[Mailing]:
    """One folder for each series, and nothing else, below folder."""
    check_covers(root, destinations, branches)
    shutil.rmtree(folder, ignore_errors=True)
    measured = figures.Figures(root)
    return [write(root, store, base, branch, measured, folder / branch.destination.name) for branch in branches]


def table(root: Path, mailings: list[Mailing]) -> str:
    rows = [("series", "patches", "to", "mails")]
    for mailing in mailings:
        destination = mailing.branch.destination
        rows.append((destination.name, str(len(mailing.patches)), destination.lists[0],
                     str(mailing.mails[0].parent.relative_to(root)) + "/"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join(f"{name:<{widths[0]}}  {count:>{widths[1]}}  {to:<{widths[2]}}  {where}"
                     for name, count, to, where in rows)
