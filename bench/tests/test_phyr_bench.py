# SPDX-License-Identifier: GPL-2.0-only
"""phyr-bench on a kernel that takes the same time for every call, and on this machine, whatever it lacks."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import phyrd

sys.path.insert(0, str(Path(__file__).parents[2]))
from ci import compare  # noqa: E402: what else must understand the names

FAKE, REAL, phyrd.PROGRAM = sys.argv[1:]
COMPARE = "/usr/share/benchmark/compare.py"


def call(program, *arguments, **environment):
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60,
                          env=os.environ | environment)


def report(program, *arguments, **environment):
    """What it says; the exit status must be 1 if nothing could be measured, otherwise 0."""
    result = call(program, "--benchmark_min_time=0", "--benchmark_format=json", *arguments, **environment)
    document = json.loads(result.stdout)
    failed = all(row.get("error_occurred") for row in document["benchmarks"])
    assert result.returncode == failed, (result.returncode, result.stderr)
    return document


class Times(unittest.TestCase):
    def measured(self, name, **members):
        filter_ = f"--benchmark_filter=^{name}$"
        rows = report(FAKE, filter_)["benchmarks"]
        self.assertEqual([row["name"] for row in rows], [name])
        for member, value in members.items():
            self.assertAlmostEqual(rows[0][member], value, msg=member)
        return rows[0]

    def test_time_is_what_the_kernel_measured(self):
        for name, ns in (("gup/pages/pin/base/4KiB", 1000), ("gup/phyrs/unpin/base/64MiB", 500),
                         ("mr/reg/base/4KiB", 3000), ("mr/dereg/base/64MiB", 2000),
                         ("dma/sg/map/base/64MiB", 600), ("dma/phyrs/unmap/base/4KiB", 300),
                         ("crypto/sg/virtio/setup/base/4KiB", 7000), ("crypto/phyrs/soft-ctr/total/base/64KiB", 9000),
                         ("dio/null/pread/base/4KiB", 5000), ("dio/nvme/read/base/1MiB", 6000),
                         ("dio/virtio/submit/base/4KiB", 2500), ("dio/nvme/fixed/base/4KiB", 1500),
                         ("uring/register/base/4KiB", 3000), ("uring/unregister/base/1MiB", 800)):
            self.measured(f"{name}/manual_time", real_time=ns, time_unit="ns", seconds_per_call=ns / 1e9)

    def test_bytes_per_second(self):
        self.measured("rdma/write/base/64KiB/manual_time", real_time=4000, bytes_per_second=65536 / 4e-6)

    def test_a_few_slow_calls_are_not_the_figure(self):
        """As in phyrd, whose figure is the median."""
        for nth, ns in (("10", 3000), ("1", 3000000)):
            rows = report(FAKE, "--benchmark_filter=^mr/reg/base/4KiB/manual_time$", "--benchmark_min_time=0.001",
                          FAKE_SLOW=nth)["benchmarks"]
            self.assertGreater(rows[0]["iterations"], 10 if nth == "10" else 0)
            self.assertAlmostEqual(rows[0]["real_time"], ns)

    def test_several_threads(self):
        """Without hugepages the contended benchmarks have no memory, so this needs a pool, or is skipped."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skipTest("one CPU")
        name = "mr/reg/hugetlb-2M/2MiB/own/manual_time/threads:2"
        if "error_occurred" in report(FAKE, f"--benchmark_filter=^{name}$")["benchmarks"][0]:
            self.skipTest("no free hugepages of 2 MiB")
        self.measured(name, real_time=1500, seconds_per_call=3e-6, threads=2)


class Flags(unittest.TestCase):
    def test_device(self):
        for name, error in (("fake0", None), ("fake9", 'no RDMA device "fake9"')):
            rows = report(FAKE, f"--device={name}", "--benchmark_filter=^mr/reg/base/4KiB/manual_time$")["benchmarks"]
            self.assertEqual([row.get("error_message") for row in rows], [error])
        self.assertIn("--device=NAME", call(FAKE, "--help").stdout)

    def test_file(self):
        filter_ = "--benchmark_filter=^dio/null/pread/base/4KiB/manual_time$"
        for path, error in (("/dev/fake", None), ("/dev/none", 'no file or block device "/dev/none"')):
            row, = report(FAKE, f"--file={path}", filter_)["benchmarks"]
            self.assertEqual(row.get("error_message"), error)
        for path, error in (("/dev/zero", "neither a regular file nor a block device"),
                            ("dev/sda", "no absolute path")):
            row, = report(REAL, f"--file={path}", filter_)["benchmarks"]
            self.assertIn(error, row["error_message"])
        self.assertIn("--file=PATH", call(FAKE, "--help").stdout)

    def test_wrong_calls(self):
        self.assertEqual(call(FAKE, "--nonsense").returncode, 1)
        self.assertEqual(call(FAKE, "--benchmark_filter=nothing").returncode, 1)

    def test_repetitions_and_compare(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder) / name) for name in ("base.json", "head.json")]
            for file in files:
                report(FAKE, "--benchmark_repetitions=9", "--benchmark_filter=^mr/reg/base/4KiB/manual_time$",
                       f"--benchmark_out={file}", "--benchmark_out_format=json")
            document = json.loads(Path(files[0]).read_text())
            iterations = [row for row in document["benchmarks"] if row["run_type"] == "iteration"]
            self.assertEqual(len(iterations), 9)
            # Debian's own Python, for which Debian's scipy is.
            compared = call("/usr/bin/python3", COMPARE, "--no-color", "benchmarks", *files)
            self.assertEqual(compared.returncode, 0, compared.stderr)
            self.assertRegex(compared.stdout, r"(?m)^mr/reg/base/4KiB/manual_time_median +\+0\.0000 .* 3000 +3000 ")
            self.assertIn("mr/reg/base/4KiB/manual_time_pvalue", compared.stdout)


class Failures(unittest.TestCase):
    """Google Benchmark aborts if the first of several repetitions is skipped, or some have other iterations."""

    def check(self, name, failing, *arguments, calls=1):
        """calls: of the failing function in each repetition"""
        for nth in range(1, 5):
            with self.subTest(failing=failing, nth=nth):
                rows = report(FAKE, f"--benchmark_filter=^{name}$", "--benchmark_repetitions=5", *arguments,
                              FAKE_FAILURE=f"{failing}:{(nth - 1) * calls + 1}")["benchmarks"]
                repetitions = [row for row in rows if row["run_type"] == "iteration"]
                self.assertEqual([row.get("error_message") for row in repetitions],
                                 [None if index < nth else f"{failing} fails as it was told" for index in range(1, 6)])
                self.assertEqual(len(rows) - 5, 4 if nth > 2 else 0)    # mean, median, stddev, cv
                self.assertEqual(len({row["iterations"] for row in repetitions}), 1)

    def test_before_the_first_iteration(self):
        rows = report(FAKE, "--benchmark_filter=^mr/reg/base/4KiB/manual_time$", "--benchmark_repetitions=3",
                      FAKE_FAILURE="phyr_device_open:1")["benchmarks"]
        self.assertEqual([row.get("error_message") for row in rows], 3 * ["phyr_device_open fails as it was told"])
        self.check("gup/pages/pin/base/4KiB/manual_time", "phyr_test_open", calls=2)

    def test_in_an_iteration(self):
        self.check("mr/reg/base/4KiB/manual_time", "phyr_mr_register")

    def test_in_a_batch(self):
        self.check("gup/pages/pin/base/4KiB/manual_time", "phyr_gup_bench")

    def test_batches_are_not_rounded_up(self):
        """Iterations that are not whole batches, and as many in a repetition that fails in the first of them."""
        many = ("--benchmark_min_time=0.00004", "--benchmark_filter=^gup/pages/pin/base/4KiB/manual_time$",
                "--benchmark_repetitions=3")
        iterations = {row["iterations"] for row in report(FAKE, *many)["benchmarks"] if row["run_type"] == "iteration"}
        self.assertEqual(len(iterations), 1)
        most = iterations.pop()
        self.assertGreater(most, 16)
        self.assertTrue(most % 16, most)
        for nth in range(3, 20):
            rows = report(FAKE, *many, FAKE_FAILURE=f"phyr_gup_bench:{nth}")["benchmarks"]
            self.assertEqual(len({row["iterations"] for row in rows if row["run_type"] == "iteration"}), 1, nth)

    def test_what_is_missing(self):
        rows = report(FAKE, "--benchmark_filter=soft-cbc.*base")["benchmarks"]
        self.assertEqual({row["error_message"] for row in rows}, {'this kernel has no cipher "cbc-aes-lib"'})


class Import(phyrd.PhyrdTest):
    def load(self, document):
        status, _, run = self.phyrd.post(document, "/import")
        self.assertEqual(status, 201, run)
        return run

    def test_into_phyrd(self):
        run = self.load(report(FAKE, "--benchmark_repetitions=5", "--benchmark_filter=base/4KiB"))
        medians = {result["workload"]: result["stats"]["median"] for result in run["results"]}
        self.assertEqual((run["state"], run["kernel"]), ("done", os.uname().release))
        self.assertEqual(medians["mr/reg/base/4KiB"], 3000)
        self.assertEqual(medians["gup/phyrs/unpin/base/4KiB"], 500)
        self.assertEqual({result["stats"]["n"] for result in run["results"]}, {5})

    def test_names_are_those_of_the_catalogue(self):
        """What one thread measures has the name that phyrd gives it."""
        patterns = [family["schema"]["properties"]["workload"]["pattern"]
                    for family in self.phyrd.get("/workloads")[2]["workloads"]]
        families = set()
        for result in self.load(report(FAKE))["results"]:
            name = re.sub("/(shared|own)(/threads:[0-9]+)?$", "", result["workload"])
            families.add(name.split("/")[0])
            self.assertTrue(any(re.search(pattern, name) for pattern in patterns), name)
        self.assertEqual(families, {"gup", "mr", "rdma", "dma", "crypto", "dio", "uring"})

    def test_into_our_own_comparison(self):
        results = self.load(report(FAKE))["results"]
        both = [result for result in results if not compare.split_representation(result["workload"])]
        rows = {row["name"]: row for row in compare.rows(both, results, [])}
        both = dict.fromkeys(("sg", "phyrs"), {"median": 600, "min": 600, "max": 600, "n": 1})
        self.assertEqual(rows["dma/map/base/4KiB"], {"name": "dma/map/base/4KiB", "unit": "ns", "ratio": 1.0, **both})
        self.assertEqual(rows["mr/reg/base/4KiB"]["phyr"]["median"], 3000)
        self.assertIn("crypto/virtio/setup/base/4KiB", compare.table(list(rows.values()), "native"))

    def test_what_was_skipped_says_why(self):
        document = report(REAL)
        reasons = {row["error_message"] for row in document["benchmarks"] if row.get("error_occurred")}
        told = {result["error"]["message"] for result in self.load(document)["results"] if "error" in result}
        self.assertEqual(told, reasons)


class Machine(unittest.TestCase):
    def test_all_are_measured_or_say_why_not(self):
        listed = call(REAL, "--benchmark_list_tests").stdout.split()
        document = report(REAL)
        self.assertEqual([row["name"] for row in document["benchmarks"]], listed)
        for row in document["benchmarks"]:
            if row.get("error_occurred"):
                self.assertGreater(len(row["error_message"]), 20, row)
            else:
                self.assertGreater(row["real_time"], 0, row)

    def test_context(self):
        context = report(REAL, "--benchmark_filter=base/4KiB")["context"]
        self.assertEqual(context["kernel"], os.uname().release)
        self.assertTrue(context["clock"])


phyrd.main()
