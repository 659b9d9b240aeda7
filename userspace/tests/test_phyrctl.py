# SPDX-License-Identifier: GPL-2.0-only
"""phyrctl against a server that answers what the test tells it to, as phyrd would and as it would not."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import phyrd
from phyrctl_case import (COMPARISON, ERROR, HEAD, PhyrctlTest, RESULT, ROW, RUN, STATS, SYSTEM, WORKLOADS, document,
                          event, problem)

IMPATIENT = sys.argv[3]    # gives a silent server up after 2 seconds, not 30


class Calls(PhyrctlTest):
    url = "http://127.0.0.1:1"

    def test_help_and_version(self):
        self.assertIn("usage: phyrctl", self.call("--help").stdout)
        self.assertRegex(self.call("--version").stdout, r"^phyrctl \d+\.\d+\.\d+$")

    def test_wrong_calls(self):
        for arguments in (["nonsense"], [], ["ls", "extra"], ["show"], ["show", "x"], ["show", "-1"], ["compare", "1"],
                          ["compare", "1", "2x"], ["run"], ["ls", "--samples", "3"], ["run", "--samples", "many", "a"],
                          ["ls", "--limit", "x"], ["--nonsense"], ["ls", "--limit"], ["import", "/nonexistent"],
                          ["show", "1", "--detach"], ["ls", "--token-file", "/nonexistent"],
                          ["ls", "--token-file", "/dev/null"]):
            with self.subTest(arguments=arguments):
                self.assertTrue(self.call(*arguments, status=1).stderr)

    def test_nobody_listens(self):
        self.assertIn("http://127.0.0.1:1", self.call("ls", status=3).stderr)
        self.url = "file:///etc"
        self.call("ls", status=3)


class Answers(PhyrctlTest):
    def test_ls(self):
        self.serve({("GET", "/api/v1/runs"): {"runs": [HEAD], "next": None},
                    ("GET", "/api/v1/runs?limit=1&before=9"): {"runs": [], "next": None}})
        lines = self.call("ls").stdout.splitlines()
        self.assertEqual(lines[1].split(), ["3", "done", "2/2", "7.3.4", "icount", "2025-11-24", "16:00:00", "größer"])
        self.assertEqual(json.loads(self.call("ls", "--json").stdout), {"runs": [HEAD], "next": None})
        self.assertEqual(len(self.call("ls", "--limit", "1", "--before", "9").stdout.splitlines()), 1)

    def test_control_characters_do_not_reach_the_terminal(self):
        self.serve({("GET", "/api/v1/runs"): {"runs": [HEAD | {"name": "a\x1b[2Jb\x9bc\nd"}], "next": None},
                    ("GET", "/api/v1/runs/1"): problem(404, "no\x1b[2J")})
        self.assertTrue(self.call("ls").stdout.endswith("a?[2Jb??c?d\n"))
        self.assertNotIn("\x1b", self.call("show", "1", status=1).stderr)

    def test_show(self):
        self.serve({("GET", "/api/v1/runs/3"): RUN | {"results": [RESULT, ERROR]}})
        shown = self.call("show", "3").stdout
        self.assertRegex(shown, r"mr/reg/hugetlb-1G/1GiB +20 "
                         r"+8,602 +8,615 +8,610 +8,700 +9,000 +- +- +9,999")
        self.assertIn("MEDIAN (instructions)", shown)
        self.assertRegex(shown, r"mr/reg/hugetlb-1G/4GiB +ENOMEM +out of luck")
        self.assertEqual(json.loads(self.call("--json", "show", "3").stdout)["results"], [RESULT, ERROR])

    def test_show_imported_aggregates_and_picoseconds(self):
        results = [{"workload": "a", "unit": "ns", "aggregates": {"median": 2500000.0}, "parameters": {}},
                   {"workload": "b", "unit": "ps", "stats": STATS, "parameters": {}}]
        self.serve({("GET", "/api/v1/runs/3"): RUN | {"results": results}})
        shown = self.call("show", "3").stdout
        self.assertRegex(shown, r"a +- +- +2,500,000 ")
        self.assertRegex(shown, r"b +20 +8\.602 +8\.615 ")

    def test_devices_show_apart(self):
        results = [RESULT | {"parameters": {"device": "rxe0"}}, ERROR | {"parameters": {"device": "siw0"}},
                   {"workload": "a", "unit": "ns", "aggregates": {"mean": 2.0}, "parameters": {"device": "siw0"}}]
        self.serve({("GET", "/api/v1/runs/3"): RUN | {"results": results},
                    ("GET", "/api/v1/compare?base=1&head=2"): COMPARISON | {"rows": [ROW | {"device": "siw0"}]}})
        shown = self.call("show", "3").stdout
        self.assertRegex(shown, r"mr/reg/hugetlb-1G/1GiB \(rxe0\) +20 ")
        self.assertRegex(shown, r"mr/reg/hugetlb-1G/4GiB \(siw0\) +ENOMEM")
        self.assertRegex(shown, r"a \(siw0\) +mean")
        self.assertRegex(self.call("compare", "1", "2").stdout, r"mr/reg/thp/1GiB \(siw0\) +24,006,958 ")

    def test_compare(self):
        path = ("GET", "/api/v1/compare?base=1&head=2")
        rows = [ROW, ROW | {"workload": "same", "verdict": "no difference", "effect": 0.01},
                {"workload": "gone", "base": {"error": "ENOMEM"}, "head": {"median": 3.0}, "ratio": None,
                 "verdict": None}]
        self.serve({path: COMPARISON | {"rows": rows}})
        shown = self.call("compare", "1", "2").stdout
        self.assertRegex(shown, r"mr/reg/thp/1GiB +24,006,958 +24,000,000\.\.24,010,000 "
                         r"+121,033 +121,000\.\.121,100 +198 +-1\.00 +better\n")
        self.assertRegex(shown, r"same .* \+0\.01 +~\n")
        self.assertRegex(shown, r"gone +ENOMEM +3 +-\n")
        self.assertIn("only in head:  dma/map", shown)
        self.assertIn("p is 0.05 or more, EFFECT below 0.2, or medians less than 3 % apart", shown)
        imported = {key: value for key, value in ROW.items() if key not in ("u", "p", "effect")}
        self.server.answers[path] = document(COMPARISON | {"rows": [imported]})
        self.assertNotIn("EFFECT below", self.call("compare", "1", "2").stdout)
        self.server.answers[path] = document(COMPARISON | {"rows": [ROW | {"verdict": "worse"}]})
        self.call("compare", "1", "2", status=2)
        self.call("compare", "1", "2", "--json", status=2)

    def test_compare_status(self):
        """That of ./phyr compare: worse is 2, what cannot be told, or compared, 4; the worst counts."""
        path = ("GET", "/api/v1/compare?base=1&head=2")
        rows = {verdict: ROW | {"verdict": verdict} for verdict in ("better", "worse", "no difference",
                                                                    "too few samples", "not exact", None)}
        for verdicts, status, word in ((["better", "no difference", None], 0, ""), (["better", "worse"], 2, ""),
                                       (["too few samples", "better"], 4, ""), (["too few samples", "worse"], 2, ""),
                                       (["not exact", "better"], 0, ""),
                                       (["not exact", None], 4, "nothing was compared"),
                                       ([None], 4, "nothing was compared"), ([], 4, "nothing was compared")):
            with self.subTest(verdicts=verdicts):
                self.serve({path: COMPARISON | {"rows": [rows[verdict] for verdict in verdicts]}})
                for more in ([], ["--json"]):
                    self.assertIn(word, self.call("compare", "1", "2", *more, status=status).stderr)

    def test_answers_of_others(self):
        """JSON is not enough: it must be what was asked for."""
        answers = ({}, {"runs": 7}, {"runs": [{"id": "x", "state": None}]}, {"id": 1}, {"id": 1, "state": "done"},
                   {"rows": []}, {"base": {}, "head": {}, "criteria": {}, "rows": 7}, {"benchmarks": []}, [])
        for answer in answers:
            self.serve({("GET", path): answer for path in (
                "/api/v1/runs", "/api/v1/runs/1", "/api/v1/compare?base=1&head=2", "/api/v1/system",
                "/api/v1/export?run=1")} | {("POST", "/api/v1/import"): answer, ("POST", "/api/v1/runs"): answer})
            for words in (["ls"], ["show", "1"], ["compare", "1", "2"], ["system"], ["export", "1"]):
                for more in ([], ["--json"]):
                    with self.subTest(answer=answer, words=words):
                        self.call(*words, *more, status=3)
            self.call("import", "-", status=3, input="{}")
            if "id" not in answer:
                self.call("run", "--detach", "a", status=3)

    def test_what_turns_the_direction_of_writing(self):
        turned = "a\u202eb\u2066c\u200fd\u061ce\u2028f"
        self.serve({("GET", "/api/v1/runs"): {"runs": [HEAD | {"name": turned}], "next": None}})
        self.assertTrue(self.call("ls").stdout.endswith("a???b???c???d??e???f\n"))

    def test_numbers_with_too_many_digits(self):
        self.url = "http://127.0.0.1:1"
        self.assertIn("20 digits, but at most 18", self.call("show", "9" * 20, status=1).stderr)

    def test_system(self):
        self.serve({("GET", "/api/v1/system"): SYSTEM, ("GET", "/api/v1/workloads"): WORKLOADS})
        shown = self.call("system").stdout
        self.assertRegex(shown, r"hugepages +2048 KiB: 5 of 8 free, 1 of them reserved")
        self.assertRegex(shown, r"RDMA device +rxe0, InfiniBand, port 1 PORT_ACTIVE")
        self.assertIn("icount (tsc); a sample of nothing: 71 ns", shown)
        self.assertRegex(shown, r"missing +CAP_IPC_LOCK: mlock")
        self.assertRegex(shown, r"gup/<pages\|phyrs>\S* +no +no /dev/phyr_test")
        self.assertEqual(json.loads(self.call("system", "--json").stdout), {"system": SYSTEM, "workloads": WORKLOADS})

    def test_export(self):
        text = {"context": {}, "benchmarks": []}
        self.serve({("GET", "/api/v1/export?run=3"): text})
        self.assertEqual(json.loads(self.call("export", "3").stdout), text)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "a.json"
            self.call("export", "3", "--output", str(file))
            self.assertEqual(json.loads(file.read_text()), text)
            self.call("export", "4", "--output", f"{folder}/b.json", status=1)
            self.call("export", "3", "--output", f"{folder}/none/b.json", status=1)
            os.mkdir(f"{folder}/taken")
            self.call("export", "3", "--output", f"{folder}/taken", status=1)
            self.assertEqual(sorted(os.listdir(folder)), ["a.json", "taken"])

    def test_export_to_what_is_there(self):
        """Files are replaced, links and anything that is no file stay what they are."""
        text = {"context": {}, "benchmarks": []}
        self.serve({("GET", "/api/v1/export?run=3"): text})
        with tempfile.TemporaryDirectory() as folder:
            file, link, fifo = (Path(folder) / name for name in ("file", "link", "fifo"))
            for there in (False, True):
                link.symlink_to("file")
                self.call("export", "3", "--output", str(link), umask=0o027)
                self.assertEqual((json.loads(file.read_text()), link.readlink()), (text, Path("file")), there)
                self.assertEqual(file.stat().st_mode & 0o777, 0o600 if there else 0o640)
                file.write_text("old")
                file.chmod(0o600)
                link.unlink()
            os.mkfifo(fifo)
            reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
            self.call("export", "3", "--output", str(fifo))
            self.assertEqual(json.loads(os.read(reader, 65536)), text)
            os.close(reader)
            self.call("export", "3", "--output", "/dev/stdout")
            self.assertIn("No space left on device", self.call("export", "3", "--output", "/dev/full", status=1).stderr)
            self.assertEqual(sorted(os.listdir(folder)), ["fifo", "file"])

    def test_import(self):
        self.serve({("POST", "/api/v1/import"): document(RUN, 201),
                    ("POST", "/api/v1/import?name=a%20%26b"): document(RUN, 201)})
        with tempfile.NamedTemporaryFile("w") as file:
            file.write('{"benchmarks": []}' + " " * 200000)
            file.flush()
            self.assertEqual(self.call("import", file.name).stdout, "3\n")
            self.assertEqual(len(self.server.seen[0][2]), 200018)
        self.assertEqual(json.loads(self.call("import", "-", "--name", "a &b", "--json", input="{}").stdout), RUN)
        self.assertEqual(self.server.seen[1][2], b"{}")
        dropped = RUN | {"results": [RESULT | {"dropped": [{"name": "hits", "why": "not a finite number"}]}]}
        self.serve({("POST", "/api/v1/import"): document(dropped, 201)})
        self.assertIn('mr/reg/hugetlb-1G/1GiB: left out "hits": not a finite number',
                      self.call("import", "-", input="{}").stderr)

    def test_import_of_a_comparison(self):
        """It is two runs, which compare takes as they are printed."""
        both = {"base": 7, "head": 8}
        self.serve({("POST", "/api/v1/import"): document(both, 201)})
        self.assertEqual(self.call("import", "-", input="{}").stdout, "7 8\n")
        self.assertEqual(json.loads(self.call("import", "-", "--json", input="{}").stdout), both)
        self.serve({("POST", "/api/v1/import"): document({"base": 7}, 201)})
        self.call("import", "-", status=3, input="{}")

    def test_refusals(self):
        self.serve({("POST", "/api/v1/runs"): problem(422, "20000 samples are too many", field="workloads[0].samples",
                                                      limit=10000),
                    ("GET", "/api/v1/runs"): (500, "text/html", b"<h1>sorry</h1>"),
                    ("GET", "/api/v1/runs/1"): (200, "application/json", b'{"id": 1, "id'),
                    ("GET", "/api/v1/runs/2"): (200, "application/json", b"")})
        self.assertIn("422: 20000 samples are too many (workloads[0].samples; limit 10000)",
                      self.call("run", "a", status=1).stderr)
        said = "name: 101 bytes, but at most 100 are allowed"
        self.server.answers["POST", "/api/v1/runs"] = problem(422, said, field="name", limit=100)
        self.assertTrue(self.call("run", "a", status=1).stderr.endswith(f"422: {said}\n"))
        self.assertIn("500", self.call("ls", status=1).stderr)
        self.assertIn("not JSON", self.call("show", "1", status=3).stderr)
        self.assertIn("not JSON", self.call("show", "2", status=3).stderr)

    def test_token(self):
        self.serve({("GET", "/api/v1/runs"): {"runs": [], "next": None}})
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("secret\n")
            file.flush()
            self.call("ls", "--token-file", file.name)
        self.assertEqual(self.server.seen[0][3]["Authorization"], "Bearer secret")


class Runs(PhyrctlTest):
    post = ("POST", "/api/v1/runs")
    wait = ("GET", "/api/v1/runs/3?wait=3600")
    events = ("GET", "/api/v1/runs/3/events")
    cancel = ("POST", "/api/v1/runs/3/cancel")

    def test_request(self):
        self.serve({self.post: document(RUN, 201)})
        options = ["--name", "größer", "--samples", "7", "--warmup", "0", "--device", "rxe0"]
        self.assertEqual(self.call("run", "--detach", *options, "a", "b").stdout, "3\n")
        item = {"device": "rxe0", "samples": 7, "warmup": 0}
        self.assertEqual(json.loads(self.server.seen[0][2]),
                         {"workloads": [{"workload": "a"} | item, {"workload": "b"} | item], "name": "größer"})
        self.assertEqual(json.loads(self.call("run", "a", "--detach", "--json").stdout), RUN)

    def test_what_is_not_utf8_is_not_left_out(self):
        self.serve({self.post: document(RUN, 201)})
        for arguments, what in ((["--device", b"r\xff"], "--device"), (["--name", b"\xff"], "--name"),
                                ([b"\xff"], "workload")):
            self.assertIn(f"{what} ", self.call("run", "--detach", "a", *arguments, status=1, errors="replace").stderr)
        self.assertEqual(self.server.seen, [])

    def test_a_daemon_that_does_not_answer(self):
        """It is given up, whatever it was asked; but not while it may take its time."""
        def silent():
            time.sleep(5)
            return document(RUN)
        self.serve({("GET", "/api/v1/runs"): silent, self.post: document(RUN, 201), self.wait: silent,
                    self.events: lambda: (200, "text/event-stream", iter(lambda: time.sleep(5) or b"", 0))})
        calls = [subprocess.Popen(self.command(*words, program=IMPATIENT),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                 for words in (["ls"], ["run", "a"])]
        self.assertEqual(self.on_terminal("run", "a", program=IMPATIENT)[0], 3)
        self.assertEqual([call.wait(20) for call in calls], [3, 0])
        self.assertIn("transferred the last 2 seconds", calls[0].stderr.read())
        for call in calls:
            call.stderr.close()

    def test_without_a_terminal_it_only_waits(self):
        answers = [document(RUN | {"state": "running"}), document(RUN)]
        self.serve({self.post: document(RUN | {"state": "queued", "results": []}, 201),
                    self.wait: lambda: answers.pop(0)})
        self.assertIn(" 8,615 ", self.call("run", "a").stdout)
        self.assertEqual([path for _, path, _, _ in self.server.seen],
                         ["/api/v1/runs"] + ["/api/v1/runs/3?wait=3600"] * 2)

    def test_what_was_not_measured_shows_in_the_status(self):
        for run in (RUN | {"results": [RESULT, ERROR]}, RUN | {"state": "aborted"}):
            self.serve({self.post: document(run, 201), self.wait: run})
            self.call("run", "a", status=2)
            self.assertEqual(json.loads(self.call("run", "a", "--json", status=2).stdout), run)

    def on_terminal(self, *arguments, signal_after=None, **more):
        """(status, what came on the terminal that is stderr)"""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
        process = subprocess.Popen(self.command(*arguments, **more), stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        seen, deadline = b"", time.monotonic() + 20
        while time.monotonic() < deadline and select.select([ours], [], [], 20)[0]:
            try:
                seen += os.read(ours, 4096)
            except OSError:
                break
            if signal_after and signal_after in seen:
                process.send_signal(signal.SIGINT)
                signal_after = None
        os.close(ours)
        process.stdout.close()
        return process.wait(20), seen.decode()

    def test_progress(self):
        stream = [event("progress", HEAD | {"state": "running", "finished": 0})[:30],
                  event("progress", HEAD | {"state": "running", "finished": 0})[30:],
                  event("result", {"index": 0, "result": RESULT | {"workload": "x" * 50}}), b": a comment\nid: 1\n\n",
                  event("progress", HEAD | {"state": "running", "finished": 1, "measuring": {
                      "workload": "mr/reg/thp/1GiB", "samples": 10, "of": 20}}).replace(b"\n", b"\r\n"),
                  event("end", HEAD)]
        self.serve({self.post: document(RUN, 201), self.events: (200, "text/event-stream", stream), self.wait: RUN})
        status, seen = self.on_terminal("run", "a")
        self.assertEqual(status, 0, seen)
        self.assertIn("\r\x1b[K[........................] 0/2 running", seen)
        self.assertIn("\r\x1b[K[##################......] 1/2 running, mr/reg/thp/1", seen)
        self.assertTrue(seen.endswith("\r\x1b[K"), repr(seen))
        self.assertLess(max(map(len, seen.split("\r\x1b[K"))), 60)

    def test_the_end_is_the_end(self):
        def stream():
            yield event("end", HEAD)
            time.sleep(8)
        self.serve({self.post: document(RUN, 201), self.events: lambda: (200, "text/event-stream", stream()),
                    self.wait: RUN})
        began = time.monotonic()
        self.assertEqual(self.on_terminal("run", "a")[0], 0)
        self.assertLess(time.monotonic() - began, 6)

    def test_a_daemon_that_ends(self):
        """It has answered all who wait; then it is gone."""
        def gone():
            raise ConnectionError
        answers = [document(RUN | {"state": "running"}), gone]
        self.serve({self.post: document(RUN | {"state": "queued", "results": []}, 201),
                    self.wait: lambda: (lambda one: one() if callable(one) else one)(answers.pop(0))})
        said = self.call("run", "a", status=3).stderr
        self.assertIn("phyrd has ended, or broke the connection off", said)
        self.assertIn("phyrctl show 3", said)

    def test_events_that_break_off(self):
        self.serve({self.post: document(RUN, 201), self.events: (200, "text/event-stream", [event("progress", HEAD)])})
        status, seen = self.on_terminal("run", "a")
        self.assertEqual(status, 3)
        self.assertIn("run 3: its events ended before it did", seen)

    def test_interrupt_cancels(self):
        def stream():
            yield event("progress", HEAD | {"state": "running"})
            time.sleep(8)
        self.serve({self.post: document(RUN, 201), self.cancel: document(RUN, 202),
                    self.events: lambda: (200, "text/event-stream", stream())})
        began = time.monotonic()
        status, seen = self.on_terminal("run", "a", signal_after=b"running")
        self.assertEqual(status, 130, seen)
        self.assertIn("run 3 is cancelled", seen)
        self.assertLess(time.monotonic() - began, 6)
        self.assertEqual(self.server.seen[-1][:2], self.cancel)


phyrd.main()
