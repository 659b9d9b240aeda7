# SPDX-License-Identifier: GPL-2.0-only
"""One commit of the series as a file: mail headers, message, '---', Overlay lines, hooks."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from ci.error import CiError

HEADERS = ("From", "Date", "Subject")
HOOKED = re.compile(r"^diff --git a/(\S+) b/", re.M)
NEW_FILE = re.compile(r"^diff --git a/(\S+) b/\S+\nnew file mode", re.M)


class PatchError(CiError):
    pass


@dataclass
class Patch:
    author: str                                   # Name <address>
    date: str                                     # ISO 8601
    subject: str
    body: str                                     # below the subject, trailers included
    overlay: list[str] = field(default_factory=list)  # kernel paths of new files, found in files/
    hooks: str = ""                               # diff of files that exist before

    @property
    def message(self) -> str:
        return f"{self.subject}\n\n{self.body}" if self.body else f"{self.subject}\n"

    @property
    def touched(self) -> list[str]:
        """The files that the patch adds or changes."""
        return self.overlay + HOOKED.findall(self.hooks)

    @property
    def slug(self) -> str:
        return re.sub(r"[^A-Za-z0-9._]+", "-", self.subject).strip("-.")[:52].rstrip("-.")

    def render(self) -> str:
        overlay = "".join(f"Overlay: {path}\n" for path in self.overlay)
        parts = [f"From: {self.author}\nDate: {self.date}\nSubject: {self.subject}\n\n", self.body, "---\n", overlay]
        return "".join(parts) + (f"\n{self.hooks}" if self.hooks else "")


def parse(path: Path) -> Patch:
    text = path.read_text()
    head, _, rest = text.partition("\n\n")
    values = dict(re.findall(r"^(\w+): (.+)$", head, re.M))
    if tuple(values) != HEADERS or head.count("\n") != len(HEADERS) - 1:
        raise PatchError(f"{path}: want the header lines From, Date, Subject in this order, then a blank line")
    # The message may be empty; '---' alone on a line ends it.
    body, mark, below = ("", "---\n", rest[4:]) if rest.startswith("---\n") else rest.partition("\n---\n")
    if not mark:
        raise PatchError(f"{path}: no '---' line after the message")
    if body:
        body += "\n"
    start = re.search(r"^diff --git ", below, re.M)
    notes, hooks = (below[:start.start()], below[start.start():]) if start else (below, "")
    overlay = []
    for line in filter(None, notes.splitlines()):
        if not line.startswith("Overlay: "):
            raise PatchError(f"{path}: want 'Overlay: <path>' below '---', got '{line}'")
        overlay.append(line.removeprefix("Overlay: "))
    if created := NEW_FILE.search(hooks):
        raise PatchError(f"{path}: creates {created[1]}: a new file lives in files/ and is named on an Overlay line")
    if not overlay and not hooks:
        raise PatchError(f"{path}: neither Overlay lines nor a diff")
    return Patch(values["From"], values["Date"], values["Subject"], body, overlay, hooks)
