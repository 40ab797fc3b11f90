from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

from badak.lab.claims import Answer, Claim, Outcome, Question
from badak.lab.claims.page import page

NASTY = '<script>alert("&")</script>'
QUESTION = Question(NASTY, "<b>Adam</b>", "S&GD", better="larger", minimum=0.5)
CLAIM = Claim("C7", NASTY, NASTY, NASTY, NASTY, "race", questions=(QUESTION,))
OUTCOME = Outcome(CLAIM, (Answer(QUESTION, "<i>digits</i>", ((3.0, 1.0), (3.5, 1.0))),), 2.0)
VOID = {"meta", "br"}


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.words = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def test_every_tag_is_closed_and_nothing_can_be_smuggled_in():
    read = _Page(page(OUTCOME))

    assert read.open == []
    assert not {"script", "b", "i"} & set(read.tags)
    assert NASTY in " ".join(read.words)


def test_nothing_is_loaded_from_elsewhere():
    read = _Page(page(OUTCOME))

    links = [v for k, v in read.attributes if k in ("src", "href", "xlink:href", "srcset")]
    assert all(link.startswith("#") for link in links)
    assert not {"link", "script", "img", "iframe"} & set(read.tags)
    assert "@import" not in page(OUTCOME)
    assert not re.search(r"url\((?!#)", page(OUTCOME))


def test_both_figures_have_parts_of_their_own():
    read = _Page(page(OUTCOME))

    ids = [v for k, v in read.attributes if k == "id"]
    links = {v[1:] for k, v in read.attributes if k == "xlink:href"}
    links |= {v[5:-1] for _, v in read.attributes if v and v.startswith("url(#")}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)
    assert read.tags.count("svg") == 2


def test_page_holds_sentence_verdict_protocol_and_what_is_known():
    claim = Claim("C7", "A quote.", "A source.", "Known so far.", "A protocol.", "race",
                  questions=(QUESTION,))  # fmt: skip
    words = " ".join(_Page(page(Outcome(claim, OUTCOME.answers))).words)

    for text in ("“A quote.”", "A source.", "SUPPORTED", "A protocol.", "Known so far."):
        assert text in words


def test_table_has_every_answer_with_its_names_for_narrow_screens():
    text = page(OUTCOME)

    assert text.count("<tr>") == 1 + len(OUTCOME.answers)
    assert '<td data-head="better by">2.25 [' in text
    assert "width=device-width" in text


def test_a_claim_without_answers_has_a_page():
    text = page(Outcome(Claim("C7", "s", "s", "k", "p"), ()))

    assert "not yet run" in text
    assert "<svg" not in text


def test_without_matplotlib_the_page_says_how_to_get_the_figure(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    text = page(OUTCOME)

    assert "<svg" not in text
    assert "pip install &#x27;badak[plot]&#x27;" in text
    assert "2.25 [" in text


def test_equal_outcomes_have_equal_pages():
    assert page(OUTCOME) == page(OUTCOME)
