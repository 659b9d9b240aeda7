# SPDX-License-Identifier: GPL-2.0-only
"""A file that looks like a test is one, and nothing else is."""

import tempfile
import unittest
from pathlib import Path

from ci import test_names

FILES = {
    "userspace/tests/test_size.c": "",
    "userspace/tests/test_page.py": "",
    "userspace/tests/browser.py": "",
    "userspace/tests/tap.sh": "",
    "userspace/tests/in_guest": "size\n",
    "userspace/tests/fuzz/test_seed.c": "",
    "kernel/tests/pins.c": "#include <x.h>\n\nTEST_MAIN(\"pins\")\n",
    "kernel/tests/edu.c": "int edu;\n",
    "kernel/tests/support/harness.h": "#define TEST_MAIN(name)\n",
    "kernel/tests/support/test_harness.c": "TEST_MAIN()\n",
    "rdma-driver/tests/pair.c": "PAIR_PROGRAM(cases)\n",
    "rdma-driver/tests/programs.sh": "",
    "rdma-driver/tests/on_siw.sh": "",
    "rdma-driver/tests/on_siw": "pair\n",
}


class TestNames(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        for name, text in FILES.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def test_unit_tests(self):
        self.assertEqual(test_names.unit_tests(self.root), ["harness", "page", "size"])

    def test_guest_programs(self):
        self.assertEqual(test_names.guest_programs(self.root), ["pair", "pins", "programs", "siw_pair", "test_size"])


if __name__ == "__main__":
    unittest.main()
