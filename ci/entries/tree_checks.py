# SPDX-License-Identifier: GPL-2.0-only
"""The kernel tree's own checkers on the files that the series touches: kernel-doc, Sphinx, semantic patches.

Each looks at the files as they are before the series and after it, and what it says only afterwards is a failure.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ci import paths
from ci.artifacts import Artifacts
from ci.entries import diagnostics
from ci.entry import Options
from ci.progress import say
from ci.tap import Tally

FOLDER = paths.BUILD / "tree-checks"
CHECKERS = ("tools/docs", "tools/lib/python", "Documentation/sphinx", "scripts/coccinelle")
LINE_NUMBER = re.compile(r":\d+(?::\d+)?(?:-\d+)?:?|\bon lines? \d+")
OPTIONS = re.compile(r"^//[/#]?\s*Options:\s*(.*)$", re.M)
INCLUDED = re.compile(r"^\.\. kernel-doc:: (\S+)$", re.M)


def touched(artifacts: Artifacts) -> list[str]:
    """tools/ and samples/ have no kernel-doc, and no semantic patches are meant for them."""
    files = diagnostics.touched(artifacts.store, artifacts.base, artifacts.tip)
    return [name for name in files if not name.startswith(("tools/", "samples/"))]


def included(artifacts: Artifacts, pages: list[str]) -> set[str]:
    """Sources whose comments these pages show."""
    text = "".join(artifacts.store.line("show", f"{artifacts.tip}:{page}") for page in pages)
    return set(INCLUDED.findall(text))


def extract(artifacts: Artifacts, commit: str, files: list[str], folder: Path) -> Path:
    """folder, with these files and the checkers of the last commit."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    there = set(artifacts.store.line("ls-tree", "-r", "--name-only", commit, "--", *files).splitlines())
    for source, names in ((artifacts.tip, CHECKERS), (commit, sorted(there))):
        packed = artifacts.store.run("archive", source, "--", *names)
        subprocess.run(["tar", "-x", "-C", folder], input=packed, check=True)
    return folder


def said(folder: Path, command: list[str], env: dict[str, str] | None = None) -> set[str]:
    """The lines of a checker, without the numbers that any change of a file moves."""
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | (env or {}))
    output = (run.stdout + run.stderr).replace(f"{folder}/", "")
    lines = {LINE_NUMBER.sub(":", line).strip() for line in output.splitlines()}
    lines.discard("")
    return lines | ({f"{command[0]} exits with {run.returncode}"} if run.returncode else set())


def new(artifacts: Artifacts, name: str, files: list[str], look: Callable[[Path], set[str]]) -> Tally:
    """One test a file; what names none of them counts against the checker."""
    after = look(extract(artifacts, artifacts.tip, files, FOLDER / name / "after"))
    # Mostly there is nothing to be compared.
    found = sorted(after - look(extract(artifacts, artifacts.base, files, FOLDER / name / "before"))) if after else []
    clean = [file for file in files if not any(file in line for line in found)]
    return Tally(passed=len(clean), failures=[f"{name}: {line}" for line in found])


def kernel_doc(artifacts: Artifacts, options: Options) -> Tally:
    """Comments that describe what is there."""
    sources = [name for name in touched(artifacts) if name.endswith((".c", ".h"))]

    def look(folder: Path) -> set[str]:
        present = [name for name in sources if (folder / name).exists()]
        return said(folder, ["python3", "-B", "tools/docs/kernel-doc", "-none", "-Wall", *present])

    return new(artifacts, "kernel-doc", sources, look)


def rst(artifacts: Artifacts, options: Options) -> Tally:
    """Pages of Documentation/ with the comments that they show; lists of pages want all the others, too."""
    pages = [name for name in touched(artifacts) if name.endswith(".rst") and not name.endswith("/index.rst")]

    def look(folder: Path) -> set[str]:
        source = folder / "Documentation"
        present = [name.removeprefix("Documentation/") for name in pages if (folder / name).exists()]
        names = [f"   {name.removesuffix('.rst')}\n" for name in present]
        (source / "index.rst").write_text(f"All\n===\n\n.. toctree::\n\n{''.join(names)}")
        return said(folder, ["sphinx-build", "-q", "-E", "-b", "dummy", "-C", "-D", "extensions=kerneldoc",
                             "-D", f"kerneldoc_srctree={folder}", "-d", str(folder / "doctrees"), str(source),
                             str(folder / "out")],
                    {"PYTHONPATH": f"{source}/sphinx:{folder}/tools/lib/python", "srctree": str(folder)})

    return new(artifacts, "rst", [*pages, *sorted(included(artifacts, pages))], look)


def coccinelle(artifacts: Artifacts, options: Options) -> Tally:
    """Every semantic patch of the tree that has a report; some are written in OCaml."""
    sources = [name for name in touched(artifacts) if name.endswith(".c")]

    def look(folder: Path) -> set[str]:
        present = [name for name in sources if (folder / name).exists()]
        rules = [rule for rule in sorted(folder.glob("scripts/coccinelle/*/*.cocci"))
                 if "virtual report" in rule.read_text()]

        def apply(rule: Path) -> set[str]:
            options = " ".join(OPTIONS.findall(rule.read_text())).split()
            return said(folder, ["spatch", "-D", "report", "--no-show-diff", "--very-quiet", "--cocci-file", str(rule),
                                 *options, *present])

        say(f"{len(rules)} semantic patches on {len(present)} files")
        with ThreadPoolExecutor(options.cores) as pool:
            return set().union(*pool.map(apply, rules))

    return new(artifacts, "coccinelle", sources, look)
