"""A sentence that people say about a technique, and the questions that put it to the test."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from badak.base.errors import BadakError, BadakFileError, RangeError, unknown_name
from badak.base.numbers import real
from badak.base.shapes import as_int

BETTER = ("larger", "smaller")
"""Which value of a measure speaks for the first contender."""

_TEXTS = ("id", "sentence", "source", "known", "protocol")
_QUESTION = {"measure": str, "first": str, "second": str, "better": str, "minimum": (int, float)}


@dataclass(frozen=True)
class Question:
    """Is `first` better than `second`, by an effect that anybody would care about?

    Attributes:
        measure: what is compared, with its unit where it has one.
        first, second: the contenders; the sentence holds when the first is better.
        better: whether a "larger" or a "smaller" value speaks for the first.
        minimum: the effect below which nobody would care, in the unit of the measure.
        condition: under which circumstances; None asks under each that the experiment has.

    Raises:
        RangeError: for another `better`, a minimum below 0, a contender against itself.

    >>> Question("sign flips", "Momentum", "SGD", better="smaller", minimum=1.0).first
    'Momentum'
    """

    measure: str
    first: str
    second: str
    better: str
    minimum: float
    condition: str | None = None

    def __post_init__(self) -> None:
        if self.better not in BETTER:
            raise unknown_name("better", self.better, BETTER)
        real(self.minimum, "minimum", at_least=0)
        if self.first == self.second:
            raise RangeError("a question is about two contenders", got=f"{self.first!r} twice")


@dataclass(frozen=True)
class Claim:
    """A sentence, where it comes from, what is known, and how it is tested.

    Attributes:
        id: "C1", "C2", ...
        sentence: as it was said.
        source: by whom, and where.
        known: what is known about it, with literature.
        protocol: what is run, and what the contenders have in common.
        experiment: the name of one; None where the claim is listed and not yet run.
        seeds: how many, at least 2.
        settings: the arguments of the experiment by name.
        questions: whose verdicts together are the verdict on the sentence.

    Raises:
        RangeError: for another kind of id, fewer than 2 seeds, an experiment without questions or
            questions without one.

    >>> Claim("C99", "Water is wet.", "everybody", "Holds.", "Touch it.")
    C99 "Water is wet."
    """

    id: str
    sentence: str
    source: str
    known: str
    protocol: str
    experiment: str | None = None
    seeds: int = 10
    settings: Mapping[str, Any] = field(default_factory=dict)
    questions: tuple[Question, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch("C[1-9][0-9]*", self.id):
            raise RangeError("a claim's id is C and a number", expected="C21", got=repr(self.id))
        if as_int(self.seeds, "seeds") < 2:
            raise RangeError("a verdict needs more seeds", expected="at least 2", got=self.seeds)
        if (self.experiment is None) != (not self.questions):
            raise RangeError(
                "a verdict needs both an experiment and questions",
                expected="[run] with experiment, and [[question]]; or neither",
                got=f"experiment {self.experiment!r} and {len(self.questions)} questions",
            )

    @property
    def number(self) -> int:
        """The number in the id.

        >>> Claim("C99", "Water is wet.", "everybody", "Holds.", "Touch it.").number
        99
        """
        return int(self.id[1:])

    def tree(self) -> dict[str, Any]:
        """The claim as `read_claim` reads it: texts, "run" and "question".

        >>> Claim("C99", "Water is wet.", "everybody", "Holds.", "Touch it.").tree()["id"]
        'C99'
        """
        tree: dict[str, Any] = {name: getattr(self, name) for name in _TEXTS}
        if self.experiment is None:
            return tree
        run = {"experiment": self.experiment, "seeds": self.seeds, **self.settings}
        fields = [asdict(question) for question in self.questions]
        asked = [{k: v for k, v in one.items() if v is not None} for one in fields]
        return {**tree, "run": run, "question": asked}

    def __repr__(self) -> str:
        return f'{self.id} "{self.sentence}"'


def read_claim(text: str, where: str) -> Claim:
    """The claim that a TOML text describes.

    Args:
        text: the content of a file.
        where: its name, for errors.

    Raises:
        BadakFileError: for text that is no TOML, and for keys that are unknown, missing or of the
            wrong kind. The message begins with `where`.

    >>> read_claim('''
    ... id = "C99"
    ... sentence = "Water is wet."
    ... source = "everybody"
    ... known = "Holds."
    ... protocol = "Touch it."
    ... ''', "C99.toml")
    C99 "Water is wet."
    """
    try:
        return claim_from_tree(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise BadakFileError(f"{where}: not TOML text: {error}") from None


def claim_from_tree(tree: Any, where: str) -> Claim:
    """The claim that `Claim.tree` gave.

    Raises:
        BadakFileError: for keys that are unknown, missing or of the wrong kind.
    """
    texts = dict.fromkeys(_TEXTS, str)
    fields = _checked(tree, where, texts, {"run": dict, "question": list})
    run, asked = fields.pop("run", None), fields.pop("question", [])
    fields = {name: " ".join(text.split()) for name, text in fields.items()}
    try:
        if run is not None:
            kinds = {"experiment": str, "seeds": int}
            rest = {name: type(value) for name, value in run.items() if name not in kinds}
            settings = _checked(run, f"{where}, [run]", kinds, rest)
            fields |= {name: settings.pop(name) for name in kinds}
            fields["settings"] = settings
        places = [(one, f"{where}, question {n}") for n, one in enumerate(asked, 1)]
        fields["questions"] = tuple(_question(one, place) for one, place in places)
        return Claim(**fields)
    except BadakFileError:
        raise
    except BadakError as error:
        raise BadakFileError(f"{where}: {error.sentence}") from None


def _question(tree: Any, where: str) -> Question:
    fields = _checked(tree, where, _QUESTION, {"condition": str})
    try:
        return Question(**fields)
    except BadakError as error:
        raise BadakFileError(f"{where}: {error.sentence}") from None


def _checked(
    tree: Any, where: str, required: Mapping[str, Any], optional: Mapping[str, Any]
) -> dict[str, Any]:
    """A copy of the table, after a look at each of its keys."""
    if not isinstance(tree, dict):
        raise BadakFileError(f"{where}: no table", expected="keys with values", got=repr(tree))
    kinds = {**required, **optional}
    for name, value in tree.items():
        if name not in kinds:
            raise BadakFileError(f"{where}: {unknown_name('key', name, kinds).sentence}")
        if not isinstance(value, kinds[name]) or (
            isinstance(value, bool) and kinds[name] is not bool
        ):
            raise BadakFileError(
                f"{where}: {name} is of the wrong kind",
                expected=_KINDS[kinds[name]],
                got=repr(value),
            )
        if value == "" or value == []:
            raise BadakFileError(f"{where}: {name} is empty")
    for name in required:
        if name not in tree:
            raise BadakFileError(f"{where}: {name} is missing", expected=", ".join(required))
    return dict(tree)


_KINDS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    (int, float): "a number",
    dict: "a table",
    list: "a list of tables",
}
