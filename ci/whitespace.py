# SPDX-License-Identifier: GPL-2.0-only
"""How .editorconfig wants a file's text laid out: what differs, and what of that a program may mend."""

from collections.abc import Iterator
from pathlib import Path

# A row of a Markdown table has to be one line.
TABLE_ROW = "|"
# clang-format leads up to it with blanks.
MACRO_GOES_ON = "\\"


def wanted_of(path: Path) -> dict[str, str]:
    # Not before it is needed: without the package, all else goes on.
    import editorconfig
    return editorconfig.get_properties(str(path))


def lines_of(text: str) -> list[str]:
    """Without what ends them; a file that ends with a newline has no line behind it."""
    return text.removesuffix("\n").split("\n")


def misindented(line: str, style: str, width: int) -> bool:
    """Blanks may follow tabs, to align what continues a line or a comment, but not in a tab's place."""
    if line.strip() == MACRO_GOES_ON:
        return False
    indentation = line[:len(line) - len(line.lstrip(" \t"))]
    if style == "tab":
        return " " * width in indentation or " \t" in indentation
    return "\t" in indentation


def problems_of(text: str, wanted: dict[str, str]) -> Iterator[tuple[int, str]]:
    """(line, message)"""
    width = int(wanted.get("tab_width", 8))
    limit = wanted.get("max_line_length", "off")
    for number, line in enumerate(lines_of(text), 1):
        if line != line.rstrip() and wanted.get("trim_trailing_whitespace") == "true":
            yield number, "blanks end the line"
        if "indent_style" in wanted and misindented(line, wanted["indent_style"], width):
            yield number, f"to be indented with {wanted['indent_style']}s"
        columns = len(line.expandtabs(width))
        if limit.isdigit() and columns > int(limit) and not line.startswith(TABLE_ROW):
            yield number, f"{columns} columns, more than {limit}"
    if text and not text.endswith("\n") and wanted.get("insert_final_newline") == "true":
        yield len(lines_of(text)), "no newline ends the file"


def problems(root: Path, files: list[str]) -> list[str]:
    """'file:line: message' of each"""
    found = []
    for file in files:
        try:
            text = (root / file).read_bytes().decode()
        except UnicodeDecodeError as error:
            found.append(f"{file}:1: no UTF-8: {error.reason}")
            continue
        wanted = wanted_of(root / file)
        found += [f"{file}:{line}: {message}" for line, message in problems_of(text, wanted)]
    return found


def mend(root: Path, files: list[str]) -> None:
    """Ends of lines and of files."""
    for file in files:
        path = root / file
        wanted = wanted_of(path)
        text = mended = path.read_bytes().decode()
        if wanted.get("trim_trailing_whitespace") == "true":
            mended = "\n".join(line.rstrip() for line in mended.split("\n"))
        if wanted.get("insert_final_newline") == "true" and mended:
            mended = mended.removesuffix("\n") + "\n"
        if mended != text:
            path.write_bytes(mended.encode())
