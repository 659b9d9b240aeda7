# SPDX-License-Identifier: GPL-2.0-only
"""A comparison as one HTML file that needs nothing else: tables, and plots as SVG inside it."""

import math
from html import escape

from ci import compare
from ci.comparison import text, verdicts

WIDTH, BAR, LABEL = 900, 18, 330         # of a plot, in pixels
ROWS = 40                                # of a plot, at most
COLOURS = {verdicts.BETTER: "#1a7f37", verdicts.WORSE: "#cf222e"}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1f2328 }
table { border-collapse: collapse; margin: .5rem 0 1.5rem } td, th { padding: .15rem .7rem; text-align: right }
td:first-child, th:first-child { text-align: left } tr:nth-child(even) { background: #f6f8fa }
thead th { border-bottom: 1px solid #57606a } .better { color: #1a7f37 } .worse { color: #cf222e }
code { font: 13px ui-monospace, monospace } svg text { font: 12px ui-monospace, monospace; fill: #1f2328 }
li { font: 13px/1.5 ui-monospace, monospace }
"""


def bars(rows: list[dict]) -> str:
    """The ratio of each row on a scale of factors: to the right of the line head takes less."""
    known = [row for row in rows if row["ratio"]]
    chosen = known[:ROWS]
    if not chosen:
        return ""
    reach = max([abs(math.log10(row["ratio"])) for row in chosen] + [0.01])
    middle = LABEL + (WIDTH - LABEL) / 2
    half = (WIDTH - LABEL) / 2 - 60
    height = BAR * (len(chosen) + 1)
    parts = [f'<svg role="img" aria-label="ratio of each row" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
             f'height="{height}">',
             f'<line x1="{middle:.0f}" y1="0" x2="{middle:.0f}" y2="{height - BAR}" stroke="#57606a"/>']
    for number, row in enumerate(chosen):
        long = half * math.log10(row["ratio"]) / reach
        left, top = min(middle, middle + long), number * BAR
        colour = COLOURS.get(row["verdict"], "#57606a")
        anchor, x = ("start", middle + long + 4) if long >= 0 else ("end", middle + long - 4)
        parts += [f'<text x="{LABEL - 8}" y="{top + 13}" text-anchor="end">{escape(row["name"])}</text>',
                  f'<rect x="{left:.1f}" y="{top + 3}" width="{abs(long):.1f}" height="{BAR - 6}" fill="{colour}"/>',
                  f'<text x="{x:.1f}" y="{top + 13}" text-anchor="{anchor}">{compare.times(row)}</text>']
    parts.append(f'<text x="{middle:.0f}" y="{height - 4}" text-anchor="middle">'
                 + (f"the first {ROWS} of {len(known)} rows; " if len(known) > ROWS else "")
                 + "ratio = base / head, logarithmic; right of the line head takes less</text></svg>")
    return "\n".join(parts)


def table(verdict: str | None, rows: list[dict], unit: str) -> str:
    kind = verdict if verdict in COLOURS else ""
    lines = [f'<h2 class="{kind}">{escape(text.HEADINGS[verdict].capitalize())}: {len(rows)}</h2>',
             "<table><thead><tr>",
             "".join(f"<th>{heading}</th>" for heading in ("row", f"base, {unit}", "sd", "change", f"head, {unit}",
                                                           "sd", "ratio")), "</tr></thead><tbody>"]
    for row in rows:
        cells = (compare.figure(row["base"]), text.deviation(row["base"]), text.percent(row),
                 compare.figure(row["head"]), text.deviation(row["head"]), compare.times(row))
        why = f' title="{escape(row["inexact"])}"' if "inexact" in row else ""
        lines.append(f"<tr><td{why}><code>{escape(row['name'])}</code></td>"
                     + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def page(document: dict) -> str:
    unit = "instructions" if document["clock"] == "icount" else "ns"
    title = f"{document['base']['name']} and {document['head']['name']}"
    judged = [row for row in document["rows"] if row["verdict"] in (verdicts.WORSE, verdicts.BETTER, verdicts.SAME)]
    parts = ['<!DOCTYPE html>', '<html lang="en">', "<head>", '<meta charset="utf-8">',
             f"<title>{escape(title)}</title>", f"<style>{STYLE}</style>", "</head>", "<body>",
             f"<h1>{escape(title)}</h1>", f"<p><strong>{escape(text.conclusion(document))}</strong></p>",
             f"<p>Base {escape(text.named(document, 'base'))}, head {escape(text.named(document, 'head'))}; suite "
             f"{escape(document['suite'])}, clock {document['clock']}, QEMU {escape(document['qemu'])}, "
             f"{document['date']}.</p>", bars(judged)]
    parts += [table(verdict, rows, unit) for verdict, rows in text.by_verdict(document)]
    for heading, said in text.sections(document):
        parts.append(f"<h2>{escape(heading[:1].upper() + heading[1:])}</h2>")
        if said:
            parts.append("<ul>" + "".join(f"<li>{escape(one)}</li>" for one in said) + "</ul>")
    return "\n".join([*parts, "</body>", "</html>", ""])
