# SPDX-License-Identifier: GPL-2.0-only
"""What tools say of the sources' text, and ./phyr format, which mends what a tool can mend."""

import os
import re
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from ci import git, paths, whitespace
from ci.artifacts import Artifacts
from ci.error import CiError
from ci.tap import Tally

FORMAT = "./phyr format"
# What no tool looks at, and why.
EXEMPT = {
    "*.patch": "git and checkpatch have their own idea of it",
    "userspace/web/uplot/*": "another project's, unchanged",
}
KERNEL = {"*/files/*": "kernel sources align columns by hand, as their neighbours do; checkpatch judges them"}
GENERATED = {"userspace/tests/scipy_golden.h": "scipy_golden.py writes it"}
LINTED = {"*.py": "flake8 says the same of it, and knows which lines are in strings"}
# Debian's packages of node modules are there, whoever made node.
NODE = {"NODE_PATH": "/usr/share/nodejs"}

# file:line:column: message, or file(line,column): message
PLACE = re.compile(r"(?P<file>[^:(]+)[:(](?P<line>\d+)(?:[:,]\d+)*\)?: *(?P<message>.*)")
SHEBANG = re.compile(rb"#! *\S*/(?:env )?(\w+)")
SILENCED = re.compile(r"(?:#|//|/\*) *(noqa\b|shellcheck disable=|@ts-(?:ignore|expect-error|nocheck))[:\s]*"
                      r"(?:[A-Z]+\d+[,\s:]*)*(?P<reason>.*)")
SHELLS = (b"sh", b"bash", b"dash")


class StyleError(CiError):
    pass


# (root, files) -> the problems, each 'file:line: message'
Check = Callable[[Path, list[str]], list[str]]


@dataclass(frozen=True)
class Tool:
    names: tuple[str, ...]                               # patterns of the files that it judges
    check: Check
    mend: Callable[[Path, list[str]], object] | None = None
    shells: bool = False                                  # it judges scripts of the shell, whatever their names
    exempt: dict[str, str] = field(default_factory=dict)  # pattern -> why

    def judges(self, root: Path, file: str) -> bool:
        if any(fnmatchcase(file, pattern) for pattern in EXEMPT | self.exempt):
            return False
        return any(fnmatchcase(file, pattern) for pattern in self.names) or self.shells and is_shell(root / file)

    def files(self, root: Path) -> list[str]:
        return [file for file in git.files(root) if self.judges(root, file)]


def is_shell(path: Path) -> bool:
    with path.open("rb") as file:
        shebang = SHEBANG.match(file.readline(100))
    return bool(shebang) and shebang[1] in SHELLS


def call(root: Path, files: list[str], *command: str) -> subprocess.CompletedProcess:
    return subprocess.run([*command, *files], cwd=root, capture_output=True, text=True, env=os.environ | NODE)


def places(result: subprocess.CompletedProcess, files: list[str]) -> list[str]:
    """What a tool says of its files. One that fails without a word of them has not done its work."""
    output = result.stdout + result.stderr
    matches = [match for line in output.splitlines() if (match := PLACE.match(line)) and match["file"] in files]
    if result.returncode and not matches:
        raise StyleError(f"{result.args[0]} exits with {result.returncode}: {output.strip()[-500:]}")
    return [f"{match['file']}:{match['line']}: {match['message']}" for match in matches]


def lint(*command: str, whole: bool = False) -> Check:
    """whole: the command knows by itself which files."""
    return lambda root, files: places(call(root, [] if whole else files, *command), files)


def rewrite(*command: str) -> Callable[[Path, list[str]], object]:
    return lambda root, files: places(call(root, files, *command), files)


def clang_format(root: Path, files: list[str]) -> list[str]:
    """The first place of each file."""
    first: dict[str, str] = {}
    for place in places(call(root, files, "clang-format", "--dry-run", "-Werror"), files):
        first.setdefault(place.split(":")[0], place.rsplit(" [", 1)[0])
    return list(first.values())


def reasons(root: Path, files: list[str]) -> list[str]:
    """A comment that silences a tool says why."""
    return [f"{file}:{number}: say why behind {silenced[1]}..." for file in files
            for number, line in enumerate((root / file).read_text().splitlines(), 1)
            if (silenced := SILENCED.search(line)) and not re.search(r"\w", silenced["reason"])]


TOOLS = {
    "whitespace": Tool(("*",), whitespace.problems, whitespace.mend, exempt=LINTED),
    "clang-format": Tool(("*.c", "*.h", "*.cc"), clang_format, rewrite("clang-format", "-i"),
                         exempt=KERNEL | GENERATED),
    "flake8": Tool(("*.py",), lint("flake8"), rewrite("autopep8", "--in-place")),
    "shellcheck": Tool(("*.sh", "*.bash"), lint("shellcheck", "--format=gcc"), shells=True),
    "tsc": Tool(("userspace/web/*.js",), lint("tsc", "--pretty", "false", "-p", "userspace/web", whole=True)),
    "css": Tool(("*.css",), lint("node", str(paths.ROOT / "ci" / "css.js"))),
    "tidy": Tool(("*.html",), lint("tidy", "-quiet", "-errors", "--gnu-emacs", "yes")),
    "reasons": Tool(("*.py", "*.sh", "*.bash", "*.js"), reasons, shells=True),
}


def check(names: Iterable[str] = TOOLS, root: Path = paths.ROOT) -> Tally:
    """Counts files; one may have several problems."""
    tally = Tally()
    for name in names:
        files = TOOLS[name].files(root)
        try:
            problems = TOOLS[name].check(root, files) if files else ["there is no file for it"]
        except (CiError, OSError) as error:
            problems = [str(error)]
        clean = set(files) - {problem.split(":")[0] for problem in problems}
        hint = f"; {FORMAT} mends what it can" if TOOLS[name].mend else ""
        tally += Tally(len(clean), 0, [f"{name}: {problem}{hint}" for problem in problems])
    return tally


def style(_artifacts: Artifacts, options) -> Tally:
    """The tools that are asked for, or all."""
    return check(options.parts or TOOLS)


def write(root: Path = paths.ROOT) -> list[str]:
    """./phyr format: mends what the tools can; the files that it changed."""
    before = {file: (root / file).read_bytes() for file in git.files(root)}
    for tool in TOOLS.values():
        files = tool.files(root)
        if tool.mend and files:
            tool.mend(root, files)
    return [file for file, text in before.items() if (root / file).read_bytes() != text]
