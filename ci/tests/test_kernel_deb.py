# SPDX-License-Identifier: GPL-2.0-only
"""What becomes of a user's configuration, and that nothing is compiled anew for the same one."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from ci import __main__ as door
from ci import config, kernel, kernel_deb
from ci.entries import kernel_deb as entry
from ci.entry import Options
from ci.kernel import Kernel

WHOLE = "CONFIG_X86_64=y\nCONFIG_BLOCK=y\n" + "".join(f"CONFIG_OPTION_{n}=y\n" for n in range(kernel_deb.FEW))


class Folder(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        patched = mock.patch.object(kernel_deb.kernel.paths, "TREES", self.folder)
        patched.start()
        self.addCleanup(patched.stop)
        self.which = Kernel("tree", "objects")


class Given(Folder):
    def refused(self, text: str | bytes, why: str):
        file = self.folder / "config"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        with self.assertRaisesRegex(kernel_deb.KernelDebError, why) as caught:
            kernel_deb.read(file)
        self.assertNotIn("\n", str(caught.exception))

    def test_as_it_is(self):
        file = self.folder / "config"
        file.write_text(f"#\n\n# CONFIG_A is not set\n{WHOLE}CONFIG_LOCALVERSION=\"-mine.2\"\n")
        self.assertEqual(kernel_deb.read(file), file.read_text())

    def test_no_configuration(self):
        self.refused("CONFIG_PHYR_TEST=m\n", r"config: sets 1 options; want a whole configuration, such as /boot")
        self.refused("", "sets 0 options")
        self.refused(WHOLE + "PATH=/bin\n", r"config:103: 'PATH=/bin' is no line of a configuration")
        self.refused(b"\x1f\x8b\x08\0\xff\xfe", "config:1: .*, unpacked")

    def test_of_another_processor(self):
        for other in ("CONFIG_ARM64=y\n", "# CONFIG_X86_64 is not set\n"):
            self.refused(WHOLE.replace("CONFIG_X86_64=y\n", other), "CONFIG_X86_64 is not y.*amd64")

    def test_nothing_that_uses_the_series(self):
        without = WHOLE.replace("CONFIG_BLOCK=y", "# CONFIG_BLOCK is not set")
        self.refused(without, "CONFIG_BLOCK, .* are all off.*turn one on")
        kernel_deb.check(without + "CONFIG_INFINIBAND=m\n", "config")

    def test_a_name_that_no_package_can_have(self):
        self.refused(WHOLE + 'CONFIG_LOCALVERSION="-my kernel"\n', 'CONFIG_LOCALVERSION="-my kernel" cannot be')
        self.refused(WHOLE + 'CONFIG_LOCALVERSION="_x"\n', "letters")
        self.refused(WHOLE + 'CONFIG_LOCALVERSION="-Mine"\n', "lower-case")


class Called(Folder):
    def call(self, *arguments: str) -> tuple[str, mock.Mock]:
        said = io.StringIO()
        with mock.patch.object(door, "prepare") as prepare, contextlib.redirect_stderr(said):
            try:
                parsed = door.parser().parse_args(["deb", *arguments])
                parsed.run(parsed)
            except (SystemExit, kernel_deb.KernelDebError, door.ArgumentError) as error:
                said.write(str(error))
        return said.getvalue(), prepare

    def test_refused_before_anything_is_made(self):
        few = self.folder / "few"
        few.write_text("CONFIG_PHYR_TEST=m\n")
        for arguments, why in ((("--kernel", "--config", "/no/such"), "/no/such: is no file"),
                               (("--kernel", "--config", str(self.folder)), "is no file"),
                               (("--kernel", "--config", str(few)), "sets 1 options"),
                               (("--config", str(few)), "add --kernel")):
            said, prepare = self.call(*arguments)
            self.assertIn(why, said)
            prepare.assert_not_called()


class Changed(unittest.TestCase):
    def test_keys_and_debug_information_are_not_the_users(self):
        text = kernel_deb.changed('CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_SYSTEM_TRUSTED_KEYS="debian/certs.pem"\n'
                                  "CONFIG_DEBUG_INFO=y\n# CONFIG_DEBUG_INFO_NONE is not set\n"
                                  "CONFIG_DEBUG_INFO_BTF=y\nCONFIG_DEBUG_INFO_BTF_MODULES=y\n")
        self.assertEqual(config.dotconfig(text), {"CONFIG_A": "y", "CONFIG_LOCALVERSION": '"-phyr"'} | kernel_deb.ADDED)
        self.assertIn("# CONFIG_B is not set", text)

    def test_a_name_of_the_users_stays(self):
        for given, found in (('""', '"-phyr"'), ('"-mine"', '"-mine"')):
            text = kernel_deb.changed(f"CONFIG_LOCALVERSION={given}\n")
            self.assertEqual(text.count("CONFIG_LOCALVERSION="), 1)
            self.assertEqual(config.dotconfig(text)["CONFIG_LOCALVERSION"], found)

    def test_what_is_lost_is_named(self):
        self.assertEqual(kernel_deb.lost("CONFIG_A=y\nCONFIG_B=m\nCONFIG_C=7\n", "CONFIG_A=y\n"), ["CONFIG_B"])


class Configured(Folder):
    def test_once(self):
        """A second build of the same goes on where the first was ended: what it asked for is not asked for again."""
        with mock.patch.object(kernel, "make") as make:
            kernel_deb.configure(self.which, WHOLE)
            with (self.which.objects / ".config").open("a") as file:
                file.write("CONFIG_OF_KBUILD=y\n")
            kernel_deb.configure(self.which, WHOLE)
            self.assertIn("CONFIG_OF_KBUILD=y\n", (self.which.objects / ".config").read_text())
            kernel_deb.configure(self.which, WHOLE + "CONFIG_B=y\n")
            self.assertNotIn("CONFIG_OF_KBUILD=y\n", (self.which.objects / ".config").read_text())
        self.assertIn("CONFIG_B=y\n", (self.which.objects / ".config").read_text())
        # The sources may have new options each time.
        self.assertEqual([call.args[1] for call in make.call_args_list], ["olddefconfig"] * 3)

    def test_again_if_it_failed(self):
        with mock.patch.object(kernel, "make", side_effect=kernel.KernelError("no")), \
                self.assertRaises(kernel.KernelError):
            kernel_deb.configure(self.which, WHOLE)
        with mock.patch.object(kernel, "make") as make:
            kernel_deb.configure(self.which, WHOLE)
        self.assertEqual(make.call_count, 1)


class Packed(Folder):
    def setUp(self):
        super().setUp()
        self.out = self.folder / "out"
        self.beside = self.which.objects.parent
        self.which.objects.mkdir(parents=True)

    def pack(self, *names: str, ended: type[BaseException] | None = None) -> list[Path]:
        def make(which: Kernel, *arguments: str, processes: int):
            self.assertEqual((arguments[-1], processes), ("bindeb-pkg", 3))
            for name in names:
                (which.objects.parent / name).write_text(name)
            if ended:
                raise ended

        with mock.patch.object(kernel, "make", make), mock.patch.object(kernel_deb.archive, "release", lambda: "x"):
            return kernel_deb.package(self.which, self.out, 3)

    def found(self) -> list[str]:
        return sorted(path.name for path in self.out.iterdir()) if self.out.exists() else []

    def test_of_this_build_only(self):
        (self.beside / "linux-image-old.deb").touch()
        self.pack("linux-image-6.deb")
        made = self.pack("linux-image-7.deb", "linux-headers-7.deb", "linux-libc-dev_7.deb", "linux-upstream_7.changes")
        self.assertEqual(made, [self.out / "linux-image-7.deb", self.out / "linux-headers-7.deb"])
        self.assertEqual(self.found(), ["linux-headers-7.deb", "linux-image-7.deb"])
        self.assertEqual([path.name for path in self.beside.iterdir()], ["objects"])

    def test_ended_it_leaves_what_was_there(self):
        self.pack("linux-image-6.deb")
        for ended in (KeyboardInterrupt, kernel.KernelError):
            with self.assertRaises(ended):
                self.pack("linux-image-7.deb", ended=ended)
            self.assertEqual(self.found(), ["linux-image-6.deb"])
            self.assertEqual([path.name for path in self.beside.iterdir()], ["objects"])

    def test_a_full_disk_leaves_what_was_there(self):
        self.pack("linux-image-6.deb")
        with mock.patch.object(Path, "rename", side_effect=OSError(28, "No space left on device")), \
                self.assertRaises(OSError):
            self.pack("linux-image-7.deb")
        self.assertEqual(self.found(), ["linux-image-6.deb"])

    def test_none(self):
        with self.assertRaisesRegex(kernel_deb.KernelDebError, "no package"):
            self.pack()
        self.assertEqual(self.found(), [])


class TheEntry(unittest.TestCase):
    def test_the_whole_one_only_if_it_may_take_long(self):
        with mock.patch.object(entry, "packages_of", return_value=["image"]) as made, \
                mock.patch.object(entry, "booted", return_value=entry.Tally(passed=1)):
            tally = entry.run(mock.Mock(), Options("kernel-deb", ("cut", "whole"), cores=2))
            self.assertEqual((tally.passed, tally.skipped, made.call_count), (1, 1, 1))
            tally = entry.run(mock.Mock(), Options("kernel-deb", ("whole",), long=True))
            self.assertEqual((tally.passed, tally.skipped, made.call_args[0][1]), (1, 0, "whole"))


if __name__ == "__main__":
    unittest.main()
