# SPDX-License-Identifier: GPL-2.0-only
"""The Debian packages: what lintian says of them, and what they do in a fresh Debian."""

import subprocess

from pathlib import Path

from ci import deb, debian_root, initramfs, tap, vm
from ci.artifacts import Artifacts
from ci.entries.guest import folder_of
from ci.entry import Options
from ci.tap import Tally

BOOT = 900                          # systemd takes half a minute, emulated, on a machine that does nothing else
SECONDS = 600                       # of the tests
TESTS = initramfs.GUEST / "installed-tests"
JOB = "sh /results/tests >/results/installed.tap\n"


def complaints(folder: str, names: list[str]) -> list[str]:
    """Errors and warnings; a package that nobody has uploaded closes no bug of Debian's."""
    said = subprocess.run(["lintian", "--allow-root", "--suppress-tags", "initial-upload-closes-no-bugs", *names],
                          cwd=folder, capture_output=True, text=True)
    lines = [line for line in said.stdout.splitlines() if not line.startswith("N:")]
    if said.returncode not in (0, 2) or said.returncode and not lines:
        lines.append(f"lintian exits with {said.returncode}: {said.stderr.strip()[-300:]}")
    return lines


def built(artifacts: Artifacts, options: Options) -> list[Path]:
    return artifacts.keep("deb", lambda: deb.build(options.cores))


def packages(artifacts: Artifacts, options: Options) -> Tally:
    """A test for each package, and one for the whole."""
    made = built(artifacts, options)
    found = complaints(str(deb.FOLDER), [path.name for path in deb.FOLDER.glob("*.changes")])
    return Tally(passed=len(made) * (not found), failures=[f"lintian: {line}" for line in found])


def installed(artifacts: Artifacts, options: Options) -> Tally:
    """systemd starts phyrd in a fresh Debian, on Debian's kernel."""
    packages = [path for path in built(artifacts, options) if "-dbgsym_" not in path.name]
    kernel, initrd, disk = debian_root.make(packages)
    machine = vm.Machine(kernel, initrd, "tcg", disk=disk, memory="2G", hugepages_1g=0, hugepages_2m=0,
                         command_line="root=/dev/vda rw", boot_seconds=BOOT)
    outcome = vm.run(machine, JOB, folder_of(options.name), BOOT + SECONDS, files={"tests": TESTS.read_text()})
    tally = tap.parse((outcome.results / "installed.tap").read_text(), "installed")
    disk.unlink()
    return tally if tally.failures or not outcome.status else \
        Tally(failures=[f"installed: exit {outcome.status}; see {outcome.folder}/results"])
