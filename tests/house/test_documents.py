"""What the texts for readers show is what happens: every Python block in them runs."""

from __future__ import annotations

import pytest

from tests.house import documents, repository
from tests.house.repository import ROOT

TEXTS = [path for path in repository.files(ROOT, "*.md") if path.parts[0] != "tests"]


@pytest.mark.parametrize("path", TEXTS, ids=str)
def test_the_examples_of_a_text_do_what_it_says(path, tmp_path, monkeypatch):
    text = (ROOT / path).read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    assert documents.run(text, str(path)) == []


# The runner itself.


def text_of(*blocks):
    return "\n".join(f"Words.\n\n```{kind}\n{body}\n```\n" for kind, body in blocks)


def test_blocks_share_their_names():
    text = text_of(("python", "x = 20"), ("python", "print(x + 1)"), ("text", "21"))

    assert documents.run(text, "a.md") == []


def test_a_broken_promise_is_reported_with_its_line():
    text = text_of(("python", "print(1)"), ("text", "2"))
    (wrong,) = documents.run(text, "a.md")

    assert wrong == "a.md:4 printed\n1\nnot\n2\n"


def test_a_broken_doctest_is_reported():
    text = text_of(("python", "x = 2"), ("python", ">>> x\n3"))
    (wrong,) = documents.run(text, "a.md")

    assert "Expected:\n    3\nGot:\n    2\n" in wrong


def test_names_made_in_a_doctest_live_on():
    text = text_of(("python", ">>> x = 2"), ("python", "assert x == 2"))

    assert documents.run(text, "a.md") == []


def test_a_failing_example_raises():
    with pytest.raises(ZeroDivisionError):
        documents.run(text_of(("python", "1 / 0")), "a.md")


def test_other_blocks_and_those_with_a_reason_do_not_run():
    text = text_of(("console", "$ rm x"), ("python", "# not run: needs a day\n1 / 0"))

    assert documents.examples(text) == []


@pytest.mark.parametrize(
    ("printed", "promised", "same"),
    [
        ("loss 0.12345", "loss 0.123", True),
        ("loss 0.124", "loss 0.123", True),
        ("loss 0.125", "loss 0.123", False),
        ("1.51e-07", "1.5e-07", True),
        ("acc 0.97", "accuracy 0.97", False),
        ("3 epochs", "4 epochs", False),
        ("1.0 2.0", "1.0", False),
        ("", "1", False),
        ("-0.5", "0.5", False),
    ],
)
def test_numbers_are_compared_at_the_promised_precision(printed, promised, same):
    assert documents.alike(printed, promised) == same
