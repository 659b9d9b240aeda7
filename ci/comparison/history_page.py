# SPDX-License-Identifier: GPL-2.0-only
"""Rows over commits as one HTML file that needs nothing else: a plot of each row, as SVG inside it."""

from html import escape

from ci import compare
from ci.comparison.html import COLOURS, STYLE

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 900, 220, 110, 20, 14, 26      # of a plot, in pixels
DOT = 4
PLAIN = "#57606a"


def scale(figures: list[float]) -> tuple[float, float]:
    """What the plot's lower and upper edge are: all of it is seen, and one figure alone is in the middle."""
    least, most = min(figures), max(figures)
    room = (most - least) * 0.08 or max(1.0, most * 0.01)
    return max(0.0, least - room), most + room


def plot(document: dict, row: str) -> str:
    """A step for each commit, a dot where it was measured, in colour where it moved; a cross where it failed."""
    points = document["commits"]
    figures = [point.get("figures", {}).get(row) for point in points]
    medians = [figure["median"] for figure in figures if figure and "median" in figure]
    low, high = scale(medians) if medians else (0.0, 1.0)
    apart = (WIDTH - LEFT - RIGHT) / max(1, len(points) - 1)
    moves = {move["commit"]: move for move in document["moves"] if move["row"] == row}

    def place(number: int, median: float) -> tuple[float, float]:
        return LEFT + number * apart, TOP + (HEIGHT - TOP - BOTTOM) * (high - median) / (high - low)

    parts = [f'<svg role="img" aria-label="{escape(row)} over commits" viewBox="0 0 {WIDTH} {HEIGHT}" '
             f'width="{WIDTH}" height="{HEIGHT}">',
             f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none" stroke="{PLAIN}"/>']
    for median in sorted({min(medians), max(medians)}) if medians else []:
        _x, y = place(0, median)
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{median:,.0f}</text>')
    path, last = "", None
    for number, figure in enumerate(figures):
        if not figure or "median" not in figure:
            continue
        x, y = place(number, figure["median"])
        path += f"M{x:.1f} {y:.1f}" if last is None else f"H{x:.1f}V{y:.1f}"
        last = number
    if path:
        parts.append(f'<path d="{path}" fill="none" stroke="{PLAIN}"/>')
    for number, (point, figure) in enumerate(zip(points, figures)):
        x = LEFT + number * apart
        says = f"{point['commit'][:12]} {point['subject']}: "
        says += point["skipped"].splitlines()[0] if figure is None else compare.figure(figure)
        if figure and "median" in figure:
            y = place(number, figure["median"])[1]
            move = moves.get(point["commit"])
            colour = COLOURS[move["verdict"]] if move else PLAIN
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{DOT}" fill="{colour}">'
                         f"<title>{escape(says)}</title></circle>")
        else:
            y = HEIGHT - BOTTOM
            cross = f"l{2 * DOT} {2 * DOT}m0 -{2 * DOT}l-{2 * DOT} {2 * DOT}"
            parts.append(f'<path d="M{x - DOT:.1f} {y - DOT}{cross}" '
                         f'stroke="{COLOURS["worse"]}"><title>{escape(says)}</title></path>')
    ends = [(points[0], "start", LEFT), (points[-1], "end", WIDTH - RIGHT)]
    parts += [f'<text x="{x}" y="{HEIGHT - 6}" text-anchor="{anchor}">{point["commit"][:12]}</text>'
              for point, anchor, x in ends]
    return "\n".join([*parts, "</svg>"])


def moved(move: dict) -> str:
    base, head = compare.figure(move["base"]), compare.figure(move["head"])
    ratio = "-" if move["ratio"] is None else compare.shown_ratio(move["ratio"])
    return (f'<tr class="{move["verdict"]}"><td><code>{move["commit"][:12]}</code></td><td>{base}</td><td>{head}</td>'
            f"<td>{ratio}</td><td>{move['verdict']}</td></tr>")


def page(document: dict) -> str:
    points = document["commits"]
    title = f"{points[0]['commit'][:12]}..{points[-1]['commit'][:12]}"
    parts = ['<!DOCTYPE html>', '<html lang="en">', "<head>", '<meta charset="utf-8">', f"<title>{title}</title>",
             f"<style>{STYLE}</style>", "</head>", "<body>", f"<h1>{title}</h1>",
             f"<p>Guest instructions of {len(points)} commits; suite {escape(document['suite'])}, QEMU "
             f"{escape(document['qemu'])}, {document['date']}. Ratio is before / after: above 1 is better. A cross is "
             "a commit of which there is no figure.</p>"]
    for row in document["rows"]:
        parts += [f"<h2>{escape(row)}</h2>", plot(document, row)]
        if found := [move for move in document["moves"] if move["row"] == row]:
            parts += ["<table><thead><tr>",
                      "".join(f"<th>{heading}</th>" for heading in ("commit", "before", "after", "ratio", "verdict")),
                      "</tr></thead><tbody>", *map(moved, found), "</tbody></table>"]
    parts += ["<h2>Commits</h2>", "<ul>"]
    for point in points:
        why = f" (skipped: {point['skipped'].splitlines()[0]})" if "skipped" in point else ""
        parts.append(f"<li>{point['commit'][:12]} {point['date'][:10]} {escape(point['subject'] + why)}</li>")
    return "\n".join([*parts, "</ul>", "</body>", "</html>", ""])
