# SPDX-License-Identifier: GPL-2.0-only
"""Arguments are checked before anything is installed, fetched or built, and what asks for nothing does nothing."""

import contextlib
import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import __main__ as door
from ci import packages, paths, vm
from ci.comparison import verdicts


class Door(unittest.TestCase):
    def phyr(self, *words: str) -> tuple[int, str]:
        """(exit status, what it said) of a command that must come to its end without making anything."""
        said = io.StringIO()
        never = mock.Mock(side_effect=AssertionError("something is made"))
        with mock.patch.object(sys, "argv", ["phyr", *words]), mock.patch.object(packages, "ensure", never), \
                mock.patch.object(door, "Artifacts", never), mock.patch.object(door.children, "adopt"), \
                mock.patch.object(door.children, "end_all"), mock.patch.object(door.signal, "signal"), \
                contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            try:
                status = door.main()
            except SystemExit as end:
                status = end.code
        return status, said.getvalue()

    def assert_refused(self, *words: str, because: str):
        status, said = self.phyr(*words)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, because)

    def test_help_and_version(self):
        status, said = self.phyr("--help")
        self.assertEqual(status, 0)
        self.assertIn("serve", said)
        status, said = self.phyr("--version")
        self.assertEqual(status, 0)
        self.assertRegex(said, r"^phyr \d+\.\d+\.\d+\n$")

    def test_list(self):
        status, said = self.phyr("test", "--list")
        self.assertEqual(status, 0)
        self.assertRegex(said, r"(?m)^guest-perf +\w+")
        self.assertEqual(self.phyr("test", "--list", "dma", "configuration")[1].splitlines(),
                         ["configuration", "dma/direct", "dma/iommu-strict", "dma/iommu-lazy", "dma/bounce"])

    def test_unknown_entries_and_parts(self):
        self.assert_refused("test", "guest-pref", because="guest-pref: no such entry; near it are guest-perf")
        self.assert_refused("test", "dma/iommu-lasy", because="no such part; near it are iommu-lazy")
        self.assert_refused("test", "serve/x", because="serve has no parts")
        self.assert_refused("test", "quick/x", because="quick has no parts")
        self.assert_refused("test", "ci", "qqq", because="no such entry; there are ci, ")

    def test_ports(self):
        for number in ("0", "65536", "-1", "http", "\u0667\u0664\u0667\u0661", "\uff17\uff14"):
            self.assert_refused("serve", "--port", number, because="--port")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.assert_refused("serve", "--port", str(taken.getsockname()[1]), because="cannot be had .*--port")

    def test_paths(self):
        self.assert_refused("bench", "--json", "/dev/null/compare.json",
                            because="--json: /dev/null/compare.json: cannot be written")
        self.assert_refused("bench", "--json", "/", because="--json: /: is a directory")
        self.assert_refused("bench", "--json", f"/{'x' * 300}/compare.json", because="cannot be written: File name too")
        self.assert_refused("vm", "--job", "/nowhere", because="--job: /nowhere")

    def test_empty_words(self):
        for words in (["test", ""], ["test", "ci", ""], ["bench", "--json", ""], ["vm", "--job", ""],
                      ["series", "--apply", ""], ["series", "--apply", "x", ""], ["series", "import", "", "base..phyr"],
                      ["series", "import", str(paths.ROOT), ""]):
            self.assert_refused(*words, because="argument .*: '' is empty\n$")

    def test_where_kbuild_fails(self):
        for folder in ("my clone", "a:b", "a\tb"):
            with mock.patch.object(door.paths.check, "__defaults__", (Path("/home") / folder / "build/trees",)):
                for words in (["kernels"], ["vm"], ["bench"], ["test", "kunit"], ["test", "sparse"]):
                    self.assert_refused(*words, because=f"'/home/{folder}/build/trees': kbuild .*; move the clone")
                with self.assertRaisesRegex(AssertionError, "something is made"):
                    self.phyr("series")

    def test_clocks(self):
        self.assert_refused("bench", "--clock", "sun", because="--clock")
        with mock.patch.object(door.os, "access", return_value=False):
            self.assert_refused("bench", "--clock", "kvm", because="/dev/kvm cannot be opened")

    def test_compare(self):
        self.assert_refused("compare", "stock", because="the following arguments are required: HEAD")
        self.assert_refused("compare", "stock", "phyrr", because="phyr: head: 'phyrr' is neither stock, phyr, a kernel "
                                                                 "tree nor a bzImage, and a git ref needs --tree DIR")
        self.assert_refused("compare", "stock", "/", because="head: / is no tree of Linux")
        self.assert_refused("compare", "stock", "/etc/passwd", because="passwd is no bzImage")
        self.assert_refused("compare", "stock", "phyr", "--suite", "fast", because="fast: cannot be read: No such")
        self.assert_refused("compare", "stock", "phyr", "--config", "/nowhere", because="--config: /nowhere: is no")
        self.assert_refused("compare", "stock", "phyr", "--config", "/etc/passwd", because="passwd:1: want CONFIG_X=")
        self.assert_refused("compare", "stock", "phyr", "--json", "/", because="--json: /: is a directory")
        self.assert_refused("compare", "stock", "phyr", "--limits", "/etc/passwd", because="passwd: is no JSON object")
        self.assert_refused("compare", "stock", "phyr", "--json", "/tmp/x", "--ktap", "/tmp/../tmp/x",
                            because="--json and --ktap are to go into the same file, /tmp/x")
        self.assert_refused("compare", "v1", "v2", "--tree", "/etc", because="--tree /etc: is no git repository")
        with mock.patch.object(door.os, "access", return_value=False):
            self.assert_refused("compare", "stock", "phyr", "--clock", "kvm", because="/dev/kvm cannot be opened")
        with mock.patch.object(door.os, "access", return_value=True):
            self.assert_refused("compare", "stock", "phyr", "--clock", "kvm", "--limits",
                                because="--limits: they are of instructions, which --clock kvm does not count")

    def test_bisect(self):
        tree = str(paths.ROOT)
        row = ("--row", "mr/reg/base/4KiB")
        self.assert_refused("bisect", "HEAD", "HEAD", *row, because="required: --tree")
        self.assert_refused("bisect", "--tree", tree, "HEAD", "HEAD", because="required: --row")
        self.assert_refused("bisect", "--tree", tree, "nix", "HEAD", *row, because="GOOD: .* has no commit 'nix'")
        self.assert_refused("bisect", "--tree", tree, "HEAD", "HEAD", "--row", "x", because="full has no such row")
        for share in ("x", "-1%", "101%", "nan"):
            self.assert_refused("bisect", "--tree", tree, "HEAD", "HEAD", *row, f"--at-least={share}",
                                because="a share is a number from 0 to 100")

    def test_history(self):
        tree, row = str(paths.ROOT), ("--row", "mr/reg/base/4KiB")
        self.assert_refused("history", "HEAD~1..HEAD", *row, because="required: --tree")
        self.assert_refused("history", "--tree", tree, "HEAD~1..HEAD", because="required: --row")
        self.assert_refused("history", "--tree", tree, "HEAD", *row, because="'HEAD': want A..B, two commits of")
        self.assert_refused("history", "--tree", tree, "nix..HEAD", *row, because="has no commit 'nix'")
        self.assert_refused("history", "--tree", tree, "HEAD..HEAD", *row, because="has no commit that HEAD has not")

    def test_jobs(self):
        for words in (["compare", "stock", "phyr"], ["bisect", "a", "b"], ["history", "a..b"]):
            for jobs in ("lsf", "slurm:", "slurm:0", "slurm:x", "slurm:-1"):
                self.assert_refused(*words, "--jobs", jobs, because="--jobs: .*want slurm, or slurm:N")
        with mock.patch.object(door.os, "access", return_value=True):
            self.assert_refused("compare", "stock", "phyr", "--clock", "kvm", "--jobs", "slurm",
                                because="--jobs: real time never mixes machines")

    def test_statuses(self):
        """An error is 1 and a lost VM 255; 2 is a regression's."""
        for error, status in ((vm.VmError("x"), 255), (packages.PackageError("x"), 1), (OSError("x"), 1)):
            with mock.patch.object(door, "command_kernels", mock.Mock(side_effect=error)):
                self.assertEqual(self.phyr("kernels")[0], status)

    def test_without_a_cluster_nothing_is_installed(self):
        for words in (["compare", "stock", "phyr"], ["bisect", "--tree", "/", "a", "b", "--row", "mr/reg/base/4KiB"],
                      ["history", "--tree", "/", "a..b", "--row", "mr/reg/base/4KiB"]):
            arguments = door.parser().parse_args([*words, "--jobs", "slurm"])
            with self.subTest(words[0]), mock.patch.dict(os.environ, {"PATH": "/nowhere"}), \
                    mock.patch.object(door.sides, "ref"), mock.patch.object(door.history, "of_range"), \
                    mock.patch.object(door, "prepare", side_effect=AssertionError("prepared")), \
                    self.assertRaisesRegex(door.CiError, "this machine has no sinfo"):
                arguments.run(arguments)


class Recipes(unittest.TestCase):
    """What docs/ci/ runs is a command that there is."""

    def test_script(self):
        with tempfile.TemporaryDirectory() as scratch:
            script = Path(scratch) / "docs/ci/compare.sh"
            script.parent.mkdir(parents=True)
            script.write_bytes((paths.ROOT / "docs/ci/compare.sh").read_bytes())
            phyr = Path(scratch) / "phyr"
            phyr.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 2\n")
            for file in (script, phyr):
                file.chmod(0o755)
            (Path(scratch) / "my.config").touch()

            def run(*words: str, **more: str) -> subprocess.CompletedProcess:
                return subprocess.run([script, *words], cwd=scratch, capture_output=True, text=True,
                                      env=os.environ | more)

            said = run(scratch, "v1", "v2", f"{scratch}/out", SUITE="full", CONFIG=f"{scratch}/my.config")
            self.assertEqual(said.returncode, 2, said.stderr)
            asked = door.parser().parse_args(said.stdout.splitlines())
            self.assertEqual((asked.run, asked.base, asked.head, asked.tree, asked.suite, asked.config),
                             (door.command_compare, "v1", "v2", Path(scratch), "full", [Path(scratch) / "my.config"]))
            self.assertEqual({asked.markdown, asked.html, asked.junit, asked.json},
                             {Path(scratch) / "out" / name
                              for name in ("report.md", "report.html", "junit.xml", "comparison.json")})
            self.assertEqual(door.parser().parse_args(run(scratch, "a", "b").stdout.splitlines()).suite, "quick")
            self.assertEqual(run(scratch).returncode, 1)

    def test_workflow_runs_it(self):
        text = (paths.ROOT / "docs/ci/compare.yml").read_text()
        self.assertRegex(text, r'docs/ci/compare\.sh linux "\$\(git .* merge-base .*\)" "\$HEAD" report\n')
        self.assertIn("[ ! -f report/report.md ] || cat report/report.md", text)

    def test_workflow_names_paths_of_its_container(self):
        """github.workspace is the host's, which is not there: nothing would be compiled from the cache."""
        text = (paths.ROOT / "docs/ci/compare.yml").read_text()
        self.assertRegex(text, r"(?m)^    container:$")
        self.assertNotRegex(text, r"\$\{\{ *(github|runner)\.(workspace|temp)")
        self.assertIn('export CCACHE_DIR="$PWD/phyr/build/ccache"\n', text)

    def test_workflow_keeps_what_the_page_names(self):
        """Also where the command ends with a regression, after which the service saves nothing by itself."""
        text = (paths.ROOT / "docs/ci/compare.yml").read_text()
        steps = re.findall(r"uses: actions/cache/(\w+)@v4\n +with:\n +path: \|\n((?: +phyr/.*\n)+) +key: (.*)\n", text)
        self.assertEqual([name for name, _paths, _key in steps], ["restore", "save"])
        self.assertEqual(steps[0][1:], steps[1][1:])
        self.assertEqual(steps[0][1].split(), [f"phyr/build/{name}" for name in ("compared", "linux.git", "ccache")])
        self.assertRegex(text, r"if: always\(\)\n +uses: actions/cache/save@")


class Statuses(unittest.TestCase):
    def test_they_are_said_alike(self):
        """In phyrctl's header, help and man page, and for ./phyr compare in its help and docs/."""
        programs = paths.ROOT / "userspace" / "programs" / "phyrctl"
        header = (programs / "status.h").read_text()
        known = {name: int(value) for name, value in re.findall(r"STATUS_(\w+) = (\d+),", header)}
        self.assertEqual((known["ERROR"], known["BAD"], known["UNTOLD"]),
                         (door.ERROR, verdicts.REGRESSION, verdicts.SKIPPED))
        man = (paths.ROOT / "userspace/man/phyrctl.1").read_text().partition(".Sh EXIT STATUS")[2].partition(".Sh ")[0]
        self.assertEqual(list(map(int, re.findall(r"^\.It (\d+)$", man, re.M))), sorted(known.values()))
        said = (programs / "main.c").read_text().partition("Exit status:")[2].partition('";')[0]
        self.assertEqual(list(map(int, re.findall(r"\b(\d+) ", said))), sorted(known.values()))
        for text in (said, man, header):
            error, untold = (re.search(pattern, text, re.S)[0] for pattern in
                             (r"(?:\b1 |It 1\n|@STATUS_ERROR).*?(?:;|\.It|@STATUS_BAD)",
                              r"(?:\b4 |It 4\n|@STATUS_UNTOLD).*?(?:;|\.It|@STATUS_INT)"))
            self.assertNotIn("compared", error)
            self.assertIn("compared", untold)
        ours = {0, door.ERROR, verdicts.REGRESSION, verdicts.SKIPPED, door.LOST}
        documented = (paths.ROOT / "docs/comparing.md").read_text().partition("## Exit statuses")[2].partition("## ")[0]
        self.assertEqual(set(map(int, re.findall(r"^\| (\d+) \|", documented, re.M))), ours)
        helped = re.sub(r"\s+", " ", door.parser().format_help()).partition("exit status: ")[2].partition(" bisect ")[0]
        self.assertEqual(set(map(int, re.findall(r"\b(\d+) ", helped))), ours)


class Script(unittest.TestCase):
    def test_help_needs_no_more_than_python(self):
        """On a PATH of the script's choice; nothing of the caller's environment."""
        run = subprocess.run([paths.ROOT / "phyr", "--help"], env={}, capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertIn("usage: ./phyr", run.stdout)

    def test_the_environment_of_the_caller(self):
        """A git hook's, a locale that is not UTF-8, and Python's search path."""
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        door = Path(scratch.name) / "phyr"
        door.write_bytes((paths.ROOT / "phyr").read_bytes())
        door.chmod(0o755)
        (door.parent / "ci").mkdir()
        (door.parent / "ci" / "__main__.py").write_text(
            "import os, sys\nprint(sys.flags.utf8_mode, *os.environ)")
        odd = {"GIT_DIR": "/x", "GIT_INDEX_FILE": "/x", "PYTHONSAFEPATH": "1", "PYTHONHOME": "/x", "LC_ALL": "en_US"}
        run = subprocess.run([door], env=odd, capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual(run.stdout.split()[0], "1")
        self.assertEqual(odd.keys() & set(run.stdout.split()), {"LC_ALL"})
