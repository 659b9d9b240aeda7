# SPDX-License-Identifier: GPL-2.0-only
"""Static checks of the series: checkpatch, every commit compiles, no new compiler or sparse diagnostics."""

import re
import subprocess
from pathlib import Path

from ci import config, kernel, paths
from ci.git import Git
from ci.artifacts import Artifacts
from ci.progress import say
from ci.tap import Tally

# A tree and objects of its own: going through the commits must not disturb what the kernels are built from.
TREE = kernel.Kernel("commits", "check")
DIAGNOSTIC = re.compile(r"^(?:\.\./)?(\S+?\.[ch]):\d+(?::\d+)?: ((?:warning|error|fatal error): .*)$")
# Debian 12's sparse does not know __typeof_unqual__, and kbuild would silently go on without it.
SPARSE = ("C=2", "CHECK=sparse -D__typeof_unqual__=__typeof__")
NO_SPARSE = "sparse -D__typeof_unqual__=__typeof__ is not available"
CHECKPATCH = ("--strict", "--terse", "--show-types", "--no-summary", "--ignore",
              "MISSING_SIGN_OFF,FILE_PATH_CHANGES,NO_AUTHOR_SIGN_OFF")


def checkpatch(artifacts: Artifacts) -> Tally:
    """One test per mail."""
    tally = Tally()
    artifacts.kernel(kernel.PHYR)
    for mail in sorted(paths.SERIES.glob("[0-9]*.patch")) if artifacts.patched else []:
        if mail.name.startswith("0000-"):
            continue
        result = subprocess.run(["perl", "scripts/checkpatch.pl", *CHECKPATCH, mail], cwd=kernel.PHYR.source,
                                capture_output=True, text=True)
        if result.returncode or result.stdout.strip():
            tally.failures += [f"checkpatch: {line}" for line in result.stdout.strip().splitlines()] or \
                [f"checkpatch: {mail.name}: {result.stderr.strip()}"]
        else:
            tally.passed += 1
    return tally


def touched(git: Git, left: str, right: str) -> list[str]:
    return git.line("diff-tree", "-r", "--no-commit-id", "--name-only", "--diff-filter=d", left, right).splitlines()


def buildable(files: list[str]) -> list[str]:
    """Objects kbuild can make from these files; tools/ and samples/ are programs of their own."""
    return [f"{name[:-2]}.o" for name in files if name.endswith(".c") and not name.startswith(("tools/", "samples/"))]


def diagnostics(text: str) -> set[tuple[str, str]]:
    return {(m[1], m[2]) for line in text.splitlines() if (m := DIAGNOSTIC.match(line))}


def prepare(commit: str, patched: bool) -> None:
    TREE.objects.mkdir(parents=True, exist_ok=True)
    kernel.checkout(TREE.tree, commit)
    options = config.merged(kernel.fragments(kernel.PHYR, patched))
    # Half-way through the series some of its options do not exist yet, so nothing is verified here.
    (TREE.objects / "all.config").write_text(config.render(options))
    kernel.make(TREE, "KCONFIG_ALLCONFIG=all.config", "allnoconfig")


def compile_objects(commit: str, objects: list[str], *options: str) -> set[tuple[str, str]]:
    """What the compiler says, after trying every object."""
    prepare(commit, True)
    present = [name for name in objects if (TREE.source / name).with_suffix(".c").exists()]
    command = ["make", "-s", "-k", f"O={TREE.flavour}", f"-j{kernel.CPUS}", *kernel.COMPILER, *options, *present]
    result = subprocess.run(command, cwd=TREE.source, capture_output=True, text=True, env=kernel.environment())
    output = result.stdout + result.stderr
    if NO_SPARSE in output:
        raise kernel.KernelError("kbuild does not accept this machine's sparse (scripts/checker-valid.sh)")
    found = diagnostics(output)
    if result.returncode and not any(text.startswith(("error", "fatal")) for _file, text in found):
        found.add(("make", f"error: {output.strip()[-500:]}"))
    return found


def every_commit(artifacts: Artifacts) -> Tally:
    """Each commit compiles by itself, without warnings that the base has not."""
    tally = Tally()
    if not artifacts.patched:
        return tally
    git = artifacts.store
    objects = buildable(touched(git, artifacts.base, artifacts.tip))
    folders = sorted({f"{Path(name).parent}/" for name in objects})
    previous = artifacts.base
    for commit in artifacts.commits:
        subject = git.line("log", "-1", "--format=%s", commit)
        say(f"compiling {subject}")
        files = touched(git, previous, commit)
        headers = any(name.endswith(".h") for name in files)
        found = compile_objects(commit, objects, *(folders if headers else ()))
        tally.failures += [f"'{subject}': {file}: {text}" for file, text in sorted(found)]
        tally.passed += not found
        previous = commit
    return tally


def last_commit(artifacts: Artifacts) -> Tally:
    """W=1 and sparse on the files the series touches, against the same on the base."""
    tally = Tally()
    if not artifacts.patched:
        return tally
    objects = buildable(touched(artifacts.store, artifacts.base, artifacts.tip))
    say("sparse and W=1")
    before = compile_objects(artifacts.base, objects, "W=1", *SPARSE)
    after = compile_objects(artifacts.tip, objects, "W=1", *SPARSE)
    files = set(touched(artifacts.store, artifacts.base, artifacts.tip))
    new = sorted((file, text) for file, text in after - before if file in files or file == "make")
    tally.failures += [f"W=1 or sparse: {file}: {text}" for file, text in new]
    tally.passed += len(files - {file for file, _text in new})
    return tally
