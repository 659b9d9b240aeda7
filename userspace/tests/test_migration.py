# SPDX-License-Identifier: GPL-2.0-only
"""Databases of an earlier phyrd are brought to today's format, on a full disk, too."""

import json
import os
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

import phyrd

JSON = {"Content-Type": "application/json"}
JOURNAL_BYTES = 262144                  # that phyrd keeps beside a database


class Migration(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "runs.db"

    def first_format(self):
        """A database as a phyrd left it that knew neither tags nor notes."""
        database = sqlite3.connect(self.path)
        database.executescript((Path(__file__).parent / "format_1.sql").read_text())
        database.close()

    def serve(self, **options):
        daemon = phyrd.Phyrd("--database", str(self.path), **options)
        self.addCleanup(daemon.kill)
        return daemon

    def check_runs(self, daemon):
        """What the first format has in it."""
        runs = daemon.get("/runs")[2]["runs"]
        self.assertEqual([(run["id"], run["name"], run["state"]) for run in runs],
                         [(3, "", "aborted"), (2, "imported", "done"), (1, "größer", "done")])
        self.assertEqual(runs[0]["reason"], "phyrd ended before the run did")
        results = daemon.get("/runs/1/samples")[2]["results"]
        self.assertEqual(results[0]["samples"], [1, 2, 3])
        self.assertEqual(results[1]["error"]["errno"], "ENOMEM")
        self.assertEqual(daemon.get("/runs/1/request")[0], 404)

    def tag(self, daemon, run):
        return daemon.request("PATCH", f"/api/v1/runs/{run}", json.dumps({"tags": ["old"]}).encode(), JSON)

    def stored(self, query):
        database = sqlite3.connect(self.path)
        self.addCleanup(database.close)
        return database.execute(query).fetchall()

    def test_from_the_first_format(self):
        self.first_format()
        daemon = self.serve()
        self.check_runs(daemon)
        self.assertEqual(self.tag(daemon, 1)[0], 200)
        self.assertEqual(daemon.start("count/up/base/4KiB"), 4)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.serve()
        self.assertEqual(daemon.get("/runs/1")[2]["tags"], ["old"])
        self.assertEqual(daemon.request("DELETE", "/api/v1/runs/1")[0], 204)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.stored("PRAGMA user_version"), [(2,)])
        self.assertEqual(self.stored("SELECT run FROM about"), [(4,)])


@unittest.skipIf(os.geteuid(), "only root can mount")
class FullDisk(Migration):
    def setUp(self):
        super().setUp()
        disk = self.path.parent
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.filler = disk / "filler"

    def fill(self):
        with self.filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def test_from_the_first_format(self):
        """A journal that phyrd has left is all the room it needs."""
        self.first_format()
        with open(f"{self.path}-journal", "wb") as journal:
            os.posix_fallocate(journal.fileno(), 0, JOURNAL_BYTES)
        self.fill()
        daemon = self.serve()
        self.check_runs(daemon)
        self.assertEqual(daemon.request("GET", "/healthz")[0], 200)
        self.assertEqual(self.tag(daemon, 1)[0], 200)
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.stored("PRAGMA user_version"), [(2,)])
        self.assertEqual(self.stored("SELECT state FROM runs WHERE id = 3"), [("aborted",)])
        self.filler.unlink()
        self.assertEqual(self.serve().stop(), 0)
        self.assertEqual(self.stored("SELECT name FROM sqlite_schema WHERE name = 'runs_state'"), [("runs_state",)])

    def test_without_a_journal_it_is_read(self):
        """Until there is room, which needs no new start."""
        self.first_format()
        self.fill()
        with open(self.path.parent.parent / f"{self.path.parent.name}.log", "w+") as log:
            self.addCleanup(os.unlink, log.name)
            daemon = self.serve(stderr=log)
            log.seek(0)
            words = "has format 1 and needs room for format 2: make 64 KiB on its file system"
            self.assertRegex(log.read(), words)
        self.check_runs(daemon)
        status, _, problem = daemon.request("GET", "/healthz")
        self.assertEqual(status, 503)
        self.assertIn(words, problem["detail"])
        for status, _, problem in (self.tag(daemon, 1), daemon.post({"workloads": ["count/up/base/4KiB"]}),
                                   daemon.post({"context": {}, "benchmarks": [{"name": "x", "real_time": 1}]},
                                               "/import")):
            self.assertEqual(status, 507)
            self.assertIn(words, problem["detail"])
        self.assertEqual(daemon.get("/export?run=1")[0], 200)
        with self.filler.open("r+b") as file:
            file.truncate(self.filler.stat().st_size - 65536)
        self.assertEqual(self.tag(daemon, 3)[0], 200)
        self.assertEqual(daemon.request("GET", "/healthz")[0], 200)
        run = daemon.get("/runs/3")[2]
        self.assertEqual((run["tags"], run["state"]), (["old"], "aborted"))
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.stored("PRAGMA user_version"), [(2,)])
        self.assertEqual(self.stored("SELECT run, tags FROM about"), [(3, "old")])
        self.assertEqual(self.stored("SELECT state FROM runs WHERE id = 3"), [("aborted",)])


phyrd.main()
