"""The page on a claim: one file that needs nothing else."""

from __future__ import annotations

from html import escape

from badak.base.errors import MissingExtraError
from badak.lab.claims.answer import HEAD, cells
from badak.lab.claims.outcome import Outcome
from badak.lab.drawing import DARK, LIGHT, Picture, Style

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{id}: {verdict}</title>
<style>
:root {{ {light} }}
@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}
@media print {{ :root {{ {light} }} }}
body {{ font: 1rem/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 44rem; margin: 0 auto; padding: 1rem; overflow-wrap: break-word; }}
h1 {{ font-size: 1rem; color: var(--grey); margin: 0; }}
h2 {{ font-size: 1.1rem; margin: 1.6rem 0 0.3rem; }}
p {{ margin: 0.3rem 0; }}
blockquote {{ font-size: 1.4rem; line-height: 1.3; margin: 0.5rem 0; padding: 0; }}
.grey, figcaption {{ color: var(--grey); font-size: 0.9rem; }}
.verdict {{ font-weight: 700; border: 2px solid var(--ink); padding: 0.05rem 0.5rem; }}
figure {{ margin: 0.5rem 0; }}
svg {{ width: 100%; max-width: 32rem; height: auto; display: block; }}
.dark {{ display: none; }}
@media screen and (prefers-color-scheme: dark) {{
  .light {{ display: none; }}
  .dark {{ display: block; }}
}}
table {{ border-collapse: collapse; font-size: 0.9rem; width: 100%; }}
th, td {{ text-align: left; vertical-align: top; padding: 0.3rem 0.6rem 0.3rem 0;
  border-bottom: 1px solid var(--grid); }}
tr {{ break-inside: avoid; }}
@media screen and (max-width: 44rem) {{
  thead {{ display: none; }}
  tr, td {{ display: block; }}
  tr {{ border-bottom: 1px solid var(--grey); padding: 0.5rem 0; }}
  td {{ border: 0; padding: 0.05rem 0; }}
  td::before {{ content: attr(data-head) ": "; color: var(--grey); }}
}}
</style>
</head>
<body>
<h1>Claim {id}</h1>
<blockquote>“{sentence}”</blockquote>
<p class="grey">{source}</p>
<p><span class="verdict">{verdict}</span></p>
<p>{outcome}</p>
{answers}<h2>How it was tested</h2>
<p>{protocol}</p>
<p class="grey">{rule}</p>
<h2>What is known</h2>
<p>{known}</p>
</body>
</html>
"""

_RULE = (
    "Contenders of one seed have everything else in common. “Better by” is the mean of the paired "
    "differences with its 95 % bootstrap interval; d is that mean beside the spread of the "
    "differences (Hedges). SUPPORTED: the interval lies above 0 and the mean reaches the effect "
    "that was asked for beforehand. REFUTED: the interval lies below that effect. UNDECIDED: "
    "these trials do not tell. CONDITIONAL: some questions are answered by yes and some by no."
)


def page(outcome: Outcome) -> str:
    """The page as HTML: for a phone, a screen, light or dark, and paper; nothing is loaded.

    The figure is left out, with a word on it, where matplotlib is not installed.

    >>> from badak.lab.claims import Claim
    >>> claim = Claim("C99", "1 < 2", "Euclid", "Holds.", "Count.")
    >>> "“1 &lt; 2”" in page(Outcome(claim, ()))
    True
    """
    claim = outcome.claim
    return _PAGE.format(
        id=claim.id,
        sentence=escape(claim.sentence),
        source=escape(claim.source),
        verdict=outcome.verdict,
        outcome=escape(outcome.sentence),
        answers=f"<h2>Answers</h2>\n{_table(outcome)}{_figure(outcome)}" if outcome.answers else "",
        protocol=escape(claim.protocol),
        rule=_RULE,
        known=escape(claim.known),
        light=_colours(LIGHT),
        dark=_colours(DARK),
    )


def _colours(style: Style) -> str:
    return " ".join(f"--{n}: {getattr(style, n)};" for n in ("paper", "ink", "grey", "grid"))


def _table(outcome: Outcome) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in HEAD)
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td data-head="{escape(name)}">{escape(cell)}</td>'
            for name, cell in zip(HEAD, cells(answer), strict=True)
        )
        + "</tr>\n"
        for answer in outcome.answers
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _figure(outcome: Outcome) -> str:
    picture = outcome.picture()
    try:
        images = [_svg(picture, "light"), _svg(picture, "dark")]
    except MissingExtraError as error:
        return f'<p class="grey">{escape(error.sentence)}</p>\n'
    caption = f"<figcaption>{escape(picture.caption)}</figcaption>"
    return f"<figure>\n{''.join(images)}{caption}\n</figure>\n"


def _svg(picture: Picture, name: str) -> str:
    """The picture as an element; its parts have names of their own, as two stand in one page."""
    text = picture.image("svg", dark=name == "dark").decode()
    text = text[text.index("<svg") :]
    for before in ('id="', 'href="#', "url(#"):
        text = text.replace(before, f"{before}{name}-")
    label = escape(picture.caption)
    return text.replace("<svg", f'<svg class="{name}" role="img" aria-label="{label}"', 1)
