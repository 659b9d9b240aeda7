# SPDX-License-Identifier: GPL-2.0-only
"""The phyr kernel for people: a shell on the terminal, the daemon on the loopback."""

from ci import bench, kernel, paths, vm
from ci.house import House
from ci.progress import say

DAY = 86400


def interactive(house: House) -> int:
    machine = vm.Machine(house.kernel(kernel.PHYR), house.guest, house.accelerator, command_line="quiet")
    say("the shell's end, or 'reboot -f', ends the VM")
    return vm.run(machine, "exec setsid cttyhack sh -l\n", paths.VM / "shell", DAY, interactive=True).status


def serve(house: House, port: int) -> int:
    machine = vm.Machine(house.kernel(kernel.PHYR), house.guest, house.accelerator, forward=(port, bench.PORT))
    say(f"phyrd on http://127.0.0.1:{port}/api/v1/system once the VM is up; Ctrl-C ends it")
    # phyrd listens on the loopback only; what QEMU forwards arrives at the guest's own address.
    job = f"phyrd --listen 127.0.0.1:{bench.PORT} &\nexec socat TCP-LISTEN:{bench.PORT},bind=10.0.2.15,fork TCP:127.0.0.1:{bench.PORT}\n"
    return vm.run(machine, job, paths.VM / "serve", DAY).status
