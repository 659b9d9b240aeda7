# SPDX-License-Identifier: GPL-2.0-only
"""The digest of the guest is of all that is in it, and of nothing else."""

import os
import tempfile
import unittest
from pathlib import Path

from ci import initramfs


class DigestTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def digest(self, files: dict[str, str], time: int = 0, mode: int = 0o644) -> str:
        def lay_out(root: Path) -> None:
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
                (root / name).chmod(mode)
                os.utime(root / name, (time, time))
            (root / "bin").symlink_to("usr")

        return initramfs.digest(initramfs.archive(self.folder / "guest.cpio", lay_out))

    def test_digest(self):
        files = {"usr/lib/libc.so.6": "one", "usr/bin/phyrd": "program"}
        known = self.digest(files)
        self.assertEqual(self.digest(files, 1_000_000_000), known)
        for other in (self.digest(files | {"usr/lib/libc.so.6": "two"}), self.digest(files, mode=0o755),
                      self.digest(files | {"etc/passwd": ""}), self.digest({"usr/lib/libc.so.6": "one"})):
            self.assertNotEqual(other, known)

    def test_no_archive(self):
        (self.folder / "x").write_text("x")
        with self.assertRaisesRegex(initramfs.InitramfsError, "is no cpio archive"):
            initramfs.digest(self.folder / "x")


if __name__ == "__main__":
    unittest.main()
