# SPDX-License-Identifier: GPL-2.0-only
"""The guest's measuring job, with programs that say what they are asked."""

import json
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from ci import bench, paths, vm

CURL = """#!/bin/sh
echo "$*" >>asked
case "$*" in *-D*) echo 'Location: /api/v1/runs/7' ;; esac
while [ "$1" ]; do [ "$1" = -o ] && echo x >"$2"; shift; done
"""


class PlanTest(unittest.TestCase):
    def test_the_daemon_takes_all_rows_of_a_kernel_as_one_run(self):
        """As ./phyr serve loads them."""
        limits = (paths.ROOT / "userspace/programs/phyrd/limits.h").read_text()
        most = int(re.search(r"^#define LIMIT_WORKLOADS (\d+)$", limits, re.M)[1])
        plan = json.loads(bench.WORKLOADS.read_text())
        for which in bench.KERNELS:
            bodies = [body for features in bench.MACHINES
                      for body in bench.requests(plan, which.tree, features).values()]
            self.assertLessEqual(sum(len(body["workloads"]) for body in bodies), most)


class ReadTest(unittest.TestCase):
    PLAN = {"runs": [{"name": "drives", "prefix": "small:"}]}

    def read(self, state: str) -> tuple[list[dict], dict]:
        with tempfile.TemporaryDirectory() as scratch:
            outcome = vm.Outcome(0, 1.0, Path(scratch))
            outcome.results.mkdir()
            run = {"name": "drives", "state": state,
                   "results": [{"workload": "dio/nvme/read/thp/2MiB", "error": {"errno": "ETIMEDOUT"}}]}
            (outcome.results / "00-drives.json").write_text(json.dumps(run))
            (outcome.results / "00-drives.json.export").write_text(json.dumps({"context": {}, "benchmarks": []}))
            return bench.read(outcome, self.PLAN, "requests/00-drives.json")

    def test_a_run_that_has_failed_is_rows_without_figures(self):
        results, _export = self.read("failed")
        self.assertEqual(results, [{"workload": "small:dio/nvme/read/thp/2MiB", "error": {"errno": "ETIMEDOUT"}}])

    def test_a_run_that_did_not_end_is_an_error(self):
        with self.assertRaisesRegex(bench.BenchError, "^run drives ended as cancelled$"):
            self.read("cancelled")


class JobTest(unittest.TestCase):
    def asked(self, *requests: str) -> list[str]:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            for name, text in (("curl", CURL), ("phyrd", "#!/bin/sh\n")):
                (folder / name).write_text(text)
                (folder / name).chmod(0o755)
            (folder / "requests").mkdir()
            for name in requests:
                (folder / "requests" / name).touch()
            run = subprocess.run(["sh", "-c", bench.JOB.replace("/results", scratch)], cwd=folder, capture_output=True,
                                 text=True, env={"PATH": f"{folder}:/usr/bin:/bin"})
            self.assertEqual((run.returncode, run.stderr), (0, ""))
            return (folder / "asked").read_text().splitlines()

    def test_each_request_is_a_run(self):
        asked = self.asked("00-a.json", "01-b.json")
        self.assertEqual(len([line for line in asked if "--data-binary" in line]), 2)
        self.assertEqual(len([line for line in asked if "/export?run=7" in line]), 2)

    def test_without_requests_there_is_nothing_to_do(self):
        self.assertEqual(len(self.asked()), 1)


if __name__ == "__main__":
    unittest.main()
