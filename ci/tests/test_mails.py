# SPDX-License-Identifier: GPL-2.0-only
"""Each series is a folder of mails: addressed, numbered, with its base, what it needs and its cover letter."""

import json
import re
from dataclasses import replace
from pathlib import Path

from ci import figures, mails
from ci.tests.topic import TABLE, TopicCase


class MailsTest(TopicCase):
    def setUp(self):
        super().setUp()
        self.import_topic(self.topic())
        self.cover("kernel", "mm", "phyrs everywhere\n\nThe story.\n")

    def cover(self, folder: str, name: str, text: str) -> Path:
        path = self.root / folder / "covers" / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def mailings(self) -> dict[str, mails.Mailing]:
        found = mails.write_all(self.root, self.git.directory, self.base, TABLE,
                                list(self.branches().values()), self.root / "out")
        return {mailing.branch.destination.name: mailing for mailing in found}

    def test_folders(self):
        found = self.mailings()
        self.assertEqual({name: [mail.name for mail in mailing.mails] for name, mailing in found.items()}, {
            "fixes-rdma": ["0001-RDMA-rxe-mend.patch"],
            "mm": ["0000-cover-letter.patch", "0001-mm-pin-ranges.patch", "0002-tools-a-script.patch"],
            "rdma": ["0001-RDMA-rxe-hold-ranges.patch"]})
        self.assertEqual(found["mm"].patches, found["mm"].mails[1:])
        self.assertEqual(found["mm"].mails[0].parent, self.root / "out" / "mm")

    def test_letter(self):
        letter = self.mailings()["mm"].mails[0].read_text()
        self.assertIn("Subject: [PATCH 0/2] phyrs everywhere\nTo: mm@example.org\nCc: Ann Author <ann@example.org>\n\n"
                      "The story.\n", letter)
        self.assertNotIn("***", letter)
        self.assertIn(f"take vbase.\nbase-commit: {self.base}\n", letter)

    def test_a_series_names_the_patches_that_it_needs(self):
        found = self.mailings()
        self.assertNotIn("prerequisite-patch-id", found["fixes-rdma"].mails[0].read_text())
        self.assertNotIn("prerequisite-patch-id", found["mm"].mails[0].read_text())
        text = found["rdma"].mails[0].read_text()
        self.assertIn(f"base-commit: {self.base}\n", text)
        needed = self.git.run("log", "-p", "--no-renames", f"{self.base}..{found['rdma'].branch.start}")
        ids = {line.split()[0] for line in self.git.line("patch-id", "--stable", text=needed).splitlines()}
        self.assertEqual(set(re.findall(r"^prerequisite-patch-id: (\w+)$", text, re.M)), ids)
        self.assertEqual(len(ids), 3)

    def test_prefix_is_data_and_names_are_encoded(self):
        branch = self.branches()["fixes-rdma"]
        to = replace(branch.destination, prefix="PATCH rdma-rc",
                     maintainers=["Eugenio Pérez <e@example.org>", "A. B. <a@example.org>"])
        mailing = mails.write(self.root, self.git.directory, self.base, replace(branch, destination=to),
                              figures.Figures(self.root), self.root / "out" / "x")
        text = mailing.mails[0].read_text()
        self.assertIn("Subject: [PATCH rdma-rc] RDMA/rxe: mend\n", text)
        self.assertIn('Cc: =?utf-8?q?Eugenio_P=C3=A9rez?= <e@example.org>,\n    "A. B." <a@example.org>\n', text)

    def test_same_inputs_same_mails(self):
        first, second = ({mail: mail.read_bytes() for mailing in self.mailings().values() for mail in mailing.mails}
                         for _time in range(2))
        self.assertEqual(first, second)

    def assert_refused(self, text: str):
        with self.assertRaisesRegex((mails.MailError, figures.FigureError), text):
            self.mailings()

    def test_more_than_one_patch_wants_a_cover(self):
        (self.root / "kernel/covers/mm.txt").unlink()
        self.assert_refused("kernel/covers/mm.txt: is missing, and the series has 2 patches")

    def test_one_patch_wants_none(self):
        self.cover("rdma-driver", "rdma", "s\n\nt\n")
        self.assert_refused("rdma-driver/covers/rdma.txt: a series of one patch has no cover letter")

    def test_a_cover_of_no_series_is_refused(self):
        self.cover("kernel", "block", "s\n\nt\n")
        self.assert_refused("kernel/covers/block.txt: no series of that name")

    def test_figures_are_filled_in(self):
        self.cover("kernel", "mm", "s\n\n@figures gup/pin/thp/2MiB\n\nEnd.\n")
        self.assert_refused(
            "bench/figures.json, the figures of the cover letters, is missing: ./phyr bench --json bench/figures.json")
        (self.root / "bench").mkdir()
        row = {"name": "gup/pin/thp/2MiB", "unit": "ns", "pages": {"median": 4000}, "phyrs": {"median": 1000},
               "ratio": 4.0}
        (self.root / "bench/figures.json").write_text(json.dumps(
            {"schema": "phyr-compare/2", "clock": "icount", "date": "2026-01-02T03:04:05+00:00",
             "kernels": {"stock": "7.3.4", "phyr": "7.3.4"}, "rows": [row]}))
        letter = self.mailings()["mm"].mails[0].read_text()
        self.assertIn("  gup/pin/thp/2MiB  4,000  1,000   4.00\n", letter)
        self.assertNotIn("@figures", letter)
