# SPDX-License-Identifier: GPL-2.0-only
"""Only a run that booted, ended and said so has a verdict."""

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from ci import splat, vm

FAKE_QEMU = Path(__file__).parent / "fake_qemu"


class VmTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "run"

    def run_fake(self, behaviour: str, accelerator: str = "tcg") -> vm.Outcome:
        machine = vm.Machine(Path("bzImage"), Path("guest.cpio"), accelerator, qemu=str(FAKE_QEMU), boot_seconds=1,
                             command_line=f"FAKE={behaviour}")
        return vm.run(machine, "true\n", self.folder, deadline=2, files={"requests/0.json": "{}"})

    def assert_error(self, behaviour: str, text: str):
        with self.assertRaisesRegex(vm.VmError, text):
            self.run_fake(behaviour)

    def test_status_of_the_job_is_reported(self):
        outcome = self.run_fake("good")
        self.assertEqual((outcome.status, outcome.splats), (3, []))
        self.assertEqual((outcome.results / "job").read_text(), "true\n")
        self.assertEqual((outcome.results / "requests/0.json").read_text(), "{}")

    def test_sealed_guest_has_its_files_with_it(self):
        machine = vm.Machine(Path("bzImage"), self.folder.parent / "guest.cpio", "tcg", icount=True, sealed=True,
                             qemu=str(FAKE_QEMU), command_line="FAKE=good")
        machine.initramfs.write_bytes(b"first archive")
        vm.run(machine, "true\n", self.folder, deadline=2, files={"requests/0.json": "{}"})
        initrd = (self.folder / vm.INITRD).read_bytes()
        self.assertTrue(initrd.startswith(b"first archive"))
        for piece in (b"results/job", b"results/requests/0.json", b"true\n"):
            self.assertIn(piece, initrd)

    def test_host_is_shut_out_of_a_sealed_guest(self):
        open_guest, sealed = (" ".join(vm.Machine(Path("k"), Path("i"), "tcg", icount=True, sealed=sealed)
                                       .arguments(self.folder, False)) for sealed in (False, True))
        for piece in ("rdrand=off,rdseed=off", "-seed 1", "ioeventfd=off", "PHYR_SEALED=1"):
            self.assertNotIn(piece, open_guest)
            self.assertIn(piece, sealed)
        self.assertNotIn("virtio-rng", sealed)

    def test_drives(self):
        plain = " ".join(vm.Machine(Path("k"), Path("i"), "tcg", icount=True).arguments(self.folder, False))
        machine = vm.Machine(Path("k"), Path("i"), "tcg", icount=True, storage=True)
        drives = " ".join(machine.arguments(self.folder, False))
        for piece in ("serial=nvme-null", "serial=virtio-file", "-smp 2", "maxcpus=1", "nvme_core.io_timeout=",
                      "nvme.poll_queues=1", "PHYR_STORAGE=6"):
            self.assertNotIn(piece, plain)
            self.assertIn(piece, drives)
        self.assertIn("nvme-ns,drive=nvme-pi,bus=nvme-pi,ms=8,pi=1", drives)
        sealed = " ".join(replace(machine, sealed=True).arguments(self.folder, False))
        self.assertNotIn("nvme-pi", sealed)
        self.assertIn("PHYR_STORAGE=5", sealed)
        vm.prepare(machine, self.folder, {"job": "true\n"})
        self.assertEqual((self.folder / "nvme-file.img").stat().st_size, vm.DISK)
        self.assertFalse((self.folder / "nvme-null.img").exists())

    def test_splat_is_found(self):
        outcome = self.run_fake("splat")
        self.assertEqual([found.text for found in outcome.splats], ["WARNING: mm/gup.c:1 at f+0x1/0x2, CPU#0: a/1"])

    def test_missing_verdict_is_an_error(self):
        self.assert_error("mute", "without a verdict")

    def test_hang_is_an_error(self):
        self.assert_error("hang", "still running after 2 s")

    def test_guest_that_never_boots_is_an_error(self):
        self.assert_error("late", "no sign of /init after 1 s")

    def test_guest_that_does_not_boot_is_booted_once_more(self):
        with mock.patch.object(vm, "note") as note:
            self.assertEqual(self.run_fake("late-once").status, 3)
        self.assertRegex(note.call_args[0][0], "no sign of /init after 1 s.*; booting once more")

    def test_kvm_that_does_not_boot_is_not_tried_again(self):
        with mock.patch.object(vm, "note") as note, self.assertRaises(vm.BootError):
            self.run_fake("late-once", "kvm")
        note.assert_not_called()

    def test_suite_that_hangs_is_an_error(self):
        """KUnit runs before /init: that is no guest that has not begun."""
        with mock.patch.object(vm, "note") as note:
            self.assert_error("late-suite", "no sign of /init after 1 s; console ends: .*KTAP version 1")
        note.assert_not_called()

    def test_panic_is_an_error_and_quoted(self):
        self.assert_error("panic", "Kernel panic - not syncing: Fatal exception")

    def test_guest_that_could_not_be_set_up_is_an_error(self):
        self.assert_error("setup", "wanted 6 hugepages of 1048576 KiB, got 3")

    def test_emulator_that_fails_is_an_error(self):
        self.assert_error("abort", "exited with 134: failed to set MSR")

    def test_old_results_do_not_survive(self):
        self.run_fake("good")
        (self.folder / "results" / "old.tap").touch()
        outcome = self.run_fake("good")
        self.assertFalse((outcome.results / "old.tap").exists())


class SplatTest(unittest.TestCase):
    def test_every_kind_is_found(self):
        for line in (
            "WARNING: CPU: 0 PID: 1 at mm/gup.c:1 f+0x0/0x1",
            "BUG: KASAN: slab-use-after-free in f+0x1/0x2",
            "BUG: kernel NULL pointer dereference, address: 0000000000000000",
            "BUG: sleeping function called from invalid context at mm/slab.h:1",
            "kernel BUG at mm/gup.c:1!",
            "UBSAN: array-index-out-of-bounds in mm/gup.c:1:2",
            "WARNING: possible circular locking dependency detected",
            "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
            "INFO: task phyrd:99 blocked for more than 120 seconds.",
            "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
            "Oops: 0000 [#1] SMP",
            "phyrd: page allocation failure: order:10, mode:0xdc0",
            "alg: self-tests for cbc(aes) using virtio_crypto_aes_cbc failed (rc=-22)",
        ):
            self.assertEqual(len(splat.scan(f"[    1.0] {line}\r\n", [])), 1, line)

    def test_ordinary_lines_are_none(self):
        text = "[    0.1] debug: bugs are warnings here\nDEBUG: fine\n[    0.2] Freeing unused memory\n"
        self.assertEqual(splat.scan(text, []), [])

    def test_allowed_line_passes_and_needs_a_reason(self):
        with tempfile.TemporaryDirectory() as scratch:
            listing = Path(scratch) / "allowed"
            listing.write_text("WARNING: .*expected  # a test provokes it\n")
            allow = splat.allowed(listing)
            self.assertEqual(splat.scan("WARNING: quite expected\n", allow), [])
            self.assertEqual(len(splat.scan("WARNING: other\n", allow)), 1)
            listing.write_text("WARNING: .*expected\n")
            with self.assertRaisesRegex(splat.AllowError, "reason"):
                splat.allowed(listing)

    def test_the_project_list_is_valid(self):
        splat.allowed()


if __name__ == "__main__":
    unittest.main()
