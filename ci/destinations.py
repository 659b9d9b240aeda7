# SPDX-License-Identifier: GPL-2.0-only
"""Where patches go: the mail series of destinations.toml, and which of them the files of a patch belong to."""

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ci import paths
from ci.error import CiError

TABLE = paths.ROOT / "ci" / "destinations.toml"


class DestinationError(CiError):
    pass


@dataclass(frozen=True)
class Destination:
    """One mail series; the keys are explained in destinations.toml."""
    name: str
    folder: str
    paths: list[str]
    lists: list[str]
    maintainers: list[str]
    part: str                                     # fixes or patches, the folder below folder
    needs: tuple[str, ...] = ()
    prefix: str = "PATCH"

    def claim(self, file: str) -> int:
        """Length of the longest pattern that matches, 0 for none."""
        return max((len(pattern) for pattern in self.paths if fnmatchcase(file, pattern)), default=0)


@dataclass(frozen=True)
class Destinations:
    shared: list[str]
    all: list[Destination]                        # in the order in which they apply

    @property
    def folders(self) -> list[str]:
        return list(dict.fromkeys(one.folder for one in self.all))

    def named(self, names: list[str]) -> list[Destination]:
        """In the order in which they apply; all of them if no name is given."""
        known = [one.name for one in self.all]
        if unknown := [name for name in names if name not in known]:
            raise DestinationError(f"there is no series '{unknown[0]}'; there are: {', '.join(known)}")
        return [one for one in self.all if not names or one.name in names]

    def needed(self, destination: Destination) -> list[Destination]:
        """What has to be applied before, in order."""
        direct = self.named(list(destination.needs)) if destination.needs else []
        found = {one.name for need in direct for one in (*self.needed(need), need)}
        return [one for one in self.all if one.name in found]

    def owner(self, part: str, file: str) -> Destination | None:
        claims = [(one.claim(file), one) for one in self.all if one.part == part]
        length, owner = max(claims, key=lambda claim: claim[0], default=(0, None))
        return owner if length else None

    def route(self, part: str, title: str, files: list[str]) -> Destination:
        """The destination of a patch that touches these files; title is how errors call it."""
        telling = [file for file in files if not any(fnmatchcase(file, pattern) for pattern in self.shared)] or files
        found: dict[str, str] = {}                # destination -> one of its files
        for file in telling:
            owner = self.owner(part, file)
            if not owner:
                raise DestinationError(f"{title}: {file} belongs to no destination of {part} in ci/destinations.toml")
            found.setdefault(owner.name, file)
        if len(found) > 1:
            (name, file), (other, another) = list(found.items())[:2]
            raise DestinationError(f"{title}: {file} belongs to {name} and {another} to {other}; "
                                   "a patch has one destination")
        return self.named(list(found))[0]

    def check_order(self, routed: list[tuple[str, Destination]]) -> None:
        """Patches, each with its title, apply in the order of their destinations."""
        for (before, earlier), (title, destination) in zip(routed, routed[1:]):
            if self.all.index(destination) < self.all.index(earlier):
                raise DestinationError(f"{title}: belongs to {destination.name}, but comes behind {before} of "
                                       f"{earlier.name}; a series is contiguous")


def load(table: Path = TABLE) -> Destinations:
    data = tomllib.loads(table.read_text())
    entries = [(part, entry) for part in ("fixes", "series") for entry in data[part]]
    return Destinations(data["shared"], [
        Destination(part="fixes" if part == "fixes" else "patches", **entry | {"needs": tuple(entry.get("needs", ()))})
        for part, entry in entries])
