# SPDX-License-Identifier: GPL-2.0-only
"""One run of a kernel in QEMU: a job goes in; an exit status, a console and result files come out."""

import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from ci import initramfs, splat
from ci.architecture import X86_64, Architecture
from ci.error import CiError
from ci.progress import note

BOOT_SECONDS = 240         # from the start of QEMU to the first word of /init: 3 alone, much more on a busy machine
KVM_CPU = "host,la57=off"  # KVM runs guests of this machine's architecture only
COMMAND_LINE = "panic=-1 oops=panic nokaslr norandmaps"
HUGEPAGES_1G = 6           # 10 GiB of guest memory leave room for six
HUGEPAGES_2M = 128
MEMORY = "memory"          # what a plugin has written
INITRD = "initrd"          # of a sealed guest, with its files
# Requests of up to 64 MiB that are done within the call; a queue of each device for polling.
STORAGE_PARAMETERS = ("null_blk.max_sectors=131072 null_blk.irqmode=0 nvme.poll_queues=1 virtio_blk.poll_queues=1 "
                      "brd.rd_nr=2 brd.rd_size=524288 ")
# Seconds: while a counting guest waits for the host's disk its clock jumps from timer to timer, past any nearer end.
NO_TIMEOUT = "nvme_core.io_timeout=1000000 nvme_core.admin_timeout=1000000 "
DISK = 1 << 30             # bytes of a drive that holds data, and of one that does not
WITH_DATA = ("file", "pi")  # how the names of those end that do
SUITES = "KTAP version"    # what KUnit, which runs before /init, begins with on the console


def plugin_option(*words: str) -> list[str]:
    """A comma that is none between arguments is written twice."""
    return ["-plugin", ",".join(word.replace(",", ",,") for word in words)]


class VmError(CiError):
    """The run has no verdict that could be believed."""


class BootError(VmError):
    """The kernel never came to /init."""


@dataclass
class Machine:
    kernel: Path
    initramfs: Path
    accelerator: str                       # kvm | tcg
    architecture: Architecture = X86_64
    icount: bool = False                   # the guest's clock counts instructions: 1 ns each, one CPU
    cpus: int = 2
    memory: str = "10G"
    hugepages_1g: int = HUGEPAGES_1G
    hugepages_512m: int = 0                # the large ones of kernels with base pages of 64 KiB
    hugepages_2m: int = HUGEPAGES_2M
    command_line: str = ""                 # more kernel parameters
    sealed: bool = False                   # while the job runs nothing of the host reaches the guest
    iommu: bool = False                    # DMA addresses are not physical ones
    crypto_options: str = ""               # more properties of the virtio-crypto device
    crypto_queues: int = 1                 # its data queues
    storage: bool = False                  # NVMe and virtio-blk devices
    disk: Path | None = None               # of the root file system, where the initramfs only looks for it
    forward: tuple[int, int] | None = None  # (port on the host's loopback, port in the guest)
    qemu: str = ""                         # in place of the architecture's own
    plugin: tuple[str, ...] = ()           # of QEMU's translator: its file, then arguments; writes folder/memory
    boot_seconds: float = BOOT_SECONDS

    @property
    def clock(self) -> str:
        return "icount" if self.icount else self.accelerator

    @property
    def crypto_device(self) -> str:
        """Behind a port: devices of the root complex cannot be reset."""
        platform = ",iommu_platform=on,disable-legacy=on" if self.iommu else ""
        vectors = f",vectors={self.crypto_queues + 2}" if self.crypto_queues > 1 else ""
        return f"virtio-crypto-pci,cryptodev=crypto,bus=crypto-port{platform}{vectors}{self.crypto_options}"

    @property
    def monitor(self) -> str:
        """What QEMU is told before it starts the guest.

        The command line refuses a backend of several queues, a property does not.
        """
        if self.crypto_queues == 1:
            return ""
        return f"qom-set /objects/crypto queues {self.crypto_queues}\ndevice_add {self.crypto_device}\ncont\n"

    @property
    def hugepages(self) -> dict[str, int]:
        return {"1G": self.hugepages_1g, "512M": self.hugepages_512m, "2M": self.hugepages_2m}

    def kernel_parameters(self) -> str:
        # Large ones are there from the start; afterwards memory may be too fragmented for them.
        pools = {size: number for size, number in self.hugepages.items() if number}
        early = "".join(f"hugepagesz={size} hugepages={number} " for size, number in pools.items() if size != "2M")
        environment = "".join(f"PHYR_HUGE_{size}={number} " for size, number in pools.items())
        return (f"console={self.architecture.console} {COMMAND_LINE} {early}"
                f"{'default_hugepagesz=2M ' if self.hugepages_2m else ''}phyr.clock={self.clock} {environment}"
                f"{'PHYR_SEALED=1 ' if self.sealed else ''}"
                f"{'intel_iommu=on iommu.strict=1 ' if self.iommu else ''}"
                f"{f'{STORAGE_PARAMETERS}PHYR_STORAGE={len(self.drives)} ' if self.storage else ''}"
                f"{f'{NO_TIMEOUT}maxcpus=1 ' if self.storage and self.icount else ''}{self.command_line}").strip()

    @property
    def drives(self) -> dict[str, str]:
        """Serial number -> QEMU's device.

        'null' holds no data, 'file' and 'pi' do, 'small' takes requests of 512 KiB at most, 'pi' has protection
        information beside each block.
        """
        platform = ",iommu_platform=on,disable-legacy=on" if self.iommu else ""
        virtio = f"virtio-blk-pci,num-queues=2{platform}{',ioeventfd=off' if self.sealed else ''}"
        drives = {"nvme-null": "nvme,mdts=0", "nvme-small": "nvme", "nvme-file": "nvme,mdts=0",
                  "virtio-null": virtio, "virtio-file": virtio}
        # Of tests only: figures stay what they are.
        return drives if self.sealed else drives | {"nvme-pi": "nvme,mdts=0"}

    def storage_devices(self, folder: Path) -> list[str]:
        """Behind ports, so that they can be taken away."""
        arguments = []
        for number, (name, properties) in enumerate(self.drives.items(), 1):
            drive = f"driver=raw,file.driver=file,file.filename={folder}/{name}.img" if name.endswith(WITH_DATA) \
                else f"driver=null-co,size={DISK}"
            arguments += ["-blockdev", f"node-name={name},{drive}",
                          "-device", f"pcie-root-port,id={name}-port,chassis={number},slot={number}"]
            if name.endswith("pi"):
                arguments += ["-device", f"{properties},id={name},serial={name},bus={name}-port",
                              "-device", f"nvme-ns,drive={name},bus={name},ms=8,pi=1"]
            else:
                arguments += ["-device", f"{properties},drive={name},serial={name},bus={name}-port"]
        return arguments

    @property
    def processors(self) -> str:
        """A queue for polling is another processor's, which the kernel need not start."""
        return "2" if self.storage else "1"

    @property
    def cpu(self) -> str:
        """What a sealed guest takes for random comes from -seed."""
        if self.accelerator == "kvm":
            return KVM_CPU
        return self.architecture.cpu + (",rdrand=off,rdseed=off" if self.sealed else "")

    def arguments(self, folder: Path, interactive: bool) -> list[str]:
        console = f"stdio,id=console,mux=off,signal=off,logfile={folder}/console.log" if interactive \
            else f"file,id=console,path={folder}/console.log"
        arguments = [
            self.qemu or self.architecture.qemu, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-machine", self.architecture.machine,
            "-cpu", self.cpu, "-m", self.memory, "-kernel", str(self.kernel),
            "-initrd", str(folder / INITRD if self.sealed else self.initramfs), "-append", self.kernel_parameters(),
            "-chardev", console, "-serial", "chardev:console",
            *(["-seed", "1"] if self.sealed else ["-device", "virtio-rng-pci"]),
            # The guest waits for its port's answer, and another thread would give it.
            "-device", f"virtio-serial-pci{',ioeventfd=off' if self.sealed else ''}",
            "-chardev", f"file,id=verdict,path={folder}/verdict",
            "-device", "virtserialport,chardev=verdict,name=verdict",
            # The IOMMU comes before the devices behind it.
            *(["-device", "intel-iommu"] if self.iommu else []),
            # A device whose DMA engine a test can drive.
            "-device", "edu,dma_mask=0xffffffffffffffff",
            "-object", "cryptodev-backend-builtin,id=crypto",
            "-device", "pcie-root-port,id=crypto-port",
            *(["-S", "-chardev", f"pipe,id=monitor,path={folder}/monitor", "-mon", "monitor"] if self.monitor
              else ["-device", self.crypto_device]),
            "-virtfs", f"local,path={folder}/results,mount_tag=results,security_model=none",
            *(["-drive", f"if=virtio,format=raw,file={self.disk}"] if self.disk else []),
            *(self.storage_devices(folder) if self.storage else []),
            *(plugin_option(*self.plugin, f"out={folder}/{MEMORY}") if self.plugin else []),
        ]
        if self.icount:
            arguments += ["-accel", "tcg", "-icount", "shift=0,sleep=off", "-smp", self.processors,
                          "-rtc", "base=2026-01-01,clock=vm"]
        elif self.accelerator == "tcg":
            arguments += ["-accel", "tcg,thread=multi", "-smp", str(self.cpus)]
        else:
            arguments += ["-accel", self.accelerator, "-smp", str(self.cpus)]
        if self.forward:
            outside, inside = self.forward
            arguments += ["-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{outside}-10.0.2.15:{inside}",
                          "-device", "virtio-net-pci,netdev=net,romfile="]
        return arguments


@dataclass
class Outcome:
    status: int                            # the job's exit status
    seconds: float
    folder: Path
    splats: list[splat.Splat] = field(default_factory=list)

    @property
    def results(self) -> Path:
        return self.folder / "results"


def prepare(machine: Machine, folder: Path, files: dict[str, str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in files.items():
        path = folder / "results" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if machine.sealed:
        initramfs.with_files(folder / INITRD, machine.initramfs, {f"results/{name}": files[name] for name in files})
    for name in ("verdict", "monitor.out"):
        (folder / name).touch()
    for name in machine.drives if machine.storage else ():
        if name.endswith(WITH_DATA):
            with (folder / f"{name}.img").open("w") as image:
                image.truncate(DISK)
    (folder / "monitor.in").write_text(machine.monitor)
    (folder / "console.log").touch()


def read(path: Path) -> str:
    return path.read_text(errors="replace")


def last_words(folder: Path) -> str:
    lines = [line for line in read(folder / "console.log").splitlines() if line.strip()]
    panic = [line for line in lines if "Kernel panic" in line]
    return (panic or lines or ["the console is empty"])[-1].strip()


def wait(process: subprocess.Popen, machine: Machine, folder: Path, deadline: float) -> float:
    """Until QEMU ends; it is killed when the guest does not boot, or not end, in time."""
    began = time.monotonic()
    booted = False
    try:
        while process.poll() is None:
            time.sleep(0.05)
            seconds = time.monotonic() - began
            booted = booted or read(folder / "verdict").startswith("init")
            if not booted and seconds > machine.boot_seconds:
                raise BootError(f"{folder.name}: no sign of /init after {machine.boot_seconds:.0f} s; "
                                f"console ends: {last_words(folder)}")
            if seconds > deadline:
                raise VmError(f"{folder.name}: still running after {deadline:.0f} s; "
                              f"console ends: {last_words(folder)}")
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    return time.monotonic() - began


def attempt(machine: Machine, folder: Path, deadline: float, interactive: bool) -> tuple[int, float]:
    """(exit status of QEMU, seconds)"""
    with (folder / "qemu.log").open("w") as log:
        process = subprocess.Popen(
            machine.arguments(folder, interactive),
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=None if interactive else log, stderr=log,
        )
        seconds = wait(process, machine, folder, deadline)
    return process.returncode, seconds


def run(machine: Machine, job: str, folder: Path, deadline: float, interactive: bool = False,
        files: dict[str, str] | None = None) -> Outcome:
    """Boot, run the shell script job as root, and return what came of it. folder is emptied first.

    files: name below /results -> text, for the job to read. What the job of a sealed guest writes there comes out when
    the job has ended. A splat on the console does not raise: the caller decides, with Outcome.splats in hand.

    On a loaded host QEMU 7.2 may leave a guest that it emulates spinning in early boot, where the job has not begun: it
    is then booted a second time, and a note says so. Not if KUnit has begun: a suite that hangs has failed.
    """
    folder = folder.resolve()
    given = (files or {}) | {"job": job}
    prepare(machine, folder, given)
    try:
        status, seconds = attempt(machine, folder, deadline, interactive)
    except BootError as error:
        if machine.accelerator != "tcg" or SUITES in read(folder / "console.log"):
            raise
        note(f"{error}; booting once more")
        prepare(machine, folder, given)
        status, seconds = attempt(machine, folder, deadline, interactive)

    words = read(folder / "verdict").split("\n")
    if status:
        said = read(folder / "qemu.log").strip()[-300:]
        raise VmError(f"{folder.name}: QEMU exited with {status}: {said}")
    verdict = words[1] if len(words) > 2 else ""
    if verdict.startswith("error "):
        raise VmError(f"{folder.name}: guest set-up: {verdict[6:]}")
    if not verdict.startswith("exit "):
        raise VmError(f"{folder.name}: the guest ended without a verdict; console ends: {last_words(folder)}")
    return Outcome(int(verdict[5:]), seconds, folder, splat.scan(read(folder / "console.log"), splat.allowed()))
