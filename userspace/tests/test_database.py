# SPDX-License-Identifier: GPL-2.0-only
"""Runs outlive the daemon, and trouble with their database is said in words."""

import os
import random
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import phyrd

KILLS = 50
# What a killed daemon had written is the kernel's, on any file system; on a disk it only takes longer.
MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None


class Database(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(dir=MEMORY)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.path = self.folder / "runs.db"

    def serve(self, *arguments, **options):
        daemon = phyrd.Phyrd("--database", str(self.path), *arguments, **options)
        self.addCleanup(daemon.kill)    # whom a failure leaves behind: meson would wait for it
        return daemon

    def refused(self, word, **options):
        self.assertIn(word, phyrd.fail_to_start("--database", str(self.path), **options))

    def filled(self, runs=3):
        """A database with runs in it, closed."""
        daemon = self.serve()
        for _ in range(runs):
            daemon.measure("count/up/base/4KiB", samples=10000)
        self.assertEqual(daemon.stop(), 0)


class Persistence(Database):
    def test_runs_are_there_again(self):
        daemon = self.serve()
        run = daemon.measure("count/up/base/4KiB", "fail/once/base/4KiB", samples=100)
        samples = daemon.get("/runs/1/samples")[2]
        self.assertEqual(daemon.stop(), 0)
        daemon = self.serve()
        self.assertEqual(daemon.get("/runs/1")[2], run)
        self.assertEqual(daemon.get("/runs/1/samples")[2], samples)
        self.assertEqual(daemon.start("count/up/base/4KiB"), 2)
        self.assertEqual(daemon.stop(), 0)

    def test_sigterm_in_mid_run(self):
        daemon = self.serve()
        daemon.start("count/up/base/4KiB", "nap/once/base/4KiB", samples=5000)
        daemon.start("count/up/base/4KiB")
        while daemon.get("/runs/1")[2]["finished"] < 1:
            time.sleep(0.01)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.serve()
        run = daemon.get("/runs/1")[2]
        self.assertEqual((run["state"], run["reason"], run["finished"]), ("aborted", "phyrd was told to end", 2))
        self.assertEqual(run["results"][0]["stats"]["n"], 5000)
        self.assertEqual(run["results"][1]["error"]["errno"], "ECANCELED")
        run = daemon.get("/runs/2")[2]
        self.assertEqual((run["state"], run["reason"], run["results"]),
                         ("aborted", "phyrd ended before the run did", []))
        self.assertEqual(daemon.stop(), 0)

    def test_without_a_database_runs_end_with_the_daemon(self):
        daemon = phyrd.Phyrd()
        daemon.measure("count/up/base/4KiB")
        self.assertEqual(daemon.stop(), 0)
        daemon = phyrd.Phyrd()
        self.assertEqual(daemon.get("/runs")[2]["runs"], [])
        self.assertEqual(daemon.stop(), 0)

    def test_killed_in_mid_run(self):
        """50 times, at any moment: no run that was said to have ended is lost, the one under way is aborted."""
        dice = random.Random(1)
        ended, aborted = {}, 0
        for _ in range(KILLS):
            daemon = self.serve()
            shown = {run["id"]: run["state"] for run in daemon.get("/runs?limit=200")[2]["runs"]}
            for run, state in ended.items():
                self.assertEqual(shown.get(run), state)
            self.assertFalse({"queued", "running"} & set(shown.values()))
            for run in range(max(ended, default=0) + 1, max(shown, default=0) + 1):
                self.assertIn(shown[run], ("aborted", "done"))
                aborted += shown[run] == "aborted"
                ended[run] = shown[run]
            run = daemon.measure("count/up/base/4KiB", samples=2000)
            ended[run["id"]] = run["state"]
            for _ in range(3):
                daemon.start("count/up/base/4KiB", "nap/once/base/4KiB", "count/down/base/4KiB", samples=3)
            time.sleep(dice.uniform(0, 0.15))
            daemon.kill()
        self.assertGreater(aborted, KILLS // 2)
        daemon = self.serve()
        for run, state in ended.items():
            if state == "done":
                samples = daemon.get(f"/runs/{run}/samples")[2]["results"][0]["samples"]
                self.assertIn(samples, (list(range(1, 2001)), [1, 2, 3]))
        self.assertEqual(daemon.stop(), 0)

    @unittest.skipIf(os.environ.get("PHYR_SANITIZER", "none") != "none", "a sanitized program takes longer")
    def test_as_many_runs_as_may_be(self):
        """Nobody waits long for those who look at all of them."""
        self.filled(1)
        other = sqlite3.connect(self.path)
        columns = "name, imported, state, workloads, finished, created_ns, kernel, clock, context"
        other.execute(f"INSERT INTO runs ({columns}) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                      "WHERE i < 99990) SELECT 'x', 1, 'done', 1, 0, i, '7.3.4', 'native', '{}' FROM n")
        other.commit()
        other.close()
        daemon = self.serve("--history", "100000")
        for path in ("/metrics", "/api/v1/runs?limit=200"):
            taken = []
            for _ in range(10):
                began = time.monotonic()
                response, connection = daemon.open("GET", path)
                response.read()
                connection.close()
                taken.append(1000 * (time.monotonic() - began))
            print(f"# {path} of 99,991 runs: {min(taken):.1f} ms at least")
            self.assertLess(min(taken), 10, path)
        self.assertEqual(daemon.stop(), 0)


class Trouble(Database):
    def test_no_such_folder(self):
        self.path = self.folder / "nowhere" / "runs.db"
        self.refused("No such file or directory")

    def test_no_file(self):
        self.path = self.folder
        self.refused("is not a file")
        self.path = Path("/dev/null")
        self.refused("is not a file")

    def test_names_that_mean_something_to_sqlite(self):
        for name in (":memory:", "file:x?mode=memory"):
            self.path = name
            daemon = self.serve(cwd=self.folder)
            daemon.measure("count/up/base/4KiB")
            self.assertEqual(daemon.stop(), 0)
            self.assertTrue((self.folder / name).stat().st_size)

    def test_in_use(self):
        daemon = self.serve()
        self.refused("is open in another process")
        daemon.measure("count/up/base/4KiB")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(self.serve().stop(), 0)

    def test_not_a_database(self):
        for content in (b"a text file, longer than the header of a database" * 10, os.urandom(5000), b"x" * 100):
            self.path.write_bytes(content)
            self.refused("is corrupted (")
            self.assertEqual(self.path.read_bytes(), content)

    def test_of_another_program(self):
        other = sqlite3.connect(self.path)
        other.execute("CREATE TABLE runs (a)")
        other.close()
        self.refused("is not a database of phyrd")

    def test_without_a_table_or_a_column(self):
        for damage in ("DROP TABLE results", "DROP TABLE runs", "ALTER TABLE runs DROP COLUMN clock"):
            with self.subTest(damage=damage):
                self.path.unlink(missing_ok=True)
                self.filled(1)
                other = sqlite3.connect(self.path)
                other.execute(damage)
                other.commit()
                other.close()
                self.refused("lacks what phyrd keeps in it (no such")

    @unittest.skipIf(os.geteuid(), "only root can mount")
    def test_a_full_disk_can_be_freed(self):
        """By deleting runs, small ones and large, until there is room again."""
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6M", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.path = disk / "runs.db"
        daemon = self.serve()
        long = [{"name": f"{n}" + "x" * 190, **{f"p{i}": "y" *
                                                150 for i in range(30)}, "real_time": n} for n in range(200)]
        small = [{"name": "x", "real_time": n} for n in range(20000)]
        for rows in (long, small):
            while daemon.post({"context": {"kernel": "k"}, "benchmarks": rows}, "/import")[0] == 201:
                pass
        with (disk / "filler").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        runs = daemon.get("/runs?limit=200")[2]["runs"]
        self.assertGreater(len(runs), 3)
        for run in runs:
            self.assertEqual(daemon.request("DELETE", f"/api/v1/runs/{run['id']}")[0], 204, run["id"])
        self.assertEqual(daemon.get("/runs")[2]["runs"], [])
        self.assertEqual(daemon.post({"context": {"kernel": "k"}, "benchmarks": small}, "/import")[0], 201)
        self.assertEqual(daemon.stop(), 0)

    def test_of_another_version(self):
        self.filled(1)
        other = sqlite3.connect(self.path)
        other.execute("PRAGMA user_version = 3")
        other.close()
        self.refused("has format 3, but this phyrd knows formats up to 2")

    def test_corrupted(self):
        """Wherever a page is destroyed the daemon either says so or serves what is whole; it never crashes."""
        self.filled()
        good = self.path.read_bytes()
        refused = 0
        for page in range(0, len(good) // 4096, 5):
            bad = bytearray(good)
            bad[page * 4096:(page + 1) * 4096] = os.urandom(4096)
            self.path.write_bytes(bad)
            result = subprocess.Popen([phyrd.PROGRAM, "--listen", "127.0.0.1:0", "--database", str(self.path)],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if result.stdout.readline():
                result.send_signal(signal.SIGTERM)
                self.assertEqual(result.wait(20), 0)
            else:
                self.assertEqual(result.wait(20), 1)
                self.assertIn("corrupted", result.stderr.read())
                refused += 1
            result.stdout.close()
            result.stderr.close()
        self.assertGreater(refused, 1)

    def test_truncated(self):
        self.filled()
        good = self.path.read_bytes()
        for size in (1, 50, 100, 4095, 4097, len(good) // 2, len(good) - 4096):
            with self.subTest(size=size):
                self.path.write_bytes(good[:size])
                self.refused("corrupted")

    def test_corrupted_while_it_is_served(self):
        """Reading what is no longer there is an error of that request alone."""
        daemon = self.serve("--history", "100")
        for _ in range(4):
            daemon.measure(*["count/up/base/4KiB"] * 20, samples=10000)
        self.assertEqual(daemon.stop(), 0)
        daemon = self.serve()
        size = self.path.stat().st_size
        with self.path.open("r+b") as file:
            file.seek(4096 * 40)
            file.write(os.urandom(size - 4096 * 60))
        answers = []
        for run in range(1, 5):
            response, connection = daemon.open("GET", f"/api/v1/runs/{run}/samples")
            try:
                response.read()
            except Exception as error:      # broken off in the middle: the status was sent before
                answers.append(type(error).__name__)
            answers.append(response.status)
            connection.close()
        self.assertTrue({500, "IncompleteRead"} & set(answers), answers)
        self.assertEqual(daemon.get("/system")[0], 200)
        daemon.process.send_signal(signal.SIGTERM)
        self.assertIn(daemon.process.wait(20), (0,))
        daemon.process.stdout.close()

    @unittest.skipIf(os.geteuid(), "only root can become another user")
    def test_read_only(self):
        self.filled(1)
        self.folder.chmod(0o755)
        self.path.chmod(0o444)
        self.refused("is read-only: phyrd must be able to write it and its directory", user=65534, group=65534)

    @unittest.skipIf(os.geteuid(), "only root can mount")
    def test_full_disk(self):
        disk = self.folder / "disk"
        disk.mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.path = disk / "runs.db"
        daemon = self.serve()
        kept = daemon.measure("count/up/base/4KiB", samples=1000)
        lost = daemon.measure(*["count/up/base/4KiB"] * 20, samples=10000)
        self.assertEqual((lost["state"], lost["results"]), ("failed", []))
        self.assertRegex(lost["reason"], "^the results could not be stored: database .* is full: make room")
        status, _, problem = daemon.request("GET", "/healthz")
        self.assertEqual(status, 503)
        self.assertIn("is full", problem["detail"])
        self.assertEqual(daemon.get(f"/runs/{kept['id']}")[2], kept)

        filler = disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        status = 201
        for _ in range(2000):               # until what the database had in reserve is used up
            status, _, problem = daemon.post({"workloads": [{"workload": "fail/once/base/4KiB"}]})
            if status == 507:
                break
            daemon.get(f"/runs/{problem['id']}?wait=10")
        self.assertEqual(status, 507, problem)
        filler.unlink()
        self.assertEqual(daemon.measure("count/up/base/4KiB")["state"], "done")
        self.assertEqual(daemon.request("GET", "/healthz")[0], 200)
        self.assertEqual(daemon.get(f"/runs/{lost['id']}")[2]["state"], "failed")
        self.assertEqual(daemon.stop(), 0)
        daemon = self.serve()
        self.assertEqual(daemon.get(f"/runs/{kept['id']}")[2], kept)
        self.assertEqual(daemon.get(f"/runs/{lost['id']}")[2]["reason"], lost["reason"])
        self.assertEqual(daemon.stop(), 0)


phyrd.main()
