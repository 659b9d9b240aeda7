# SPDX-License-Identifier: GPL-2.0-only
"""A folder of objects is used again if it is whole, and was set up for this clone."""

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import paths, userland


class SetUp(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.here = Path(scratch.name).resolve()
        for name, value in (("ROOT", self.here), ("BUILD", self.here / "build")):
            patch = mock.patch.object(paths, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        patch = mock.patch.object(userland, "meson", self.meson)
        patch.start()
        self.addCleanup(patch.stop)
        patch = mock.patch.object(userland, "say")
        patch.start()
        self.addCleanup(patch.stop)
        self.setups = 0

    def meson(self, command: str, *arguments: str, **_more) -> None:
        if command != "setup":
            return
        self.setups += 1
        objects = Path(arguments[0])
        self.assertFalse(objects.exists())
        (objects / "meson-info").mkdir(parents=True)
        (objects / "build.ninja").write_text("rule\n")
        (objects / "meson-info" / "meson-info.json").write_text(
            f'{{"directories": {{"source": "{paths.ROOT}", "build": "{objects.resolve()}"}}}}')

    def compiled(self) -> int:
        """How often meson had to set it up."""
        before = self.setups
        userland.compile_build(userland.PLAIN)
        return self.setups - before

    def test_once(self):
        self.assertEqual(self.compiled(), 1)
        self.assertEqual(self.compiled(), 0)

    def test_behind_a_symbolic_link(self):
        (self.here / "disk").mkdir()
        paths.BUILD.symlink_to("disk")
        self.assertEqual(self.compiled(), 1)
        self.assertEqual(self.compiled(), 0)

    def test_of_another_clone(self):
        self.compiled()
        info = paths.BUILD / "meson" / "meson-info" / "meson-info.json"
        whole = info.read_text()
        for text in (whole.replace(str(self.here), "/elsewhere"), "", "[]"):
            info.write_text(text)
            self.assertEqual(self.compiled(), 1, text)

    def test_half_written(self):
        self.compiled()
        (paths.BUILD / "meson" / "build.ninja").write_text("")
        self.assertEqual(self.compiled(), 1)
