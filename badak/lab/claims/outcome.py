"""What came out when a claim was tested."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from badak.base.columns import aligned
from badak.base.errors import BadakFileError
from badak.base.jsontext import from_json, to_json
from badak.lab.claims.answer import HEAD, Answer, cells
from badak.lab.claims.claim import Claim, claim_from_tree
from badak.lab.claims.strips import strips
from badak.lab.drawing import Picture
from badak.lab.statistics import Verdict, combine

FORMAT = 1


@dataclass(frozen=True)
class Outcome:
    """The answers to the questions of a claim, and the verdict that they give together.

    Attributes:
        claim: what was tested.
        answers: one for each question under each of its conditions.
        seconds: how long the experiment took.
        failure: why there are no answers, where the experiment broke off.

    >>> from badak.lab.claims import Question
    >>> asked = Question("sign flips", "Momentum", "SGD", better="smaller", minimum=1.0)
    >>> claim = Claim("C99", "Momentum zig-zags less than SGD.", "a book", "Holds.", "A bowl.",
    ...               experiment="paths", questions=(asked,))
    >>> print(Outcome(claim, (Answer(asked, "kappa 20", ((4.0, 30.0), (5.0, 30.0))),), 0.1))
    C99 "Momentum zig-zags less than SGD."
    question              first         second  better by          at least  d  verdict
    sign flips, kappa 20  Momentum 4.5  SGD 30  25.5 [19.1, 31.9]  1         -  SUPPORTED
    SUPPORTED, 1 answer: 1 yes (2 seeds, 0.1 s)
    """

    claim: Claim
    answers: tuple[Answer, ...]
    seconds: float = 0.0
    failure: str = ""

    @cached_property
    def verdict(self) -> Verdict:
        """The verdict on the sentence; UNDECIDED where the experiment broke off."""
        return combine(answer.verdict for answer in self.answers)

    @property
    def sentence(self) -> str:
        """The verdict and how it came about."""
        if self.failure:
            return f"{self.verdict}, the experiment broke off: {self.failure}"
        if not self.answers:
            return f"{self.verdict}, not yet run"
        found = Counter(answer.verdict for answer in self.answers)
        words = {Verdict.SUPPORTED: "yes", Verdict.REFUTED: "no", Verdict.UNDECIDED: "undecided"}
        given = [f"{found[v]} {word}" for v, word in words.items() if found[v]]
        seeds = sorted({len(answer.values) for answer in self.answers})
        span = "-".join(str(count) for count in dict.fromkeys((seeds[0], seeds[-1])))
        total = "1 answer" if len(self.answers) == 1 else f"{len(self.answers)} answers"
        parts = f"{total}: {', '.join(given)}"
        return f"{self.verdict}, {parts} ({span} seeds, {self.seconds:.1f} s)"

    def records(self) -> list[dict[str, Any]]:
        """A flat row for each answer."""
        return [{"claim": self.claim.id, **answer.record()} for answer in self.answers]

    def picture(self) -> Picture:
        """By how much the first contender was better: one row an answer."""
        caption = (
            f"{self.claim.id}: paired differences with 95 % intervals; right of 0 the first "
            "contender is better, right of the dashed line by an effect that matters."
        )
        return Picture(
            f"claim-{self.claim.id}", caption, self.records(), partial(strips, self.answers)
        )

    def to_json(self) -> str:
        """The outcome as text that `outcome_from_json` reads."""
        return to_json(
            {
                "format": FORMAT,
                "claim": self.claim.tree(),
                "seconds": self.seconds,
                "failure": self.failure,
                "answers": [
                    {
                        "question": self.claim.questions.index(answer.question),
                        "condition": answer.condition,
                        "values": [[_number(v) for v in pair] for pair in answer.values],
                    }
                    for answer in self.answers
                ],
            },
            self.claim.id,
        )

    def __str__(self) -> str:
        return "\n".join([repr(self.claim), *_table(self.answers), self.sentence])

    def __repr__(self) -> str:
        return f"Outcome({self.claim.id}: {self.sentence})"


def outcome_from_json(text: str | bytes, where: str) -> Outcome:
    """The outcome that `Outcome.to_json` wrote.

    Args:
        text: the JSON text.
        where: the file, for errors.

    Raises:
        BadakFileError: for text that is no outcome, or of a newer format.

    >>> again = outcome_from_json(Outcome(Claim("C99", "s", "s", "k", "p"), ()).to_json(), "a file")
    >>> again.sentence
    'UNDECIDED, not yet run'
    """
    tree = from_json(text, where)
    if not isinstance(tree, dict) or not isinstance(tree.get("format"), int):
        raise BadakFileError(f"{where} is no outcome of a claim")
    if tree["format"] > FORMAT:
        raise BadakFileError(
            f"{where} is of a newer format",
            expected=f"format {FORMAT} or older",
            got=tree["format"],
            hint="a newer Badak",
        )
    try:
        claim = claim_from_tree(tree["claim"], where)
        answers = tuple(_answer(one, claim) for one in tree["answers"])
        return Outcome(claim, answers, float(tree["seconds"]), str(tree["failure"]))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BadakFileError(f"{where} is no outcome of a claim: {error!r}") from None


def _answer(tree: Any, claim: Claim) -> Answer:
    pairs = tuple((float(first), float(second)) for first, second in tree["values"])
    return Answer(claim.questions[tree["question"]], str(tree["condition"]), pairs)


def _number(value: float) -> float | str:
    """JSON has no infinity and no NaN; `float` reads them from text."""
    return value if math.isfinite(value) else str(value)


def _table(answers: Sequence[Answer]) -> list[str]:
    return aligned([HEAD, *(cells(answer) for answer in answers)]) if answers else []
