"""A derivation as HTML: one page, or a part of a notebook; nothing is loaded from anywhere."""

from __future__ import annotations

from html import escape

from badak.derivation.drawing import LARGEST, svg
from badak.derivation.graph import Graph
from badak.derivation.lines import Line, Section, Writer
from badak.derivation.notation import TEXT
from badak.derivation.words import Words

# The hues are those of Okabe and Ito, "Color universal design" (2008); lighter on a dark ground.
_LIGHT = "--paper:#fff;--ink:#1a1a1a;--grey:#555;--line:#ccc;--value:#0072B2;--slope:#B34700"
_DARK = (
    "--paper:#15181c;--ink:#e8e8e8;--grey:#a8adb3;--line:#454b52;--value:#56B4E9;--slope:#FF8B4A"
)

_STYLE = f"""<style>
.badak-derivation{{{_LIGHT};color-scheme:light dark;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,sans-serif;padding:12px;max-width:900px;box-sizing:border-box}}
@media (prefers-color-scheme:dark){{.badak-derivation{{{_DARK}}}}}
.badak-derivation *{{box-sizing:border-box}}
.badak-derivation h2{{font-size:17px;margin:0 0 8px;overflow-wrap:anywhere}}
.badak-derivation h3{{font-size:15px;margin:16px 0 4px}}
.badak-derivation .drawing{{overflow-x:auto}}
.badak-derivation svg{{display:block;margin:0 auto;font:12px ui-monospace,Menlo,Consolas,monospace}}
.badak-derivation .line{{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;
margin:2px 0;padding-left:1.5em;text-indent:-1.5em;overflow-wrap:anywhere}}
.badak-derivation .remark{{color:var(--grey);font-size:12px}}
.badak-derivation p{{margin:2px 0;overflow-wrap:anywhere}}
.badak-derivation b{{font-weight:600}}
.badak-derivation b.value{{color:var(--value)}}
.badak-derivation b.slope{{color:var(--slope)}}
.badak-derivation svg .box{{fill:var(--paper);stroke:var(--grey)}}
.badak-derivation svg .ink{{fill:var(--ink)}}
.badak-derivation svg .value{{fill:var(--value)}}
.badak-derivation svg .slope{{fill:var(--slope)}}
.badak-derivation svg .small{{font-size:11px}}
.badak-derivation svg .edge{{fill:none;stroke:var(--grey)}}
.badak-derivation svg .head{{fill:var(--grey)}}
</style>"""

_COLOURS = {"forward": "value", "constants": "value", "local": "slope", "backward": "slope"}
"""The colour of the last number of a line, by section."""


def page(graph: Graph, words: Words, language: str) -> str:
    """A whole page."""
    title = escape(Writer(graph, TEXT, words).title())
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f"<title>{title}</title>\n"
        "<style>body{margin:0}\n"
        "@media (prefers-color-scheme:dark){body{background:#15181c}}</style>\n"
        f"</head>\n<body>\n{fragment(graph, words)}\n</body>\n</html>\n"
    )


def fragment(graph: Graph, words: Words) -> str:
    """What a page shows, with its own style."""
    writer = Writer(graph, TEXT, words)
    body = [f"<h2>{escape(writer.title())}</h2>", _drawing(graph, words)]
    body += [_section(section) for section in writer.sections()]
    return "\n".join(['<div class="badak-derivation">', _STYLE, *body, "</div>"])


def _drawing(graph: Graph, words: Words) -> str:
    heading = f"<h3>{escape(words.drawing)}</h3>"
    if len(graph.steps) > LARGEST:
        return f"{heading}\n<p>{escape(words.too_large.format(count=len(graph.steps)))}</p>"
    result = escape(graph.result.name)
    legend = (
        f'<p class="remark"><b class="value">↓ {escape(words.value_legend)}</b> · '
        f'<b class="slope">↑ {escape(words.slope_legend).format(result=result)}</b> · '
        f'<span class="slope">× {escape(words.edge_legend)}</span></p>'
    )
    return f'{heading}\n<div class="drawing">{svg(graph, words)}</div>\n{legend}'


def _section(section: Section) -> str:
    colour = _COLOURS.get(section.kind, "")
    rows = [f"<h3>{escape(section.heading)}</h3>", *(_row(line, colour) for line in section.lines)]
    return "\n".join([*rows, *(f"<p>{escape(note)}</p>" for note in section.notes)])


def _row(line: Line, colour: str) -> str:
    *parts, last = map(escape, line.parts)
    body = " = ".join([*parts, f'<b class="{colour}">{last}</b>'])
    remark = f' <span class="remark">{escape(line.remark)}</span>' if line.remark else ""
    return f'<div class="line">{body}{remark}</div>'
