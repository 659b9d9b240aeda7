# SPDX-License-Identifier: GPL-2.0-only
"""test_layers.py PHYRD-SOURCES: resources may include from http and runs, which include nothing of each other."""

import re
import sys
import unittest
from pathlib import Path

import phyrd

SOURCES = Path(sys.argv[2])
MAY_INCLUDE = {
    "http": {"http", "."},
    "runs": {"runs", "."},
    "resources": {"resources", "http", "runs", "../compare", "."},
    "../compare": {"../compare"},
    ".": {"."},
}
PROTOCOL = "<microhttpd.h>"
INCLUDE = re.compile(r'^#include "(.+)"$', re.MULTILINE)
MAIN = "main.c"                 # puts the parts together


def sources(part):
    return [file for file in sorted((SOURCES / part).glob("*.[ch]")) if file.name != MAIN]


class Layers(unittest.TestCase):
    def test_every_header_has_one_place(self):
        names = [file.name for part in MAY_INCLUDE for file in sources(part)]
        self.assertEqual(sorted(names), sorted(set(names)))
        self.assertGreater(len(names), 60)

    def test_parts_include_what_they_may(self):
        places = {file.name: part for part in MAY_INCLUDE for file in sources(part)}
        for part, allowed in MAY_INCLUDE.items():
            for file in sources(part):
                for own in INCLUDE.findall(file.read_text()):
                    self.assertIn(places.get(own), allowed, f"{part}/{file.name} includes {own}")

    def test_runs_know_no_http(self):
        for file in sources("runs"):
            self.assertFalse(PROTOCOL in file.read_text(), file.name)


phyrd.main()
