"""The page on a claim: one file that needs nothing else."""

from __future__ import annotations

from html import escape

from badak.lab.claims.answer import HEAD, cells
from badak.lab.claims.outcome import Outcome
from badak.lab.report.document import document, figure, paragraph, section, table

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
    body = f"<h1>Claim {claim.id}</h1>\n<blockquote>“{escape(claim.sentence)}”</blockquote>\n"
    body += paragraph(claim.source, "grey")
    body += f'<p><span class="verdict">{outcome.verdict}</span></p>\n{paragraph(outcome.sentence)}'
    if outcome.answers:
        rows = [cells(answer) for answer in outcome.answers]
        body += section("Answers", figure(outcome.picture()) + table(HEAD, rows))
    body += section("How it was tested", paragraph(claim.protocol) + paragraph(_RULE, "grey"))
    body += section("What is known", paragraph(claim.known))
    return document(f"{claim.id}: {outcome.verdict}", body)
