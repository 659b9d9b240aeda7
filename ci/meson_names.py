# SPDX-License-Identifier: GPL-2.0-only
"""Which tests the meson.build files define, read without meson: lists, dictionaries, loops over them, calls.

What meson itself says, once it has set a build up, is held against this (entries/userspace.py, entries/guest.py).
"""

import re
from pathlib import Path

from ci import paths

LITERAL = re.compile(r"'([^']*)'")
VARIABLE = re.compile(r"^(\w+) = (\[.*?^\]|\{.*?^\})", re.M | re.S)
LOOP = re.compile(r"^foreach (\w+)(?:, (\w+))? : (\[.*?\]|\{.*?\}|\w+)\n(.*?)^endforeach\n", re.M | re.S)
CALL = re.compile(r"\b(test|executable|install_data)\(")
CONCATENATION = re.compile(r"'\s*\+\s*'")
INSTALLED_WITH_TESTS = re.compile(r"install_dir: get_option\('prefix'\) / 'tests'")
RENAMED = re.compile(r"rename: '([^']+)'")


def unrolled(text: str) -> str:
    """The file with each loop written out."""
    variables = dict(VARIABLE.findall(text))

    def write_out(loop: re.Match) -> str:
        key, value, over, body = loop.groups()
        items = variables.get(over, over)
        rounds = re.findall(r"'([^']*)' *: *(\w+)", items) if value else [(name, "") for name in LITERAL.findall(items)]
        return "".join(re.sub(rf"\b{value}\b", setting, once) if value else once
                       for name, setting in rounds for once in [re.sub(rf"(?<!')\b{key}\b(?!')", f"'{name}'", body)])

    return CONCATENATION.sub("", LOOP.sub(write_out, text))


def to_its_end(text: str) -> str:
    """Up to the parenthesis that closes a call whose arguments text begins with."""
    depth = 1
    for position, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if not depth:
            return text[:position]
    return text


def calls(root: Path = paths.ROOT) -> list[tuple[str, str]]:
    """(function, arguments) of each call that can define a test."""
    found = []
    # build/ holds kernel trees, which are large.
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and path != root / "build"):
        for file in sorted(folder.rglob("meson.build")):
            text = unrolled(file.read_text())
            found += [(call[1], to_its_end(text[call.end():])) for call in CALL.finditer(text)]
    return found


def first(arguments: str) -> str:
    return LITERAL.search(arguments)[1]


def unit_tests(root: Path = paths.ROOT) -> list[str]:
    return sorted(first(arguments) for function, arguments in calls(root) if function == "test")


def guest_programs(root: Path = paths.ROOT) -> list[str]:
    """What is installed beside the guest's tests."""
    found = []
    for function, arguments in calls(root):
        if function == "test" or "install: false" in arguments or not INSTALLED_WITH_TESTS.search(arguments):
            continue
        renamed = RENAMED.search(arguments)
        found.append(renamed[1] if renamed else first(arguments))
    return sorted(found)
