"""What people say about techniques, put to the test: 72 sentences, and a verdict on each.

>>> len(claims()), get("C21").source
(72, 'K. Saito, Deep Learning from Scratch (2016), chapter 6')
"""

from badak.lab.claims.answer import Answer
from badak.lab.claims.claim import Claim, Question
from badak.lab.claims.outcome import Outcome, outcome_from_json
from badak.lab.claims.page import page
from badak.lab.claims.registry import claims, get
from badak.lab.claims.runner import judged, run, run_all

__all__ = [
    "Answer",
    "Claim",
    "Outcome",
    "Question",
    "claims",
    "get",
    "judged",
    "outcome_from_json",
    "page",
    "run",
    "run_all",
]
