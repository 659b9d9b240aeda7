# SPDX-License-Identifier: GPL-2.0-only
"""./phyr deb --kernel: the packages of a configuration boot to a login, by an initramfs of Debian's mkinitramfs."""

import re
from pathlib import Path

from ci import config, debian_root, distribution, initramfs, kernel, kernel_deb, paths, tap, vm
from ci.artifacts import Artifacts
from ci.entries.debian import BOOT, SECONDS
from ci.entries.guest import folder_of
from ci.entry import Options
from ci.kernel import Kernel
from ci.progress import note
from ci.tap import Tally

TESTS = initramfs.GUEST / "kernel-tests"
JOB = "sh /results/tests >/results/kernel.tap\n"
ASKED = Kernel("phyr", "package-asked")         # its .config is what a user would give
CUT = Kernel("phyr", "package-cut")
MAKES_INITRAMFS = "initramfs-tools"
LOGIN = re.compile(r"\S+ login: ")


def asked(commit: str) -> str:
    kernel.checkout(ASKED.tree, commit)
    kernel.configure(ASKED, config.merged(["package"]))
    return (ASKED.objects / ".config").read_text()


def parts() -> list[str]:
    return ["cut", "whole"]


def packages_of(artifacts: Artifacts, part: str, cores: int) -> list[Path]:
    """cut: to the VM; whole: Debian's configuration, whose objects stay, so that it goes on where it was ended."""
    if part == "cut":
        return kernel_deb.build(artifacts.tip, asked(artifacts.tip), cores, CUT, paths.BUILD / "kernel-deb-cut")
    distributions = artifacts.keep("distribution", distribution.unpacked).config.read_text()
    return kernel_deb.build(artifacts.tip, f"{distributions}CONFIG_PHYR_TEST=m\n", cores,
                            folder=paths.BUILD / "kernel-deb-whole")


def run(artifacts: Artifacts, options: Options) -> Tally:
    """One after the other: they share a tree. The whole one takes hours."""
    tally = Tally()
    for part in options.parts:
        if part == "whole" and not options.long:
            note("kernel-deb/whole: with --long")
            tally += Tally(skipped=1)
        else:
            tally += booted(packages_of(artifacts, part, options.cores)[0], part)
    return tally


def booted(package: Path, part: str) -> Tally:
    image, initrd, disk = debian_root.make([package], paths.BUILD / "debian-root-kernel", MAKES_INITRAMFS)
    machine = vm.Machine(image, initrd, "tcg", disk=disk, memory="2G", hugepages_1g=0, hugepages_2m=0,
                         command_line="root=/dev/vda rw", boot_seconds=BOOT)
    outcome = vm.run(machine, JOB, folder_of(f"kernel-deb/{part}"), BOOT + SECONDS, files={"tests": TESTS.read_text()})
    note(f"{package.name}: {package.stat().st_size >> 10} KiB, {outcome.seconds:.0f} s to the end of its tests")
    tally = tap.parse((outcome.results / "kernel.tap").read_text(), f"kernel-deb/{part}")
    if not LOGIN.search(vm.read(outcome.folder / "console.log")):
        tally.failures.append(f"kernel-deb/{part}: the console asks for no login; see {outcome.folder}/console.log")
    tally.failures += [f"kernel-deb/{part}: {splat}" for splat in outcome.splats]
    disk.unlink()
    return tally
