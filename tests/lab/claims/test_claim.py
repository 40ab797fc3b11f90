from __future__ import annotations

import pytest

from badak.base.errors import BadakFileError, RangeError
from badak.lab.claims import Question, claims
from badak.lab.claims.claim import claim_from_tree, read_claim
from tests.lab.claims.fables import TEXT, fable

LISTED = TEXT[: TEXT.index("[run]")]

WRONG = [  # a change of the text, and what the error says
    ('id = "C7"', 'id = "7"', "a claim's id is C and a number"),
    ('id = "C7"', 'id = "C07"', "a claim's id is C and a number"),
    ('id = "C7"\n', "", "id is missing"),
    ('source = "a fable"', "source = 3", "source is of the wrong kind; expected text; got 3"),
    ('source = "a fable"', 'source = ""', "source is empty"),
    ('source = "a fable"', 'sauce = "a fable"', "unknown key 'sauce'"),
    ("seeds = 4", "seeds = 4.0", "[run]: seeds is of the wrong kind"),
    ("seeds = 4", "seeds = true", "[run]: seeds is of the wrong kind"),
    ("seeds = 4", "seeds = 1", "a verdict needs more seeds"),
    ("seeds = 4\n", "", "[run]: seeds is missing"),
    ('experiment = "race"\n', "", "[run]: experiment is missing"),
    ("minimum = 1\n", "minimum = true\n", "question 1: minimum is of the wrong kind"),
    ("minimum = 1\n", "minimum = -1\n", "question 1: minimum is out of range"),
    ("minimum = 1\n", "minimum = nan\n", "question 1: minimum is out of range"),
    ("minimum = 0.5\n", "", "question 2: minimum is missing"),
    ("minimum = 0.5\n", "minimal = 0.5\n", "did you mean 'minimum'?"),
    ('better = "larger"', 'better = "more"', "question 1: unknown better 'more'"),
    ('second = "tortoise"', 'second = "hare"', "question 1: a question is about two contenders"),
    ("[[question]]", "[[questions]]", "unknown key 'questions'"),
    ('protocol = "They run."', "protocol = ", "not TOML text"),
    (TEXT[TEXT.index("[[") :], "", "needs both an experiment and questions"),
    (TEXT[TEXT.index("[run]") : TEXT.index("[[")], "", "needs both an experiment and questions"),
]


def test_a_file_is_read():
    claim = read_claim(TEXT, "C07.toml")

    assert (claim.id, claim.number, claim.sentence) == ("C7", 7, 'The hare "wins".')
    assert claim.known == "It depends on the meadow."
    assert (claim.experiment, claim.seeds) == ("race", 4)
    assert claim.settings == {"leads": [2.0, -2.0]}
    assert claim.questions == (
        Question("speed", "hare", "tortoise", "larger", 1, condition="meadow"),
        Question("seconds", "hare", "tortoise", "smaller", 0.5),
    )


def test_a_claim_may_be_listed_before_it_is_run():
    claim = read_claim(LISTED, "C07.toml")

    assert (claim.experiment, claim.questions) == (None, ())


@pytest.mark.parametrize(("before", "after", "words"), WRONG, ids=[w[1][:24] for w in WRONG])
def test_a_mistake_is_told_with_the_name_of_the_file(before, after, words):
    assert before in TEXT

    with pytest.raises(BadakFileError) as caught:
        read_claim(TEXT.replace(before, after, 1), "C07.toml")

    assert caught.value.sentence.startswith("C07.toml")
    assert words in caught.value.sentence


@pytest.mark.parametrize("text", [TEXT, LISTED], ids=["run", "listed"])
def test_the_tree_of_a_claim_gives_it_back(text):
    claim = read_claim(text, "C07.toml")

    assert claim_from_tree(claim.tree(), "tree") == claim


def test_the_tree_of_every_claim_gives_it_back():
    assert [claim_from_tree(claim.tree(), claim.id) for claim in claims()] == list(claims())


@pytest.mark.parametrize("tree", [3, [], "C7", {"id": ["C7"]}, {}], ids=str)
def test_something_else_is_no_claim(tree):
    with pytest.raises(BadakFileError, match=r"^here"):
        claim_from_tree(tree, "here")


def test_questions_and_experiment_belong_together():
    with pytest.raises(RangeError, match="both an experiment and questions"):
        fable(questions=())
