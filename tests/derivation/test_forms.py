"""The forms of a derivation: balanced LaTeX, whole HTML, a drawing where nothing overlaps."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import badak as bd
from badak.derivation.drawing import LARGEST
from badak.derivation.layout import arranged
from tests.derivation.programs import SMOOTH, programs
from tests.derivation.test_printed import explained, net_values, two_layers

VOID = {"meta", "rect", "path", "br"}


class Tags(HTMLParser):
    """Whether every tag is closed by its own, and what text there is."""

    def __init__(self, html):
        super().__init__()
        self.open, self.seen, self.words = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def balanced(latex: str) -> None:
    plain = re.sub(r"\\[\\{}$&%#_]", "", latex)
    depth = 0
    for sign in plain:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    assert plain.count("$") % 2 == 0
    assert plain.count(r"\left") == plain.count(r"\right")
    begun = re.findall(r"\\(begin|end)\{(\w+\*?)\}", latex)
    stack = []
    for word, name in begun:
        if word == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert stack == []


@given(programs(tuple(SMOOTH)), st.sampled_from(["en", "ko"]))
@settings(max_examples=40)
def test_every_form_is_well_formed(program, language):
    derivation = explained(program)

    balanced(derivation.latex(language))
    assert Tags(derivation.html(language)).open == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_network_in_every_form(language):
    derivation = bd.explain(two_layers, at=net_values())

    balanced(derivation.latex(language))
    page = Tags(derivation.html(language))
    assert page.open == []
    assert page.seen[0] == ("html", {"lang": language})
    assert sum(tag == "rect" for tag, _ in page.seen) == 5 + len(derivation.graph.steps)


def test_the_page_loads_nothing():
    html = bd.explain(two_layers, at=net_values()).html()

    assert re.findall(r"https?://[^\"]+", html) == ["http://www.w3.org/2000/svg"]
    assert not re.search(r"<(script|link|img|iframe|object)|url\(|@import|src=", html)
    assert {"prefers-color-scheme:dark", "width=device-width"} <= set(re.findall(r"[\w=:-]+", html))


def test_a_notebook_gets_a_part_of_a_page():
    part = bd.explain(lambda x: x * 2, at=[1])._repr_html_()

    assert Tags(part).seen[0] == ("div", {"class": "badak-derivation"})
    assert not re.search("<(html|body)", part)


def test_names_are_escaped():
    derivation = bd.explain(lambda *values: values[0] * values[1], at={"<b>&": 2, "50%_{a}": 3})

    html, latex = derivation.html(), derivation.latex()
    page = Tags(html)
    assert page.open == []
    assert "<b>&" not in html
    assert any("<b>&" in words for words in page.words)
    balanced(latex)
    assert r"50\%\_\{a\}" in latex


def test_names_in_latex():
    function = eval("lambda W1, learning_rate, 가격: W1 * learning_rate * 가격")
    latex = bd.explain(function, at=[1, 2, 3]).latex("ko")

    assert r"g &= W_{1} \cdot \mathrm{learning\_rate}" in latex
    assert r"\cdot \text{가격}" in latex


def test_the_longest_graph_is_not_drawn():
    def chain(x):
        for _ in range(LARGEST + 1):
            x = x + 1
        return x

    html = bd.explain(chain, at=[1]).html()
    assert "<svg" not in html
    assert f"{LARGEST + 1} steps" in html


# ---------------------------------------------------------------------- the drawing


@st.composite
def graphs(draw):
    """Boxes b0, b1, ..., each with edges from some of those before."""
    count = draw(st.integers(1, 14))
    widths = {f"b{i}": draw(st.integers(40, 200)) for i in range(count)}
    edges = [
        (f"b{draw(st.integers(0, i - 1))}", f"b{i}")
        for i in range(1, count)
        for _ in range(draw(st.integers(0, 3)))
    ]
    return widths, edges


def overlap(one, other):
    apart_x = abs(one.x - other.x) >= (one.width + other.width) / 2 + 20
    return not (apart_x or one.bottom <= other.top or other.bottom <= one.top)


@given(graphs())
def test_no_box_lies_on_another_and_no_edge_runs_through_one(graph):
    widths, edges = graph
    layout = arranged(widths, edges, 46)

    lanes = [box for road in layout.roads.values() for box in road[1:-1]]
    boxes = list(layout.boxes.values())
    assert not any(overlap(a, b) for a, b in itertools.combinations(boxes, 2))
    assert not any(overlap(a, b) for a in boxes for b in lanes)
    assert min(box.left for box in [*boxes, *lanes]) == pytest.approx(0)
    assert max(box.x + box.width / 2 for box in [*boxes, *lanes]) == pytest.approx(layout.width)
    assert max(box.bottom for box in boxes) == pytest.approx(layout.height)


@given(graphs())
def test_edges_lead_down_one_layer_at_a_time(graph):
    widths, edges = graph
    layout = arranged(widths, edges, 46)

    assert set(layout.roads) == set(edges)
    for (start, end), road in layout.roads.items():
        assert (road[0], road[-1]) == (layout.boxes[start], layout.boxes[end])
        gaps = {round(b.top - a.bottom, 6) for a, b in itertools.pairwise(road)}
        assert gaps == {46.0}


def drawn(derivation):
    svg = re.search(r"<svg.*?</svg>", derivation.html(), re.S)[0]
    rects = re.findall(r'<rect class="box" x="([-\d.]+)" y="([-\d.]+)" width="([-\d.]+)"', svg)
    return svg, [tuple(map(float, rect)) for rect in rects]


@given(programs(tuple(SMOOTH)))
@settings(max_examples=30)
def test_edges_begin_and_end_at_boxes(program):
    svg, boxes = drawn(explained(program))

    edges = re.findall(
        r'class="edge" d="M([-\d.]+) ([-\d.]+).*?"/><path class="head" d=".*?L([-\d.]+) ([-\d.]+)Z',
        svg,
    )
    for x, y, to_x, to_y in (map(float, edge) for edge in edges):
        assert any(
            left <= x <= left + width and abs(top + 46 - y) < 0.2 for left, top, width in boxes
        )
        assert any(
            left <= to_x <= left + width and abs(top - to_y) < 0.2 for left, top, width in boxes
        )
    assert len(edges) == svg.count('class="edge"')


def test_values_and_derivatives_have_their_own_place_and_colour():
    svg, boxes = drawn(bd.explain(lambda w, x, b: w * x + b, at=[-2, 5, 3]))

    texts = re.findall(r'<text class="(\w+)" x="([-\d.]+)" y="([-\d.]+)"[^>]*>(.*?)</text>', svg)
    numbers = {(kind, text) for kind, _, _, text in texts}
    assert {("value", "↓-2"), ("slope", "↑5"), ("value", "↓-10"), ("value", "↓-7")} <= numbers
    for left, top, width in boxes:
        inside = {
            kind: float(x)
            for kind, x, y, _ in texts
            if left < float(x) < left + width and top < float(y) < top + 46
        }
        assert inside["value"] < left + width / 2 < inside["slope"]


def test_texts_fit_into_their_boxes():
    svg, _ = drawn(bd.explain(two_layers, at=net_values()))

    box, text = r'width="([\d.]+)" height="46.0" rx="6"/>', "<text[^>]*>(.*?)</text>"
    rows = re.findall(box + 3 * text, svg)
    assert len(rows) > 10
    for width, title, value, slope in rows:
        assert 7.3 * max(len(title), len(value) + len(slope) + 1) <= float(width) - 8


def test_a_phone_holds_a_small_graph():
    svg, _ = drawn(bd.explain(lambda w, x, b: w * x + b, at=[-2, 5, 3]))

    assert float(re.search(r'width="(\d+)" height', svg)[1]) <= 330


def test_shapes_stand_for_arrays_that_are_too_large():
    svg, _ = drawn(bd.explain(lambda x: (x * x).sum(), at=[np.ones((20, 30))]))

    assert {"↓(20, 30)", "↑(20, 30)"} <= set(re.findall(r">([^<>]+)<", svg))
