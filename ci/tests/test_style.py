# SPDX-License-Identifier: GPL-2.0-only
"""Each tool sees a mistake in a file of its kind, and is content with a clean one."""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from ci import paths, style

SETTINGS = (".clang-format", ".editorconfig", ".flake8", "userspace/web/tsconfig.json", "userspace/web/uplot.d.ts")
HTML = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>phyr</title>
</head>
<body>
{}
</body>
</html>
"""


class StyleTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = Path(scratch.name)
        for name in SETTINGS:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(paths.ROOT / name, self.root / name)
        subprocess.run(["git", "init", "-q", self.root], check=True)

    def put(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def failures(self, tool: str) -> list[str]:
        return style.check([tool], self.root).failures

    def noticed(self, tool: str, name: str, text: str, line: int, words: str) -> None:
        """The one mistake in text."""
        self.put(name, text)
        self.assertRegex("\n".join(self.failures(tool)), rf"\A{tool}: {name}:{line}: .*{words}.*\Z")
        (self.root / name).unlink()

    def content(self, tool: str, name: str, text: str) -> None:
        self.put(name, text)
        self.assertEqual(self.failures(tool), [])
        (self.root / name).unlink()

    def test_clang_format(self):
        self.content("clang-format", "a.c", "int f(void)\n{\n\treturn 0;\n}\n")
        self.noticed("clang-format", "a.c", "int f(void)\n{\n    return 0;\n}\n", 2, "clang-formatted")
        self.noticed("clang-format", "a.h", "int  f(void);\n", 1, "clang-formatted")
        self.noticed("clang-format", "a.cc", "void f() { }\n", 1, "clang-formatted")

    def test_kernel_sources_are_left_alone(self):
        self.put("kernel/files/mm/a.c", "int\tf;\n")
        self.assertEqual(style.TOOLS["clang-format"].files(self.root), [])

    def test_flake8(self):
        self.content("flake8", "a.py", "import os\n\nprint(os.name)\n")
        self.noticed("flake8", "a.py", "import os\n", 1, "F401")
        self.noticed("flake8", "a.py", "print(undefined)\n", 1, "F821")
        self.noticed("flake8", "a.py", "x = 1  + 2\n", 1, "E221")
        self.noticed("flake8", "a.py", f"x = '{120 * 'x'}'\n", 1, "E501")

    def test_shellcheck(self):
        self.content("shellcheck", "a.sh", "#!/bin/sh\necho \"$1\"\n")
        self.noticed("shellcheck", "a.sh", "#!/bin/sh\necho $1\n", 2, "SC2086")

    def test_scripts_without_a_suffix_are_found(self):
        self.noticed("shellcheck", "bin/tool", "#!/usr/bin/env bash\necho $1\n", 2, "SC2086")
        self.put("data", "not a script\n")
        self.assertEqual(style.TOOLS["shellcheck"].files(self.root), [])

    def test_tsc(self):
        self.content("tsc", "userspace/web/a.js", "export function f(x) {\n\treturn x;\n}\n")
        self.noticed("tsc", "userspace/web/a.js", "export const x = undeclared;\n", 1, "TS2304")
        self.noticed("tsc", "userspace/web/a.js", "document.getElementByid('x');\n", 1, "TS2551")

    def test_css(self):
        self.content("css", "a.css", ":root { --a: red; }\na { color: var(--a); width: min(1rem, 50%); }\n")
        self.noticed("css", "a.css", "a {\n\tcolr: red;\n}\n", 2, "colr")
        self.noticed("css", "a.css", "a { color: 12; }\n", 1, "color cannot be 12")
        self.noticed("css", "a.css", "a { color: var(--b); }\n", 1, "--b is set nowhere")
        self.noticed("css", "a.css", "a { color red; }\n", 1, "Colon")
        self.noticed("css", "a.css", "@medja print { a { color: red; } }\n", 1, "medja")

    def test_tidy(self):
        self.content("tidy", "a.html", HTML.format("<p>text</p>"))
        self.noticed("tidy", "a.html", HTML.format("<p>text</b></p>"), 8, "</b>")
        self.noticed("tidy", "a.html", HTML.format("<p><img src='x'></p>"), 8, "alt")
        self.noticed("tidy", "a.html", HTML.format("<p id='x'>a</p><p id='x'>b</p>"), 8, "already defined")

    def test_whitespace(self):
        self.content("whitespace", "a.sh", "#!/bin/sh\nif a; then\n\tb\nfi\n")
        self.noticed("whitespace", "a.sh", "if a; then\n        b\nfi\n", 2, "tabs")
        self.content("whitespace", "a.h", "#define A \\\n          \\\n\tb\n")
        self.noticed("whitespace", "a.json", "{\n\t\"a\": 1\n}\n", 2, "spaces")
        self.noticed("whitespace", "a.md", "text \n", 1, "blanks")
        self.noticed("whitespace", "a.md", "text\r\n", 1, "blanks")
        self.noticed("whitespace", "a.md", "a\ntext", 2, "newline")
        self.noticed("whitespace", "a.md", 121 * "x" + "\n", 1, "121 columns")
        self.noticed("whitespace", "a.sh", 15 * "\t" + "x\n", 1, "121 columns")
        self.content("whitespace", "a.md", "| " + 120 * "x" + " |\n")

    def test_text_is_utf8(self):
        (self.root / "a.md").write_bytes(b"caf\xe9\n")
        self.assertEqual(self.failures("whitespace"), ["whitespace: a.md:1: no UTF-8: invalid continuation byte; "
                                                       "./phyr format mends what it can"])

    def test_silencing_needs_a_reason(self):
        self.content("reasons", "a.sh", "# shellcheck disable=SC2086 # two words\necho $1\n")
        self.content("reasons", "a.py", "import os  # noqa: F401: those who import this want it\n")
        self.noticed("reasons", "a.sh", "# shellcheck disable=SC2086\necho $1\n", 1, "shellcheck")
        self.noticed("reasons", "a.sh", "# shellcheck disable=SC2086,SC2046\necho $1\n", 1, "shellcheck")
        self.noticed("reasons", "a.py", "import os  # noqa: F401\n", 1, "noqa")
        self.noticed("reasons", "a.js", "// @ts-ignore\nx();\n", 1, "ts-ignore")

    def test_nothing_to_check_is_a_failure(self):
        self.assertEqual(self.failures("tidy"), ["tidy: there is no file for it"])

    def test_tool_that_fails_is_a_failure(self):
        self.put("a.c", "int f;\n")
        self.put(".clang-format", "NoSuchOption: 1\n")
        self.assertRegex("\n".join(self.failures("clang-format")), "clang-format exits with 1: (?s:.*)NoSuchOption")

    def test_format(self):
        bad = {"a.c": "int  f;\n", "a.py": "x = 1   +  2\n", "a.md": "text \nmore"}
        good = {"a.c": "int f;\n", "a.py": "x = 1 + 2\n", "a.md": "text\nmore\n"}
        for name, text in bad.items():
            self.put(name, text)
        self.put("b.c", "int f;\n")
        self.assertEqual(style.write(self.root), sorted(bad))
        self.assertEqual({name: (self.root / name).read_text() for name in good}, good)
        self.assertEqual(style.write(self.root), [])
        self.assertEqual(style.check(["clang-format", "flake8", "whitespace"], self.root).failures, [])


if __name__ == "__main__":
    unittest.main()
