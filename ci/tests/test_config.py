# SPDX-License-Identifier: GPL-2.0-only
"""A requested option that the kernel does not have is named."""

import tempfile
import unittest
from pathlib import Path

from ci import config, kernel


class ConfigTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text)
        return path

    def test_fragment(self):
        path = self.write("a.config", "# comment\n\nCONFIG_A=y   # why\nCONFIG_B=n  # why not\n")
        self.assertEqual(config.fragment(path), {"CONFIG_A": "y", "CONFIG_B": "n"})

    def test_line_without_reason_is_an_error(self):
        with self.assertRaisesRegex(config.ConfigError, r"a\.config:1: .*CONFIG_A=y"):
            config.fragment(self.write("a.config", "CONFIG_A=y\n"))

    def test_contradiction_is_an_error(self):
        self.write("a.config", "CONFIG_A=y  # x\n")
        self.write("b.config", "CONFIG_A=n  # x\n")
        with self.assertRaisesRegex(config.ConfigError, "CONFIG_A=n contradicts CONFIG_A=y"):
            config.merged(["a", "b"], self.folder)

    def test_unmet_options_are_named(self):
        wanted = {"CONFIG_A": "y", "CONFIG_B": "n", "CONFIG_C": "8", "CONFIG_D": "y"}
        actual = "CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=4\n"
        self.assertEqual(config.unmet(wanted, actual), ["CONFIG_C is 4, wanted 8", "CONFIG_D is n, wanted y"])
        self.assertEqual(config.unmet({"CONFIG_B": "n"}, "CONFIG_B=y\n"), ["CONFIG_B is y, wanted n"])

    def test_difference(self):
        self.assertEqual(config.difference("CONFIG_A=y\nCONFIG_B=y\n", "CONFIG_A=y\nCONFIG_C=y\n"),
                         ["CONFIG_B: y -> n", "CONFIG_C: n -> y"])

    def test_our_fragments_are_well_formed(self):
        for which in (kernel.PHYR, kernel.DEBUG, kernel.NVME):
            self.assertIn("CONFIG_RDMA_RXE", config.merged(kernel.fragments(which, True)))


if __name__ == "__main__":
    unittest.main()
