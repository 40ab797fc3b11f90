"""A page of HTML in one file: for a phone, a screen, light or dark, and paper."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from badak.base.errors import MissingExtraError
from badak.lab.drawing import DARK, LIGHT, Picture, Style

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>
:root {{ {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
@media print {{ :root {{ {light} }} }}
body {{ font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 54rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }}
h1 {{ font-size: 1rem; color: var(--grey); margin: 0; }}
h2 {{ font-size: 1.1rem; margin: 1.6rem 0 0.3rem; }}
p {{ margin: 0.3rem 0; }}
blockquote {{ font-size: 1.4rem; line-height: 1.3; margin: 0.5rem 0; padding: 0; }}
.grey, figcaption {{ color: var(--grey); font-size: 0.9rem; }}
.verdict {{ font-weight: 700; border: 2px solid var(--ink); padding: 0.05rem 0.5rem; }}
figure {{ margin: 0.5rem 0; }}
svg {{ width: 100%; max-width: 34rem; height: auto; display: block; }}
.dark {{ display: none; }}
@media screen and (prefers-color-scheme: dark) {{
  .light {{ display: none; }}
  .dark {{ display: block; }}
}}
table {{ border-collapse: collapse; font-size: 0.9rem; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0;
  border-bottom: 1px solid var(--grid); }}
tr {{ break-inside: avoid; }}
@media screen and (max-width: 54rem) {{
  thead {{ display: none; }}
  tr, td {{ display: block; }}
  tr {{ border-bottom: 1px solid var(--grey); padding: 0.5rem 0; }}
  td {{ border: 0; padding: 0.05rem 0; }}
  td::before {{ content: attr(data-head) ": "; color: var(--grey); }}
  td:first-child {{ font-weight: 700; }}
  td:first-child::before {{ content: ""; }}
  td:empty {{ display: none; }}
}}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def document(title: str, body: str) -> str:
    """The whole page.

    Args:
        title: plain text.
        body: HTML, such as the functions of this file give.

    >>> "<title>1 &lt; 2</title>" in document("1 < 2", "<p>Yes.</p>")
    True
    """
    colours = {"light": _colours(LIGHT), "dark": _colours(DARK)}
    return _PAGE.format(title=escape(title), body=body.strip(), **colours)


def _colours(style: Style) -> str:
    return " ".join(f"--{n}: {getattr(style, n)};" for n in ("paper", "ink", "grey", "grid"))


def paragraph(text: str, kind: str = "") -> str:
    r"""Plain text as a paragraph; kind is "" or "grey".

    >>> paragraph("1 < 2", "grey")
    '<p class="grey">1 &lt; 2</p>\n'
    """
    return f'<p class="{kind}">{escape(text)}</p>\n' if kind else f"<p>{escape(text)}</p>\n"


def section(title: str, body: str) -> str:
    r"""A part of the page under a heading.

    >>> section("Answers", "<p>Yes.</p>")
    '<h2>Answers</h2>\n<p>Yes.</p>\n'
    """
    return f"<h2>{escape(title)}</h2>\n{body.strip()}\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Cells of plain text; where the page is narrow, each row becomes a list with its heads.

    >>> print(table(["name"], [["1 < 2"]]))
    <table>
    <thead><tr><th>name</th></tr></thead>
    <tbody>
    <tr><td data-head="name">1 &lt; 2</td></tr>
    </tbody>
    </table>
    """
    heads = [escape(name) for name in head]
    lines = [
        "".join(
            f'<td data-head="{name}">{escape(cell)}</td>'
            for name, cell in zip(heads, row, strict=True)
        )
        for row in rows
    ]
    top = "".join(f"<th>{name}</th>" for name in heads)
    body = "\n".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def figure(picture: Picture) -> str:
    """The picture with its caption, once for light and once for dark.

    Where matplotlib is not installed, a word says so in its place.
    """
    try:
        images = [_svg(picture, "light"), _svg(picture, "dark")]
    except MissingExtraError as error:
        return paragraph(error.sentence, "grey")
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>"
    return f"<figure>\n{''.join(images)}{caption}\n</figure>\n"


def _svg(picture: Picture, name: str) -> str:
    """The picture as an element; its parts have names of their own, as several are in one page."""
    text = picture.image("svg", dark=name == "dark").decode()
    text = text[text.index("<svg") :]
    for before in ('id="', 'href="#', "url(#"):
        text = text.replace(before, f"{before}{picture.name}-{name}-")
    label = escape(picture.caption)
    return text.replace("<svg", f'<svg class="{name}" role="img" aria-label="{label}"', 1)
