# SPDX-License-Identifier: GPL-2.0-only
"""Processors that a kernel is built for: what kbuild, Debian and QEMU call them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    name: str                              # kbuild's ARCH
    prefix: str = ""                       # of the compiler's name; empty: this machine's own
    image: str = ""                        # what a boot loader takes, below the objects
    debian: str = ""                       # the package archive's name of it
    qemu: str = ""                         # the emulator
    machine: str = ""                      # QEMU's -machine
    cpu: str = ""                          # QEMU's -cpu under TCG
    console: str = ""                      # the kernel's name of the first serial port

    @property
    def make_arguments(self) -> tuple[str, ...]:
        # A Rust compiler, which not every machine has, would show in the configuration.
        return (f"ARCH={self.name}", f"CROSS_COMPILE={self.prefix}", f"CC=ccache {self.prefix}gcc", "HOSTCC=ccache gcc",
                "RUSTC=false")


# Without ERMS and FSRM the guest clears pages by words: the emulator runs, and counts, 'rep stosb' byte by byte.
X86_64 = Architecture("x86_64", image="arch/x86/boot/bzImage", debian="amd64", qemu="qemu-system-x86_64", machine="q35",
                      cpu="max,la57=off,erms=off,fsrm=off", console="ttyS0")
I386 = Architecture("i386", image="arch/x86/boot/bzImage", debian="i386", qemu="qemu-system-x86_64", machine="q35",
                    cpu="max,erms=off,fsrm=off", console="ttyS0")
# Pointer authentication of the architecture's own algorithm takes most of an emulated guest's time.
ARM64 = Architecture("arm64", "aarch64-linux-gnu-", "arch/arm64/boot/Image", debian="arm64", qemu="qemu-system-aarch64",
                     machine="virt,gic-version=3", cpu="max,pauth-impdef=on", console="ttyAMA0")
ARM = Architecture("arm", "arm-linux-gnueabihf-")
S390 = Architecture("s390", "s390x-linux-gnu-")
POWERPC = Architecture("powerpc", "powerpc64-linux-gnu-")
