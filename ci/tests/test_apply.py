# SPDX-License-Identifier: GPL-2.0-only
"""Series go onto a person's tree whole or not at all, and the tree is as it was if they do not."""

import os
import subprocess
from pathlib import Path
from unittest import mock

from ci import __main__ as phyr
from ci import apply, children, mails, series
from ci.error import CiError
from ci.tests.topic import TABLE, TopicCase


class ApplyTest(TopicCase):
    def setUp(self):
        super().setUp()
        self.import_topic(self.topic())
        (self.root / "kernel/covers").mkdir()
        (self.root / "kernel/covers/mm.txt").write_text("s\n\nt\n")
        self.user = apply.Tree(self.root / "user")
        self.git.run("branch", "--force", "master", self.base)
        subprocess.run(["git", "clone", "-q", "-b", "master", self.git.directory, self.user.path], check=True)
        self.user.git("config", "user.name", "Una User")
        self.user.git("config", "user.email", "una@example.org")

    def apply(self, *names: str) -> list[str]:
        """The names of what was applied."""
        self.user.check()
        chosen = apply.plan(self.user, TABLE, series.entries(self.root, TABLE), list(names))
        found = mails.write_all(self.root, self.git.directory, self.base, TABLE,
                                list(self.branches().values()), self.root / "out")
        apply.apply(self.user, [mailing for mailing in found if mailing.branch.destination in chosen], "Linux 7.3.4")
        return [one.name for one in chosen]

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.user.path / name
        path.write_text(path.read_text().replace(old, new))

    def snapshot(self) -> tuple[str, str, dict[str, bytes]]:
        files = {str(path): path.read_bytes() for path in self.user.path.rglob("*")
                 if path.is_file() and ".git" not in path.parts}
        return self.user.head, self.user.git("status", "--porcelain"), files

    def assert_refused(self, text: str, *names: str):
        before = self.snapshot()
        with self.assertRaisesRegex(apply.ApplyError, text):
            self.apply(*names)
        self.assertEqual(self.snapshot(), before)
        self.assertFalse(self.user.state("rebase-apply").exists())

    def test_all_in_order(self):
        self.assertEqual(self.apply(), ["fixes-rdma", "mm", "rdma"])
        self.assertEqual(self.user.git("rev-parse", "HEAD^{tree}"),
                         self.git.line("rev-parse", f"{self.build()}^{{tree}}"))
        self.assertEqual(self.user.git("log", "-1", "--format=%cn %ce"), "Una User una@example.org")
        # Only what the author has written there: nobody signs for the user.
        self.assertEqual(self.user.git("log", "--format=%(trailers:key=Signed-off-by)", f"{self.base}..").split("\n\n"),
                         ["Signed-off-by: Ann Author <ann@example.org>"])

    def test_one_by_name(self):
        self.assertEqual(self.apply("mm"), ["mm"])
        self.assertEqual(self.user.git("log", "--format=%s", f"{self.base}.."), "tools: a script\nmm: pin ranges")

    def test_what_is_there_is_not_applied_again(self):
        self.apply("mm")
        self.assertEqual(self.apply("mm"), [])
        self.assertEqual(self.apply(), ["fixes-rdma", "rdma"])

    def test_what_a_series_needs_must_be_there_or_named(self):
        self.assert_refused(f"rdma needs fixes-rdma, mm, which {self.user.path} lacks .*: "
                            f"./phyr series --apply {self.user.path} fixes-rdma mm rdma", "rdma")
        self.apply("fixes-rdma")
        self.assert_refused("rdma needs mm, which", "rdma")
        self.assertEqual(self.apply("rdma", "mm"), ["mm", "rdma"])

    def test_a_conflict_names_patch_and_file_and_leaves_nothing(self):
        # In the second patch of the whole, so that one has been applied before it.
        self.edit("mm/gup.c", "line 7\n", "line 7, otherwise\n")
        self.user.git("commit", "-qam", "local")
        self.assert_refused("mm: 0001-mm-pin-ranges.patch does not apply to .*: conflict in mm/gup.c. "
                            "The series is made for Linux 7.3.4; .*is as it was, at ")

    def test_a_file_that_is_not_there(self):
        self.user.git("rm", "-q", "mm/gup.c")
        self.user.git("commit", "-qm", "local")
        self.assert_refused("0001-mm-pin-ranges.patch does not apply to .*: conflict in mm/gup.c")

    def other(self, *files: str):
        """Of which the base knows nothing."""
        other = apply.Tree(self.root / "other")
        subprocess.run(["git", "init", "-q", other.path], check=True)
        other.git("config", "user.name", "Una User")
        other.git("config", "user.email", "una@example.org")
        for name in files:
            (other.path / name).parent.mkdir(exist_ok=True)
            (other.path / name).write_text("other\n")
        other.git("add", "-A")
        other.git("commit", "-q", "--allow-empty", "-m", "other")
        return other

    def test_a_tree_of_something_else(self):
        """Nor is a folder of Linux that is not its top one: nothing is tried."""
        with self.assertRaisesRegex(apply.ApplyError, "mm: is no tree of Linux, at its top"):
            apply.Tree(self.user.path / "mm").check()
        self.user = self.other("Makefile", "mm/x.c")
        with mock.patch.object(apply, "apply", side_effect=AssertionError("tried")):
            self.assert_refused("other: is no tree of Linux, at its top: .* no Kbuild, MAINTAINERS, drivers; name one")

    def test_no_common_history(self):
        """What git advises, such as am --continue, is out of place: nothing is left of git am."""
        self.user = self.other("Kbuild", "MAINTAINERS", "drivers/x.c", "mm/x.c")
        self.assert_refused("(?s)^(?!.*--continue).*git am: error: .*The series is made for Linux 7.3.4")

    def test_an_untracked_file_in_the_way(self):
        (self.user.path / "mm/phyr.c").write_text("mine\n")
        self.assert_refused("0001-mm-pin-ranges.patch does not apply to .*: conflict in mm/phyr.c")

    def test_changed_context_is_merged(self):
        self.edit("mm/gup.c", "line 5\n", "line five\n")
        self.user.git("commit", "-qam", "local")
        self.apply("mm")
        self.assertIn("line five\nline 6\nline seven\n", (self.user.path / "mm/gup.c").read_text())

    def test_a_dirty_tree_is_refused(self):
        self.edit("drivers/rxe.c", "rxe", "mine")
        self.assert_refused("has changes that are not committed, drivers/rxe.c for one; commit or stash")

    def test_someone_elses_git_am_is_left_alone(self):
        self.user.state("rebase-apply").mkdir()
        with self.assertRaisesRegex(apply.ApplyError, "git am or git rebase is at work"):
            self.apply()
        self.assertTrue(self.user.state("rebase-apply").exists())

    def test_an_interruption_leaves_nothing(self):
        """git am, which --abort does not take back when it ended between a commit and the note that it was made."""
        before = self.snapshot()
        whole = children.run

        def interrupted(command, *data, **more):
            if "--3way" not in command:
                return whole(command, *data, **more)
            whole(command[:command.index("--3way") + 2], **more)
            raise KeyboardInterrupt

        with mock.patch.object(children, "run", interrupted), self.assertRaises(KeyboardInterrupt):
            self.apply("mm")
        self.assertEqual(self.snapshot(), before)

    def test_who_begins_meanwhile_is_left_alone(self):
        def begin(*_arguments):
            self.user.state("rebase-apply").mkdir()
            return found

        found = mails.write_all(self.root, self.git.directory, self.base, TABLE, list(self.branches().values()),
                                self.root / "out")
        with mock.patch.object(mails, "write_all", begin), self.assertRaisesRegex(apply.ApplyError, "git am or git"):
            self.apply()
        self.assertTrue(self.user.state("rebase-apply").exists())

    def test_no_committer(self):
        for key in ("user.name", "user.email"):
            self.user.git("config", "--unset", key)
        self.user.git("config", "user.useConfigOnly", "true")
        with mock.patch.dict(os.environ, {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}):
            self.assert_refused("(?s)git am: .*tell me who you are")

    def test_not_a_tree(self):
        for path, text in ((self.root / "nowhere", "is no folder"), (self.root, "is no work tree"),
                           (self.git.directory, "is no work tree")):
            with self.subTest(path), self.assertRaisesRegex(apply.ApplyError, text):
                apply.Tree(path).check()

    def test_no_commit_yet(self):
        subprocess.run(["git", "init", "-q", self.root / "empty"], check=True)
        with self.assertRaisesRegex(apply.ApplyError, "has no commit"):
            apply.Tree(self.root / "empty").check()

    def refused_by_command(self, *arguments: str) -> str:
        """Before the base is fetched or anything is built."""
        parsed = phyr.parser().parse_args(["series", "--apply", *arguments])
        with mock.patch.object(phyr.Artifacts, "base", new_callable=mock.PropertyMock,
                               side_effect=AssertionError("built")), self.assertRaises(CiError) as refused:
            parsed.run(parsed)
        return str(refused.exception)

    def test_command_checks_before_it_builds(self):
        self.assertIn("there is no series 'rmda'; there are: fixes-mm",
                      self.refused_by_command(str(self.user.path), "rmda"))
        self.assertIn("is no folder", self.refused_by_command(str(self.root / "nowhere")))
        self.assertIn("crypto needs fixes-mm, fixes-lib, fixes-crypto, mm, dma",
                      self.refused_by_command(str(self.user.path), "crypto"))

    def test_paths_are_relative_to_the_caller(self):
        with mock.patch.dict(os.environ, {"PHYR_FROM": str(self.root)}):
            self.assertEqual(phyr.path("user"), self.user.path.resolve())
            self.assertEqual(phyr.path("/x"), Path("/x"))
