# SPDX-License-Identifier: GPL-2.0-only
"""Kernel configurations: fragments of 'CONFIG_X=value  # reason' lines on top of allnoconfig."""

import re
from pathlib import Path

from ci.error import CiError

FRAGMENTS = Path(__file__).parent / "configs"
EVERYTHING = FRAGMENTS / "portability" / "x86-64.config"      # on top of allmodconfig
LINE = re.compile(r"(CONFIG_\w+)=(\S+)\s+# (\S.*)")
DOTCONFIG = re.compile(r"(CONFIG_\w+)=(.*)")


class ConfigError(CiError):
    pass


def fragment(path: Path) -> dict[str, str]:
    """The options of one fragment; a line without a reason is an error."""
    options: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        match = LINE.fullmatch(line)
        if not match:
            raise ConfigError(f"{path}:{number}: want 'CONFIG_X=value  # reason', got '{line}'")
        name, value, _reason = match.groups()
        if name in options:
            raise ConfigError(f"{path}:{number}: {name} is set twice")
        options[name] = value
    return options


def merged(names: list[str], folder: Path = FRAGMENTS) -> dict[str, str]:
    """Options of several fragments; two fragments that disagree are an error."""
    options: dict[str, str] = {}
    for name in names:
        for option, value in fragment(folder / f"{name}.config").items():
            if options.setdefault(option, value) != value:
                raise ConfigError(f"{name}.config: {option}={value} contradicts {option}={options[option]}")
    return options


def render(options: dict[str, str]) -> str:
    """A file for KCONFIG_ALLCONFIG."""
    return "".join(
        f"# {name} is not set\n" if value == "n" else f"{name}={value}\n" for name, value in options.items()
    )


def dotconfig(text: str) -> dict[str, str]:
    """The options a kernel's .config sets; what is unset is absent."""
    return {m[1]: m[2] for line in text.splitlines() if (m := DOTCONFIG.fullmatch(line))}


def unmet(wanted: dict[str, str], text: str) -> list[str]:
    """Each requested option that the kernel's .config does not have, as a sentence."""
    actual = dotconfig(text)
    return [
        f"{name} is {actual.get(name, 'n')}, wanted {value}"
        for name, value in wanted.items()
        if actual.get(name, "n") != value
    ]


def difference(left: str, right: str) -> list[str]:
    """Options that differ between two .config texts, as 'CONFIG_X: left -> right'."""
    a, b = dotconfig(left), dotconfig(right)
    return [
        f"{name}: {a.get(name, 'n')} -> {b.get(name, 'n')}"
        for name in sorted(a.keys() | b.keys())
        if a.get(name) != b.get(name) and not name.startswith("CONFIG_CC_VERSION_TEXT")
    ]
