# SPDX-License-Identifier: GPL-2.0-only
"""The compiler cache is the user's own, or, where that cannot be written, one below build/."""

import os
import shutil
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import __main__ as phyr
from ci import compiler_cache, kernel, lock, packages
from ci.entries import diagnostics, portability


@unittest.skipUnless(shutil.which("ccache"), "no ccache on this machine")
class CompilerCache(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.home = Path(scratch.name)
        for patch in (mock.patch.dict(os.environ, {"HOME": scratch.name}), mock.patch.object(packages, "ensure"),
                      mock.patch.object(lock, "hold")):
            patch.start()
            self.addCleanup(patch.stop)
        for name in ("CCACHE_DIR", "CCACHE_CONFIGPATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            os.environ.pop(name, None)

    def folder(self, *needs: str) -> tuple[str, str]:
        """What compilers are told after a command's preparation, and what people are."""
        with mock.patch.object(compiler_cache, "note") as note:
            phyr.prepare(needs)
        said = " ".join(call.args[0] for call in note.call_args_list)
        return kernel.environment(kernel.PHYR).get("CCACHE_DIR", ""), said

    def test_that_of_the_user(self):
        self.assertEqual(self.folder("kernel"), ("", ""))

    def test_a_home_that_cannot_be_written(self):
        (self.home / "file").touch()
        os.environ["HOME"] = f"{self.home}/file"
        self.assertEqual(self.folder("style"), ("", ""))
        for need in ("kernel", "userspace"):
            os.environ.pop("CCACHE_DIR", None)
            folder, said = self.folder(need)
            self.assertEqual(folder, str(compiler_cache.FOLDER))
            self.assertRegex(said, f"cannot write {self.home}/file/.* \\(Not a directory\\): .* HOME or CCACHE_DIR")

    def test_a_folder_of_the_users_choice(self):
        os.environ["CCACHE_DIR"] = "/proc/ccache"
        folder, said = self.folder("kernel")
        self.assertEqual(folder, str(compiler_cache.FOLDER))
        self.assertIn("cannot write /proc/ccache (No such file", said)

    def test_only_objects_that_no_other_kernel_has_are_known_by_the_files_they_include(self):
        for which in (kernel.STOCK, kernel.PHYR, diagnostics.COMMITS):
            self.assertNotIn("CCACHE_DEPEND", kernel.environment(which))
        for which in (kernel.DEBUG, *(one.kernel for one in portability.CONFIGURATIONS)):
            self.assertEqual(kernel.environment(which)["CCACHE_DEPEND"], "true")


if __name__ == "__main__":
    unittest.main()
