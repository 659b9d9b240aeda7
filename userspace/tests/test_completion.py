# SPDX-License-Identifier: GPL-2.0-only
"""What bash completes of a phyrctl command line."""

import fcntl
import os
import pty
import select
import shlex
import struct
import subprocess
import tempfile
import termios
import time
from pathlib import Path

import phyrd
from phyrctl_case import HEAD, PHYRCTL, PhyrctlTest, SYSTEM, WORKLOADS

COMPLETION = Path(__file__).resolve().parent.parent / "programs/phyrctl/completion.bash"
WITH_PHYRCTL = os.environ | {"PATH": f"{Path(PHYRCTL).resolve().parent}:{os.environ['PATH']}"}


class Completion(PhyrctlTest):
    def typed(self, line):
        """What readline makes of a line and TAB, in a folder with a folder "some" and a file "file a"."""
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "some").mkdir()
            (Path(folder) / "file a").touch()
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 2000, 0, 0))
            plain = {"TERM": "dumb", "PS1": "", "INPUTRC": "/dev/null", "HISTFILE": "/dev/null"}
            process = subprocess.Popen(["bash", "--norc", "--noprofile", "-i"], stdin=theirs, stdout=theirs,
                                       stderr=theirs, cwd=folder, start_new_session=True, env=WITH_PHYRCTL | plain)
            os.close(theirs)
            # Its beginning is made a command that prints the line between <>.
            settings = "'set bell-style none' 'set enable-bracketed-paste off'"
            text = f"source {shlex.quote(str(COMPLETION))}; bind {settings}\n{line}\t>'\x01printf '<%s>\\n' '\nexit\n"
            os.write(ours, text.encode())
            seen, deadline = b"", time.monotonic() + 20
            while time.monotonic() < deadline and select.select([ours], [], [], 20)[0]:
                try:
                    seen += os.read(ours, 4096)
                except OSError:
                    break
            os.close(ours)
            process.wait(20)
        lines = [one for one in seen.decode().split("\r\n") if one.startswith("<") and one.endswith(">>")]
        self.assertEqual(len(lines), 1, seen.decode())
        return lines[0][1:-2]

    def complete(self, *words):
        """All that could follow, as bash splits the words."""
        script = (f'source {shlex.quote(str(COMPLETION))}; compopt() {{ :; }}; '
                  'COMP_LINE="$*"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_phyrctl; printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run(["bash", "-c", script, "bash", "phyrctl", *words],
                                capture_output=True, text=True, timeout=20, env=WITH_PHYRCTL)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout.split()

    def test_in_readline(self):
        self.serve({("GET", "/api/v1/runs"): {"runs": [HEAD | {"id": 27}, HEAD], "next": None},
                    ("GET", "/api/v1/system"): SYSTEM, ("GET", "/api/v1/workloads"): WORKLOADS})
        for line, whole in (("phyrctl sy", "phyrctl system "),
                            (f"phyrctl --server {self.url} show 2", f"phyrctl --server {self.url} show 27 "),
                            (f"phyrctl --server={self.url} show 2", f"phyrctl --server={self.url} show 27 "),
                            ("phyrctl import so", "phyrctl import some/"),
                            ("phyrctl import fi", "phyrctl import file\\ a "),
                            (f"phyrctl --server {self.url} run --device rxe0:2",
                             f"phyrctl --server {self.url} run --device rxe0:2 "),
                            (f"phyrctl --server {self.url} run --device rxe0:1:3",
                             f"phyrctl --server {self.url} run --device rxe0:1:3 "),
                            ("phyrctl --vers", "phyrctl --version ")):
            with self.subTest(line=line):
                self.assertEqual(self.typed(line), whole)

    def test_runs_of_several_servers(self):
        self.serve({("GET", "/api/v1/runs"): {"runs": [HEAD | {"id": 27}, HEAD], "next": None}})
        line = f"phyrctl --server {self.url} --server http://127.0.0.1:1 show 2"
        whole = f"{line}7@127.0.0.1:{self.server.server_port} "
        self.assertEqual(self.typed(line), whole)
        self.assertEqual(self.typed(whole[:-3]), whole)

    def test_commands_and_options(self):
        self.assertEqual(self.complete("s"), ["show", "system"])
        self.assertEqual(self.complete("ls", "--l"), ["--limit"])
        self.assertEqual(self.complete("compare", "--m"), ["--markdown"])
        self.assertEqual(self.complete("help", "de"), ["delete"])
        self.assertEqual(self.complete("show", "--l"), [])
        self.assertEqual(self.complete("--server", "x", "ex"), ["export"])

    def test_all_options_are_completed(self):
        text = COMPLETION.read_text()
        for word in self.call_help().split():
            if word.startswith("--"):
                self.assertIn(word.strip(","), text)

    def call_help(self):
        return subprocess.run([PHYRCTL, "--help"], capture_output=True, text=True).stdout

    def test_what_the_daemon_knows(self):
        self.serve({("GET", "/api/v1/system"): SYSTEM, ("GET", "/api/v1/workloads"): WORKLOADS,
                    ("GET", "/api/v1/runs"): {"runs": [HEAD, HEAD | {"id": 27}], "next": None}})
        server = ["--server", self.url]
        self.assertEqual(self.complete(*server, "show", ""), ["3", "27"] + self.complete(*server, "show", "--"))
        self.assertEqual(self.complete(*server, "delete", "3", "2"), ["27"])
        self.assertEqual(self.complete(*server, "run", "--device", ""),
                         ["rxe0", "rxe0:1", "rxe0:2", "rxe0:1:0", "rxe0:1:3"])
        self.assertEqual(self.complete(*server, "run", "mr/dereg/thp/"),
                         [f"mr/dereg/thp/{size}" for size in ("4KiB", "64KiB", "2MiB", "64MiB", "1GiB")])
        self.assertEqual(len(self.complete(*server, "run", "gup/phyrs/pin/")), 50)


phyrd.main()
