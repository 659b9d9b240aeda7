# SPDX-License-Identifier: GPL-2.0-only
"""Whether KVM runs our kernel here. /dev/kvm may open and still not run a guest: only a boot tells."""

import json
import os
from pathlib import Path

from ci import vm
from ci.progress import note, say
from ci.write import whole

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
PROBE_SECONDS = 15


def probe(kernel: Path, initramfs: Path, folder: Path) -> tuple[str, str]:
    """(accelerator, why)"""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg", "/dev/kvm cannot be opened"
    say("probing KVM with a boot")
    machine = vm.Machine(kernel, initramfs, "kvm", boot_seconds=PROBE_SECONDS)
    try:
        vm.run(machine, "", folder, 2 * PROBE_SECONDS)
    except vm.VmError as error:
        return "tcg", f"KVM did not boot the kernel: {str(error).splitlines()[0]}"
    return "kvm", "KVM booted the kernel"


def choose(kernel: Path, initramfs: Path, folder: Path) -> str:
    """The accelerator, probed once per boot of this machine and remembered below folder."""
    answer = folder / "accelerator.json"
    boot = BOOT_ID.read_text().strip()
    if answer.exists():
        known = json.loads(answer.read_text())
        if known["boot"] == boot:
            return known["accelerator"]
    accelerator, why = probe(kernel, initramfs, folder / "probe")
    whole(answer, json.dumps({"boot": boot, "accelerator": accelerator, "why": why}, indent=1) + "\n")
    note(f"accelerator: {accelerator} ({why})")
    return accelerator
