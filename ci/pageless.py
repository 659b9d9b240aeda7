# SPDX-License-Identifier: GPL-2.0-only
"""The series of pageless/, which is not built with the others yet: between its folder and the branch 'pageless'.

python3 -m ci.pageless build                     the branch, on top of 'phyr'
python3 -m ci.pageless export                    files/ and patches/, from the branch
python3 -m ci.pageless run BZIMAGE PROGRAM...    test programs, of a meson folder with -Dvm_tests=true -Dpageless=true,
                                                 on a machine with a BAR, all of which is compared afterwards;
                                                 --icount: the guest's clock counts instructions; --siw: the
                                                 other RDMA device; --switch: a PCI switch above the BAR;
                                                 --iommu: devices are behind an IOMMU
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ci import initramfs, patch, paths, vm
from ci.destinations import Destination
from ci.error import CiError
from ci.git import Git
from ci.series import REF as BELOW
from ci.series import Entry, check_overlay, stack

FOLDER = "pageless"
REF = "refs/heads/pageless"
TESTS = "/opt/phyr/tests"    # in the guest
BAR = 256 << 20
FLAGS = {"--icount", "--iommu", "--siw", "--switch"}
DEADLINE = 1800
SERIES = Destination(name=FOLDER, folder=FOLDER, paths=["*"], lists=[], maintainers=[], part="patches")


def build(root: Path) -> str:
    """The last commit."""
    found = [Entry(path, patch.parse(path), SERIES) for path in sorted((root / FOLDER / "patches").glob("*.patch"))]
    check_overlay(root, [FOLDER], found)
    return stack(root, paths.STORE, Git(paths.STORE).line("rev-parse", BELOW), found, REF)


def content_of(store: Git, commit: str) -> tuple[patch.Patch, list[str]]:
    """The patch, and the files that it adds."""
    author, date, subject, body = store.run("log", "-1", "--format=%an <%ae>%x00%aI%x00%s%x00%b",
                                            commit).decode().split("\0")
    status = store.line("diff-tree", "-r", "--no-commit-id", "--name-status", "--no-renames", commit).splitlines()
    new = sorted(line.split("\t")[1] for line in status if line.startswith("A\t"))
    hooks = store.run("diff-tree", "-p", "--no-commit-id", "--no-renames", "--abbrev=12", "--no-ext-diff",
                      "--diff-algorithm=myers", "--diff-filter=a", commit).decode()
    return patch.Patch(author, date, subject, body.strip("\n") + "\n" if body.strip() else "", new, hooks), new


def export(root: Path) -> int:
    """The number of patches."""
    store = Git(paths.STORE)
    commits = store.line("rev-list", "--reverse", f"{BELOW}..{REF}").split()
    for below in ("files", "patches"):
        shutil.rmtree(root / FOLDER / below, ignore_errors=True)
    for number, commit in enumerate(commits, 1):
        content, new = content_of(store, commit)
        target = root / FOLDER / "patches" / f"{number:04}-{content.slug}.patch"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content.render())
        for name in new:
            path = root / FOLDER / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(store.run("show", f"{commit}:{name}"))
    return len(commits)


@dataclass
class BarMachine(vm.Machine):
    """With ivshmem, whose BAR is a file of this machine."""
    bar: Path = paths.VM / "bar.img"
    switch: bool = False         # between the BAR and the root, with another device behind it

    def ports(self) -> list[str]:
        if not self.switch:
            return ["-device", "pcie-root-port,id=bar-port,chassis=99,slot=99"]
        return ["-device", "pcie-root-port,id=switch-port,chassis=97,slot=97",
                "-device", "x3130-upstream,id=switch,bus=switch-port",
                "-device", "xio3130-downstream,id=bar-port,bus=switch,chassis=98,slot=98",
                "-device", "xio3130-downstream,id=peer-port,bus=switch,chassis=99,slot=99",
                "-device", "nvme,serial=peer,bus=peer-port"]

    def arguments(self, folder: Path, interactive: bool) -> list[str]:
        return [*super().arguments(folder, interactive), *self.ports(),
                "-object", f"memory-backend-file,id=bar,share=on,mem-path={self.bar},size={BAR}",
                "-device", "ivshmem-plain,memdev=bar,bus=bar-port"]


def guest(programs: list[Path]) -> Path:
    """The image of a guest with nothing but these programs of ours."""
    installed = paths.VM / "pageless"
    shutil.rmtree(installed, ignore_errors=True)
    folder = installed / TESTS.lstrip("/")
    folder.mkdir(parents=True)
    for program in programs:
        shutil.copy2(program, folder)
    return initramfs.pack(paths.VM / "pageless.cpio", installed)


def run(kernel: Path, programs: list[Path], flags: set[str]) -> int:
    """How many programs failed, the comparison among them."""
    checker = programs[0].parent / "check_memory"
    machine = BarMachine(kernel, guest(programs), "tcg", icount="--icount" in flags, iommu="--iommu" in flags,
                         switch="--switch" in flags, memory="6G", hugepages_1g=0, hugepages_2m=0,
                         command_line="" if "--icount" in flags else "kunit.enable=1 kunit.filter_glob=phyr_*")
    subprocess.run([checker, "fill", machine.bar, str(BAR)], check=True)
    device = "siw0" if "--siw" in flags else "rxe0"
    before = f"PHYR_DEVICE={device} PHYR_CHANGES=/results/changes"
    lines = [f"{before} {TESTS}/{one.name} >/results/{one.name}.out 2>&1 || failed=$((failed + 1))"
             for one in programs]
    # What KUnit said, and what KASAN, lockdep or kmemleak had to say, is on the console.
    outcome = vm.run(machine, "\n".join(["failed=0", ": >/results/changes", *lines, "exit $failed"]),
                     paths.VM / "pageless-run", DEADLINE)
    for one in programs:
        print(vm.read(outcome.results / f"{one.name}.out"))
    for found in outcome.splats:
        print(found)
    console = vm.read(outcome.folder / "console.log").splitlines()
    print("\n".join(line for line in console if "ok " in line and "# SKIP" not in line))
    failed = outcome.status + len(outcome.splats) + sum("not ok" in line for line in console)
    if (outcome.results / "changes").stat().st_size:
        failed += subprocess.run([checker, "compare", machine.bar, outcome.results / "changes"]).returncode
    return failed


def main(arguments: list[str]) -> int:
    match arguments:
        case ["build"]:
            print(build(paths.ROOT))
        case ["export"]:
            print(export(paths.ROOT))
        case ["run", *rest]:
            flags = {one for one in rest if one.startswith("--")}
            kernel, *programs = [Path(one) for one in rest if one not in flags] or [Path()]
            if not programs or flags - FLAGS:
                raise CiError("pageless: run [FLAG...] BZIMAGE PROGRAM...")
            return run(kernel, programs, flags)
        case _:
            raise CiError(f"pageless: build, export or run, not '{' '.join(arguments)}'")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
