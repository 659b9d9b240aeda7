# SPDX-License-Identifier: GPL-2.0-only
"""What phyrd found on a distribution's kernel is judged row by row."""

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import distribution as debian
from ci import paths
from ci.entries import distribution


def row(name: str, median: float = 9.0, **more: object) -> dict:
    return {"workload": name, "stats": {"median": median}} | more


class DistributionTest(unittest.TestCase):
    def rows(self) -> list[dict]:
        return [row(workload["workload"]) for workload in distribution.body("af_alg")["workloads"]]

    def test_requests_name_each_workload_once_and_the_device_where_there_is_one(self):
        workloads = distribution.body("mr")["workloads"]
        self.assertEqual(len({workload["workload"] for workload in workloads}), 8)
        self.assertEqual({workload["device"] for workload in workloads}, {"rxe0"})
        self.assertEqual([workload["workload"] for workload in distribution.body("af_alg")["workloads"]],
                         [f"af_alg/{mode}/encrypt/base/64KiB" for mode in ("cbc", "ctr", "xts")])

    def test_all_rows_with_figures_are_right(self):
        self.assertEqual(distribution.measured("af_alg", {"results": self.rows()}), [])

    def test_a_row_that_is_not_there_failed_or_is_nothing_is_a_failure(self):
        first, second, third = self.rows()
        name = first["workload"]
        for run, said in ([second, third], "not measured"), ([first | {"error": "ENOMEM"}, second, third], "ENOMEM"), \
                ([row(name, 0), second, third], "no figure"), ([{"workload": name}, second, third], "no figure"):
            with self.subTest(said):
                self.assertEqual(distribution.measured("af_alg", {"results": run}), [f"{name}: {said}"])

    def test_a_family_that_is_not_there_says_what_is_missing(self):
        def judge(**family: object) -> list[str]:
            return distribution.missing("gup_test", [{"family": "gup"}, {"family": "gup_test"} | family])

        self.assertEqual(judge(available=False, reason="the kernel is without CONFIG_GUP_TEST"), [])
        self.assertEqual(judge(available=True), ["gup_test can be measured, it says"])
        self.assertEqual(len(judge(available=False, reason="no")), 1)

    def test_each_part_is_a_test(self):
        with tempfile.TemporaryDirectory() as folder:
            results = Path(folder)
            families = [{"family": "gup", "available": False, "reason": "no /dev/phyr_test"}]
            (results / "workloads.json").write_text(json.dumps({"workloads": families}))
            (results / "af_alg.json").write_text(json.dumps({"results": self.rows()[1:]}))
            tally = distribution.tally_of(results, ("af_alg", "gup"))
        self.assertEqual((tally.passed, len(tally.failures)), (1, 1))


class PackageTest(unittest.TestCase):
    def asked(self, said: str) -> str:
        with mock.patch.object(debian, "run", return_value=said):
            return debian.package()

    def test_the_kernel_is_the_one_that_the_metapackage_depends_on(self):
        self.assertEqual(self.asked("linux-image-amd64\n  Depends: linux-image-6.1.0-57-amd64\n"),
                         "linux-image-6.1.0-57-amd64")

    def test_an_archive_without_one_is_an_error_with_its_cure(self):
        with self.assertRaisesRegex(debian.DistributionError, "apt-get update"):
            self.asked("linux-image-amd64\n")

    def test_a_command_that_fails_is_named(self):
        with self.assertRaisesRegex(debian.DistributionError, "^false: .*; cure"):
            debian.run(["false"], paths.ROOT, "; cure")

    def test_without_an_archive_the_newest_that_is_here_is_taken(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(debian, "FOLDER", Path(folder)), \
                mock.patch.object(debian, "note") as noted, \
                mock.patch.object(debian, "run", side_effect=debian.DistributionError("no archive")):
            with self.assertRaisesRegex(debian.DistributionError, "no archive"):
                debian.unpacked()
            for name in ("linux-image-6.1.0-9-amd64", "linux-image-6.1.0-57-amd64", "new"):
                (Path(folder) / name).mkdir()
            self.assertEqual(debian.unpacked().package, "linux-image-6.1.0-57-amd64")
            self.assertRegex(noted.call_args.args[0], "57-amd64 is used, .*: no archive")

    def test_an_interrupted_fetch_leaves_nothing_that_counts(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(debian, "FOLDER", Path(folder)), \
                mock.patch.object(debian, "package", return_value="linux-image-1"), \
                mock.patch.object(debian, "run", side_effect=KeyboardInterrupt):
            with self.assertRaises(KeyboardInterrupt):
                debian.unpacked()
            self.assertFalse((Path(folder) / "linux-image-1").exists())


if __name__ == "__main__":
    unittest.main()
