# SPDX-License-Identifier: GPL-2.0-only
"""What the compiler and sparse say: of each commit by itself, and of the last against the base."""

import re
import subprocess
from collections.abc import Container
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from ci import config, destinations, kernel, series
from ci.artifacts import Artifacts
from ci.entries import checkpatch, kbuild_objects
from ci.entry import Options
from ci.git import Git
from ci.progress import note, say
from ci.tap import Tally

# Trees and objects of their own: going through commits must not disturb what the kernels are built from.
COMMITS = kernel.Kernel("commits", "check")
EVERYTHING = kernel.Kernel("commits", "everything")
SPARSE = kernel.Kernel("sparse", "check")
DIAGNOSTIC = re.compile(r"^(?:\.\./)?(\S+?\.[ch]):\d+(?::\d+)?: ((?:warning|error|fatal error): .*)$")
# Debian 12's sparse does not know __typeof_unqual__, and kbuild would silently go on without it.
RUN_SPARSE = ("W=1", "C=2", "CHECK=sparse -D__typeof_unqual__=__typeof__")
# Nor can it compute __builtin_strlen(), by which each MODULE_*() line is asserted to be one string.
UNCOMPUTED = "error: bad constant expression"
NO_SPARSE = "sparse -D__typeof_unqual__=__typeof__ is not available"


def touched(git: Git, left: str, right: str) -> list[str]:
    return git.line("diff-tree", "-r", "--no-commit-id", "--name-only", "--diff-filter=d", left, right).splitlines()


def buildable(files: list[str]) -> list[str]:
    """Objects kbuild can make from these files; tools/ and samples/ are programs of their own."""
    return [f"{name[:-2]}.o" for name in files if name.endswith(".c") and not name.startswith(("tools/", "samples/"))]


def of_this_processor(objects: list[str]) -> list[str]:
    """Those that the measured kernel's architecture has; portability compiles the others."""
    return [name for name in objects if not name.startswith("arch/") or name.startswith("arch/x86/")]


def diagnostics(text: str) -> set[tuple[str, str]]:
    return {(m[1], m[2]) for line in text.splitlines() if (m := DIAGNOSTIC.match(line))}


@dataclass
class Compiler:
    """Of single objects, in one tree and one configuration."""
    git: Git
    tree: kernel.Kernel
    processes: int
    options: dict[str, str]
    start: str = "allnoconfig"
    configured: str = ""       # the commit for which the tree has a configuration
    listed: dict[tuple[str, ...], list[str]] = field(default_factory=dict)    # by folders, for this commit

    def configure(self) -> None:
        # Half-way through the series some of its options do not exist yet, so nothing is verified here.
        (self.tree.objects / "all.config").write_text(config.render(self.options))
        kernel.make(self.tree, "KCONFIG_ALLCONFIG=all.config", self.start)
        kernel.make(self.tree, "syncconfig")       # kbuild prepares the rest before it compiles

    def prepare(self, commit: str) -> None:
        self.tree.objects.mkdir(parents=True, exist_ok=True)
        kernel.checkout(self.tree.tree, commit)
        changed = self.git.line("diff-tree", "-r", "--name-only", self.configured, commit) if self.configured else ""
        # The same Kconfig files grant the same options, and asking them takes longer than most commits do.
        if not self.configured or "Kconfig" in changed:
            self.configure()
        if not changed or re.search(r"Kconfig|Kbuild|Makefile", changed):
            self.listed = {}
        self.configured = commit

    def made(self, objects: list[str]) -> list[str]:
        """What kbuild compiles in their folders."""
        folders = tuple(sorted({str(Path(name).parent) for name in objects}))
        if folders not in self.listed:
            self.listed[folders] = kbuild_objects.beside(self.tree, objects)
        return self.listed[folders]

    def forget(self, objects: list[str]) -> None:
        """What an earlier command has left up to date would not repeat its warnings."""
        for name in objects:
            (self.tree.objects / name).unlink(missing_ok=True)

    def compile(self, commit: str, objects: list[str], folders: Container[str] = ()) \
            -> tuple[set[tuple[str, str]], list[str]]:
        """What the compiler says of these objects and all in these folders; and what the configuration leaves out."""
        if not objects:
            return set(), []
        self.prepare(commit)
        made = set(self.made(objects))
        own = [name for name in objects if name in made]
        places = sorted({f"{Path(name).parent}/" for name in own})
        found = self.run(own, *[place for place in places if place in folders]) if own else set()
        return found, [name for name in objects if name not in made]

    def run(self, objects: list[str], *options: str) -> set[tuple[str, str]]:
        """What the compiler says, after trying every object."""
        present = [name for name in objects if (self.tree.source / name).with_suffix(".c").exists()]
        command = ["make", "-s", "-k", f"O={self.tree.flavour}", f"-j{self.processes}",
                   *self.tree.architecture.make_arguments, *options, *present]
        result = subprocess.run(command, cwd=self.tree.source, capture_output=True, text=True,
                                env=kernel.environment(self.tree))
        output = result.stdout + result.stderr
        if NO_SPARSE in output:
            raise kernel.KernelError("kbuild does not accept this machine's sparse (scripts/checker-valid.sh)")
        found = diagnostics(output)
        if result.returncode and not any(text.startswith(("error", "fatal")) for _file, text in found):
            found.add(("make", f"error: {output.strip()[-500:]}"))
        return found


def measured_options() -> dict[str, str]:
    return config.merged(kernel.fragments(kernel.PHYR, True))


def builds() -> list[str]:
    """Each patch in the row of all; alone/NAME: a series on nothing but what it needs."""
    return checkpatch.patches() + [f"alone/{destination.name}" for destination in destinations.load().all]


def affected(files: list[str], objects: list[str]) -> tuple[list[str], list[str]]:
    """What a commit that changes these files may break: objects, and folders with all that is compiled there."""
    if any(file.endswith(".h") for file in files):
        return objects, sorted({f"{Path(name).parent}/" for name in objects})
    # Kbuild takes seconds to see that a hundred objects are up to date.
    if all(file.endswith((".c", ".rst")) or file == "MAINTAINERS" for file in files):
        return of_this_processor(buildable(files)), []
    return objects, []


@dataclass(frozen=True)
class Step:
    """A commit of a row."""
    name: str
    commit: str
    files: list[str]               # that it changes
    since: list[str]               # that its folder has changed up to its end, if this is the end; else as files
    objects: list[str]             # of its folder; at the end of that, of the whole row


def steps(git: Git, start: str, commits: dict[str, str]) -> list[Step]:
    """What each may break is compiled of its own folder, such as kernel/patches: of all it would take many hours."""
    row = of_this_processor(buildable(touched(git, start, list(commits.values())[-1])))
    found = []
    before = start
    for _folder, group in groupby(commits, lambda name: name.rpartition("/")[0]):
        names = list(group)
        since = touched(git, before, commits[names[-1]])
        own = of_this_processor(buildable(since))
        for name in names:
            files = touched(git, before, commits[name])
            last = name == names[-1]
            found.append(Step(name, commits[name], files, since if last else files, row if last else own))
            before = commits[name]
    return found


def walk(measured: Compiler, everything: Compiler, start: str, commits: dict[str, str],
         wanted: Container[str]) -> Tally:
    """Each of commits (name -> commit), which follow start, compiles by itself, without a warning.

    What one folder breaks in another is seen at the end of the first, not at each of its commits.

    That is with the measured kernel's configuration. Sources that it leaves out are compiled with everything, for
    the commits that change them. Those that neither has are named, and count as skipped.
    """
    tally = Tally()
    row = steps(measured.git, start, commits)
    for compiler in (measured, everything):
        if not compiler.configured:
            compiler.forget(row[-1].objects)
    skipped = False
    for step in row:
        if step.name in wanted:
            say(f"compiling {step.name}")
            objects, folders = affected(step.since, step.objects)
            found, left = measured.compile(step.commit, step.objects if skipped else objects, folders)
            more, nowhere = everything.compile(step.commit, [name for name in left if f"{name[:-2]}.c" in step.files])
            found |= more
            if nowhere:
                note(f"{step.name}: not compiled, as neither configuration has it: {', '.join(nowhere)}")
            tally += Tally(passed=int(not found), skipped=len(nowhere),
                           failures=[f"{step.name}: {file}: {text}" for file, text in sorted(found)])
        skipped = step.name not in wanted
    return tally


def alone(measured: Compiler, everything: Compiler, branch: series.Branch) -> Tally:
    """Its last commit. The row of all has each: no two lists of fixes touch a file, so they come out the same."""
    *before, last = measured.git.line("rev-list", "--reverse", branch.span).split()
    name = f"alone/{branch.destination.name}"
    commits = {"before": before[-1]} if before else {}
    return walk(measured, everything, branch.start, commits | {name: last}, [name])


def every_commit(artifacts: Artifacts, options: Options) -> Tally:
    measured = Compiler(artifacts.store, COMMITS, options.cores, measured_options())
    most = config.fragment(config.EVERYTHING)
    everything = Compiler(artifacts.store, EVERYTHING, options.cores, most, "allmodconfig")
    row = dict(zip(checkpatch.patches(), artifacts.commits, strict=True))
    tally = walk(measured, everything, artifacts.base, row, options.parts)
    for branch in artifacts.branches:
        if f"alone/{branch.destination.name}" in options.parts:
            tally += alone(measured, everything, branch)
    return tally


def sparse(artifacts: Artifacts, options: Options) -> Tally:
    """W=1 and sparse on the files the series touches, against the same on the base."""
    compiler = Compiler(artifacts.store, SPARSE, options.cores, measured_options())
    objects = of_this_processor(buildable(touched(artifacts.store, artifacts.base, artifacts.tip)))
    compiler.forget(objects)
    said = []
    for commit in (artifacts.base, artifacts.tip):
        compiler.prepare(commit)
        said.append(compiler.run(objects, *RUN_SPARSE))
    before, after = said
    files = set(touched(artifacts.store, artifacts.base, artifacts.tip))
    new = sorted((file, text) for file, text in after - before
                 if (file in files or file == "make") and text != UNCOMPUTED)
    return Tally(passed=len(files - {file for file, _text in new}),
                 failures=[f"W=1 or sparse: {file}: {text}" for file, text in new])
