# SPDX-License-Identifier: GPL-2.0-only
"""A flame graph as one SVG: a box for each function in its caller's, as wide as what it takes with what it calls."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

WIDTH, ROW, CHARACTER, MARGIN = 1200, 18, 6.6, 10
LEAST = 0.4          # pixels: narrower boxes are left out
TITLE = 24           # pixels above each graph


@dataclass
class Frame:
    """A function in one place of the tree."""
    name: str
    own: int = 0
    callees: dict[str, "Frame"] = field(default_factory=dict)

    def callee(self, name: str) -> "Frame":
        return self.callees.setdefault(name, Frame(name))

    def total(self) -> int:
        return self.own + sum(callee.total() for callee in self.callees.values())

    def depth(self) -> int:
        return 1 + max((callee.depth() for callee in self.callees.values()), default=0)


def colour(name: str) -> str:
    """The same for a function on both sides."""
    value = sum((index + 1) * ord(character) for index, character in enumerate(name))
    return f"hsl({20 + value % 35},{70 + value % 25}%,{62 + value % 14}%)"


def boxes(frame: Frame, left: float, top: float, scale: float, whole: int) -> Iterator[str]:
    total = frame.total()
    width = total * scale
    if width < LEAST:
        return
    label = frame.name if len(frame.name) * CHARACTER < width - 4 else ""
    if not label and width > 4 * CHARACTER:
        label = frame.name[:int((width - 4) / CHARACTER) - 1] + "…"
    says = f"{frame.name}: {total:,}, of these itself {frame.own:,}; {100 * total / whole:.2f} %"
    yield (f'<g><title>{escape(says)}</title><rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{ROW - 1}" '
           f'fill="{colour(frame.name)}"/>'
           + (f'<text x="{left + 2:.1f}" y="{top + ROW - 5}">{escape(label)}</text>' if label else "") + "</g>")
    for callee in sorted(frame.callees.values(), key=lambda each: -each.total()):
        yield from boxes(callee, left, top + ROW, scale, whole)
        left += callee.total() * scale


def svg(sides: dict[str, Frame], heading: str) -> str:
    """sides: what each is called -> its tree. All have one scale, so that the shorter graph is the cheaper side."""
    most = max((frame.total() for frame in sides.values()), default=0) or 1
    scale = (WIDTH - 2 * MARGIN) / most
    parts, top = [], 2 * TITLE
    for name, frame in sides.items():
        parts.append(f'<text class="side" x="{MARGIN}" y="{top - 6}">{escape(name)}: {frame.total():,}</text>')
        parts += boxes(frame, MARGIN, top, scale, frame.total() or 1)
        top += frame.depth() * ROW + TITLE + ROW
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}">',
        "<style>text{font:11px monospace;pointer-events:none}.side{font-weight:bold}rect:hover{stroke:#000}</style>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        f'<text class="side" x="{MARGIN}" y="18">{escape(heading)}</text>', *parts, "</svg>", ""])
