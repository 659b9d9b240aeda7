# SPDX-License-Identifier: GPL-2.0-only
"""docs/upstream.md points at code that is there, and speaks of every series."""

import re
import unittest

from ci import destinations, paths, series

TEXT = (paths.ROOT / "docs" / "upstream.md").read_text()
# `mm/gup.c: gup_fast()` or `crypto/testmgr.c`
PLACE = re.compile(r"`([\w/-]+/[\w.-]+)(?:: (\w+)(?:\(\))?)?`")


class UpstreamTest(unittest.TestCase):
    def setUp(self):
        self.table = destinations.load()

    def code(self) -> dict[str, str]:
        """Kernel file -> its text, or as much of it as patches show."""
        found: dict[str, str] = {}
        for entry in series.entries(paths.ROOT, self.table):
            for file in entry.content.overlay:
                found[file] = (paths.ROOT / entry.destination.folder / "files" / file).read_text()
            for text in re.split(r"^(?=diff --git )", entry.content.hooks, flags=re.M)[1:]:
                file = text.split()[2].removeprefix("a/")
                found[file] = found.get(file, "") + text
        return found

    def parts(self) -> list[str]:
        return re.split(r"^#+ ", TEXT.split("## Objections to expect")[1].split("## Answering")[0], flags=re.M)[1:]

    def test_each_series_has_its_objections(self):
        headings = [name for part in self.parts() for name in part.partition("\n")[0].split(", ")]
        self.assertEqual(sorted(headings), sorted(one.name for one in self.table.all))

    def test_places_are_there(self):
        code = self.code()
        cells = [row.split("|")[-2] for part in self.parts() for row in part.splitlines() if row.startswith("|")]
        places = [place for cell in cells for place in PLACE.findall(cell)]
        self.assertGreater(len(places), 40)
        for file, name in places:
            with self.subTest(file=file, name=name):
                self.assertIn(file, code)
                self.assertRegex(code[file], rf"\b{name}\b")


if __name__ == "__main__":
    unittest.main()
