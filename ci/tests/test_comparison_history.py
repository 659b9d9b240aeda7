# SPDX-License-Identifier: GPL-2.0-only
"""./phyr history: each commit of a range once, what moved a row, and each output to the letter."""

import json
import os
import tempfile
import unittest
import xml.etree.ElementTree as xml
from dataclasses import replace
from pathlib import Path
from unittest import mock

import jsonschema

from ci.comparison import commits, history, history_page, place
from ci.comparison.commits import Skip
from ci.comparison.verdicts import Figure
from ci.tests.comparison_case import SUITE, Repository, boot, failed, rename_head, result

GOLDEN = Path(__file__).parent / "golden"
RENEW = "PHYR_GOLDEN"              # in the environment: the files are written anew
DATE = "2026-11-30T12:00:00+00:00"
REG, DEREG = ROWS = ("mr/reg/base/4KiB", "mr/dereg/base/4KiB")
# What becomes of each commit: (reg, dereg), or why it is skipped.
FOUND = [(9552, 1000), (9552, 1030), "head (x) does not build; the log is make.log, which ends:\n  CC x", (9570, 1031),
         ("ENOMEM", 900), (6947, 900)]


def number(value: object) -> Figure:
    return Figure(error=value) if isinstance(value, str) else Figure((float(value),), value, value, 9)


class History(Repository, unittest.TestCase):
    maxDiff = None
    environment = {"GIT_AUTHOR_DATE": DATE, "GIT_COMMITTER_DATE": DATE}

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.tree = Path(scratch.name) / "linux"
        self.tree.mkdir()
        self.git("init", "-q", "-b", "main")
        for module in (history, commits):
            patch = mock.patch.object(module, "say")
            patch.start()
            self.addCleanup(patch.stop)
        self.suite = replace(SUITE, rows=ROWS)

    def commit(self, subject: str) -> str:
        self.git("commit", "--allow-empty", "-qm", subject)
        return self.git("rev-parse", "HEAD")

    def series(self) -> list[str]:
        return [self.commit(f"mm: change {place}, <which> costs {found}")
                for place, found in enumerate(FOUND)]

    def made(self) -> dict:
        names = self.series()
        found = {name: value if isinstance(value, str) else dict(zip(ROWS, map(number, value)))
                 for name, value in zip(names, FOUND)}
        of = history.of_range(self.tree, f"{names[0]}..main")
        return history.make(self.suite, of, found, "7.2.22", DATE)

    def test_golden(self):
        made = self.made()
        jsonschema.validate(made, json.loads(history.SCHEMA_FILE.read_text()))
        for name, text in (("history.json", history.text(made)), ("history.html", history_page.page(made)),
                           ("history.txt", history.table(made))):
            with self.subTest(name):
                if os.environ.get(RENEW):
                    (GOLDEN / name).write_text(text)
                self.assertEqual(text, (GOLDEN / name).read_text())

    def test_what_moved_which_row(self):
        made = self.made()
        names = [point["commit"] for point in made["commits"]]
        self.assertEqual([(move["row"], names.index(move["from"]), names.index(move["commit"]), move["verdict"])
                          for move in made["moves"]],
                         [(REG, 1, 3, "worse"), (REG, 3, 4, "worse"), (REG, 4, 5, "better"),
                          # 1000 -> 1030 -> 1031 are less than the suite's 3 % each.
                          (DEREG, 3, 4, "better")])

    def test_page_is_whole(self):
        page = history_page.page(self.made())
        for word in ("http:", "https:", "src=", "href=", "<script", "@import", "url("):
            self.assertNotIn(word, page)
        self.assertIn("&lt;which&gt;", page)
        plots = [part[:part.index("</svg>") + 6] for part in page.split("<svg")[1:]]
        self.assertEqual(len(plots), 2)
        root = xml.fromstring("<svg" + plots[0])
        # Of the row four dots, and crosses where it was skipped and where it failed.
        self.assertEqual((len(list(root.iter("circle"))), sum(one.find("title") is not None
                                                              for one in root.iter("path"))), (4, 2))

    def test_a_plot_of_one_level(self):
        self.assertEqual(history_page.scale([100.0, 100.0]), (99.0, 101.0))
        self.assertEqual(history_page.scale([0.0]), (0.0, 1.0))

    def test_range(self):
        names = [self.commit(f"{place}") for place in range(4)]
        of = history.of_range(self.tree, f"{names[1]}..main")
        self.assertEqual([one.name for one in of.commits], names[1:])
        self.assertEqual((of.commits[0].subject, of.commits[0].date), ("1", "2026-11-30T12:00:00+00:00"))
        for words, said in (("main", "want A..B"), ("main...x", "want A..B"), ("..main", "want A..B"),
                            ("nix..main", "has no commit 'nix'"), (f"main..{names[0]}", "has no commit that main has")):
            with self.subTest(words), self.assertRaisesRegex(history.HistoryError, said):
                history.of_range(self.tree, words)

    def test_a_merge_is_one_step(self):
        start = self.commit("start")
        self.git("checkout", "-qb", "side")
        side = self.commit("side")
        self.git("checkout", "-q", "main")
        other = self.commit("other")
        self.git("merge", "-q", "--no-ff", "--no-edit", "side")
        of = history.of_range(self.tree, f"{start}..main")
        self.assertEqual([one.name for one in of.commits], [start, other, self.git("rev-parse", "main")])
        with self.assertRaisesRegex(history.HistoryError, "not among the first parents"):
            history.of_range(self.tree, f"{side}..main")

    def test_commits_without_a_common_one(self):
        start = self.commit("start")
        self.git("checkout", "-q", "--orphan", "other")
        root = self.commit("root")
        with self.assertRaisesRegex(history.HistoryError, f"'{start}..other': {start} is no ancestor of other; git m"):
            history.of_range(self.tree, f"{start}..other")
        # Both are there, but what B follows began without A.
        self.git("merge", "-q", "--no-edit", "--allow-unrelated-histories", "main")
        with self.assertRaisesRegex(history.HistoryError, f"{start} is not among the first parents of other"):
            history.of_range(self.tree, f"{start}..other")
        self.assertEqual(len(history.of_range(self.tree, f"{root}..other").commits), 2)

    def test_subjects_of_any_kind(self):
        start = self.commit("start")
        self.git("commit", "--allow-empty", "--allow-empty-message", "-qm", "")
        self.commit("CAFE")
        rename_head(self.tree, b"CAFE", b"caf\xe9")
        self.assertEqual([one.subject for one in history.of_range(self.tree, f"{start}..main").commits],
                         ["start", "", "caf\ufffd"])

    def test_each_commit_once_and_skips(self):
        names = self.series()
        asked = []

        class Take(commits.Commits):
            def __init__(self):
                self.place = place.Here()

            def measure(self, name):
                asked.append(name)
                value = FOUND[names.index(name)]
                if isinstance(value, str):
                    raise Skip(value)
                return dict(zip(ROWS, map(number, value)))

        found = history.measured(Take(), history.of_range(self.tree, f"{names[0]}..main"))
        self.assertEqual(asked, names)
        self.assertEqual(found[names[2]], FOUND[2])
        self.assertEqual(found[names[4]][REG].error, "ENOMEM")

    def test_rows_of_a_boot(self):
        found = commits.figures(boot(result(REG, 7, 7, 7), failed(DEREG, "EIO")), (*ROWS, "mr/reg/base/1MiB"))
        self.assertEqual((found[REG].median, found[DEREG].error, found["mr/reg/base/1MiB"].error),
                         (7, "EIO", "no result"))

    def test_status(self):
        made = self.made()
        self.assertEqual(history.status(made), 0)
        made["commits"] = made["commits"][1:3]
        self.assertEqual(history.status(made), 4)


if __name__ == "__main__":
    unittest.main()
