# SPDX-License-Identifier: GPL-2.0-only
"""embed.py OUTPUT [PATH FILE]...: write a C file with the bytes of each FILE, which phyrd serves at PATH.

@PAGE@ stands in the page for what tells these files from those of another phyrd.
"""

import hashlib
import sys
from pathlib import Path

PLACEHOLDER = b"@PAGE@"
TYPES = {
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
}


def literal(data: bytes) -> str:
    rows = (data[start:start + 24] for start in range(0, len(data), 24))
    return "\n".join("\t" + ", ".join(map(str, row)) + "," for row in rows)


def main() -> None:
    output, pairs = sys.argv[1], sys.argv[2:]
    files = [Path(file).read_bytes() for file in pairs[1::2]]
    page = hashlib.sha256(b"".join(files)).hexdigest()[:16].encode()
    lines = ["#include \"asset.h\"", ""]
    entries = []
    for number, (path, file, data) in enumerate(zip(pairs[::2], pairs[1::2], files)):
        if file.endswith(".html"):
            data = data.replace(PLACEHOLDER, page)
        lines += [f"static const unsigned char data_{number}[] = {{", literal(data), "};", ""]
        entries.append(f"\t{{ \"{path}\", \"{TYPES[Path(file).suffix]}\", data_{number}, sizeof(data_{number}) }},")
    lines += ["const struct asset assets[] = {", *entries, "\t{ 0 },", "};", ""]
    Path(output).write_text("\n".join(lines))


main()
