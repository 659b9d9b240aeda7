# SPDX-License-Identifier: GPL-2.0-only
"""A suite is data: ours are valid, and what is wrong in one is said in a line."""

import json
import re
import tempfile
import unittest
from pathlib import Path

from ci import paths
from ci.comparison import suites

RUN = {"name": "mr", "samples": 9, "warmup": 3, "workloads": ["mr/{reg,dereg}/{backing}"], "backings": ["base/4KiB"]}
THRESHOLD = {"rows": "*", "percent": 1, "reason": "why"}


class SuitesTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def load(self, document: dict | str, name: str = "mine.json") -> suites.Suite:
        file = self.folder / name
        file.write_text(document if isinstance(document, str) else json.dumps(document))
        return suites.find(name, file)

    def assert_wrong(self, document: dict | str, *words: str):
        with self.assertRaises(suites.SuiteError) as caught:
            self.load(document)
        said = str(caught.exception)
        self.assertNotIn("\n", said)
        for word in ("mine.json: ", *words):
            self.assertIn(word, said)

    def test_ours(self):
        quick, full = (suites.find(name, Path("/nowhere")) for name in ("quick", "full"))
        self.assertLess(set(quick.names()), set(full.names()))
        self.assertTrue(full.programs)
        self.assertEqual(full.threshold("mr/reg/base/4KiB"), 0)

    def test_of_a_user(self):
        suite = self.load({"runs": [RUN], "thresholds": [THRESHOLD, THRESHOLD | {"rows": "mr/dereg/*", "percent": 3}]})
        self.assertEqual(suite.names(), ["mr/reg/base/4KiB", "mr/dereg/base/4KiB"])
        self.assertEqual([suite.threshold(name) for name in suite.names()], [1, 3])
        part = self.load({"of": "mine.json", "rows": ["mr/reg/*"]}, "part.json")
        self.assertEqual((part.names(), part.threshold("mr/reg/x")), (["mr/reg/base/4KiB"], 1))

    def test_mistakes(self):
        """The key, its value, and what is possible."""
        for change, words in (
                ({"sampels": 9}, ("runs[0].sampels: 9; possible: no such key; samples, or one of name, ",)),
                ({"samples": 0}, ("runs[0].samples: 0; possible: a whole number from 1 to 100000",)),
                ({"samples": True}, ("runs[0].samples: true",)),
                ({"iommu": "yes"}, ('runs[0].iommu: "yes"; possible: true, false',)),
                ({"kernels": ["stok"]}, ('runs[0].kernels[0]: "stok"; possible: stock, phyr',)),
                ({"backings": ["hugetlb-3M/4KiB"]}, ('runs[0].backings[0]: "hugetlb-3M/4KiB"; possible: one of base,',
                                                     "hugetlb-2M")),
                ({"backings": ["base/4kb"]}, ('runs[0].backings[0]: "base/4kb"; possible: ', "such as 64MiB")),
                ({"workloads": ["mrr/reg/{backing}"]}, ('runs[0].workloads[0]: "mrr/reg/{backing}"; possible: one of',
                                                        "uring")),
                ({"backings": []}, ("runs[0].backings: []; possible: a list with an entry",))):
            with self.subTest(change):
                self.assert_wrong({"runs": [RUN | change]}, *words)
        self.assert_wrong({"runs": [{"name": "x"}]}, "runs[0].samples: null; possible: it is missing")
        self.assert_wrong({"runs": [RUN, RUN]}, 'runs[].name: "mr"')
        self.assert_wrong({"runs": [RUN], "threshold": []}, "threshold: []; possible: no such key; thresholds, or")
        self.assert_wrong({"runs": [RUN], "thresholds": [THRESHOLD | {"percent": 101}]}, "thresholds[0].percent: 101")
        self.assert_wrong({"runs": [RUN], "thresholds": [{"rows": "*", "percent": 1}]}, "thresholds[0].reason: null")
        self.assert_wrong({"runs": [RUN], "programs": [{"name": "a b", "command": "x"}]}, 'programs[0].name: "a b"')
        for name in ("a/b", "..", "-x", "x" * 65, "ä", "phyrd", "phyrd.log", "job", "requests"):
            self.assert_wrong({"runs": [RUN | {"name": name}]}, f"runs[0].name: {json.dumps(name)}; possible: ")
            self.assert_wrong({"runs": [RUN], "programs": [{"name": name, "command": "x"}]}, "programs[0].name: ")
        twice = [{"name": "a", "command": command} for command in "xy"]
        self.assert_wrong({"runs": [RUN], "programs": twice}, 'programs[].name: "a"; possible: a name of its own')
        again = RUN | {"name": "again", "workloads": ["mr/reg/{backing}"]}
        self.assert_wrong({"runs": [RUN, again]}, 'runs[].workloads: "mr/reg/base/4KiB"; possible: a name of its own')
        self.load({"runs": [RUN, again | {"prefix": "siw:"}]})
        for entry, words in (({"rows": 7}, "rows: 7"), ({"figure": "yes"}, 'figure: "yes"; possible: true, false'),
                             ({"reason": ""}, 'reason: ""'), ({"reson": "x"}, 'reson: "x"; possible: no such key')):
            self.assert_wrong({"runs": [RUN], "inexact": [{"rows": "*", "reason": "x"} | entry]}, f"inexact[0].{words}")
        self.assert_wrong({"runs": [RUN], "inexact": ["x"]}, 'inexact[0]: "x"')
        self.assert_wrong("{", "is no JSON: ")
        self.assert_wrong([], "possible: an object with runs")

    def test_rows_that_are_in_no_run(self):
        self.load({"runs": [RUN]}, "whole.json")
        self.assert_wrong({"of": "whole.json", "rows": ["mr/reg/base/4KIB"]},
                          'rows[0]: "mr/reg/base/4KIB"; possible: a pattern of rows of whole.json, such as '
                          "mr/reg/base/4KiB")

    def test_of_a_file_that_is_of_another(self):
        self.load({"runs": [RUN]}, "whole.json")
        self.load({"of": "whole.json", "rows": ["*"]}, "part.json")
        for name in ("part.json", "mine.json"):
            self.assert_wrong({"of": name, "rows": ["*"]}, f'of: "{name}"; possible: a file with runs of its own')

    def test_a_form_by_itself(self):
        """Rows of bench are of both forms; here each is a row."""
        self.load({"runs": [RUN | {"workloads": ["gup/{pages,phyrs}/pin/{backing}"]}]}, "whole.json")
        for pattern, names in (("gup/pin/*", ["gup/pages/pin/base/4KiB", "gup/phyrs/pin/base/4KiB"]),
                               ("gup/phyrs/pin/*", ["gup/phyrs/pin/base/4KiB"])):
            self.assertEqual(self.load({"of": "whole.json", "rows": [pattern]}).names(), names)

    def test_what_is_possible_is_what_the_library_has(self):
        library = paths.ROOT / "userspace" / "lib"
        families = re.findall(r"&family_(\w+),", (library / "families.c").read_text())
        backings = re.findall(r'\[PHYR_BACKING_\w+\] = \{ "([\w-]+)"', (library / "backing.c").read_text())
        self.assertEqual((sorted(families), sorted(backings)), (sorted(suites.FAMILIES), sorted(suites.BACKINGS)))

    def test_no_file(self):
        with self.assertRaisesRegex(suites.SuiteError, "/nowhere/x.json: cannot be read: No such file"):
            suites.find("x.json", Path("/nowhere/x.json"))


if __name__ == "__main__":
    unittest.main()
