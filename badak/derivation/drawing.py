"""The computational graph as SVG: values go down on the left, derivatives up on the right."""

from __future__ import annotations

from html import escape

from badak.base.dtypes import Array
from badak.derivation.graph import Graph, Value
from badak.derivation.layout import Box, Edge, Layout, arranged
from badak.derivation.lines import Writer
from badak.derivation.notation import TEXT, digest, is_shown, short
from badak.derivation.words import Words

LARGEST = 60
"""Up to so many steps a graph is drawn."""

_LETTER, _SMALL_LETTER = 7.3, 6.7  # widths in a monospaced font of 12 and of 11 pixels
_HEIGHT, _LEAST, _EDGE = 46.0, 104.0, 8.0
_LONGEST_FORMULA, _LONGEST_NUMBERS = 26, 16


def svg(graph: Graph, words: Words) -> str:
    """The drawing, with classes in the place of colours."""
    writer = Writer(graph, TEXT, words)
    values = {x.name: x for x in _by_first_use(graph)}
    titles = {name: name for name in values}
    titles |= {s.out.name: _cut(f"{s.out.name} = {writer.formula(s)}") for s in graph.steps}
    rows = {name: _row(x) for name, x in values.items()}
    widths = {name: _width(titles[name], *rows[name]) for name in values}
    edges = list(dict.fromkeys((use.value.name, use.step.out.name) for use in graph.uses))
    layout = arranged(widths, edges, _HEIGHT)
    parts = [_edge(edge, layout) for edge in edges]
    parts += _slopes(graph, layout)
    parts += [_box(titles[name], *rows[name], layout.boxes[name]) for name in values]
    width, height = layout.width + 2 * _EDGE, layout.height + 2 * _EDGE
    size = f'viewBox="{-_EDGE:g} {-_EDGE:g} {width:.0f} {height:.0f}" width="{width:.0f}"'
    name = escape(words.drawing)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} height="{height:.0f}" role="img"'
        f' aria-label="{name}">\n' + "\n".join(parts) + "\n</svg>"
    )


def _by_first_use(graph: Graph) -> list[Value]:
    """Each step after what it uses, so that what is written on the left is drawn there."""
    order = [x for step in graph.steps for x in (*step.inputs, step.out)]
    return list(dict.fromkeys(x for x in [*order, *graph.inputs] if x.gradient is not None))


def _cut(formula: str) -> str:
    return formula if len(formula) <= _LONGEST_FORMULA else f"{formula[: _LONGEST_FORMULA - 1]}…"


def _numbers(array: Array) -> str:
    text = TEXT.array(array) if is_shown(array) else ""
    return text if 0 < len(text) <= _LONGEST_NUMBERS else str(array.shape)


def _row(x: Value) -> tuple[str, str]:
    assert x.gradient is not None, "what is drawn has a gradient"
    return f"↓{_numbers(x.data)}", f"↑{_numbers(x.gradient)}"


def _width(title: str, value: str, slope: str) -> float:
    letters = max(len(title), len(value) + len(slope) + 2)
    return max(_LEAST, letters * _LETTER + 16)


def _box(title: str, value: str, slope: str, box: Box) -> str:
    left, right = box.left + 8, box.left + box.width - 8
    return (
        f'<rect class="box" x="{box.left:.1f}" y="{box.top:.1f}" width="{box.width:.1f}"'
        f' height="{box.height:.1f}" rx="6"/>'
        f'<text class="ink" x="{box.x:.1f}" y="{box.top + 18:.1f}" text-anchor="middle">'
        f"{escape(title)}</text>"
        f'<text class="value" x="{left:.1f}" y="{box.top + 37:.1f}">{escape(value)}</text>'
        f'<text class="slope" x="{right:.1f}" y="{box.top + 37:.1f}" text-anchor="end">'
        f"{escape(slope)}</text>"
    )


# ---------------------------------------------------------------------- edges


def _port(box: Box, edge: Edge, at: int, layout: Layout) -> tuple[float, float]:
    """Where an edge meets its first (0) or last box (1), and how far it is to the next edge.

    From left to right the edges stand as they come, so that they do not cross there.
    """
    mine = [other for other in layout.roads if other[at] == edge[at]]
    mine.sort(key=lambda other: layout.roads[other][1 if at == 0 else -2].x)
    step = box.width / len(mine)
    return box.left + (mine.index(edge) + 0.5) * step, step


def _edge(edge: Edge, layout: Layout) -> str:
    """A line that leaves and enters boxes, and passes layers, straight down."""
    road = layout.roads[edge]
    start, _ = _port(road[0], edge, 0, layout)
    end, _ = _port(road[-1], edge, 1, layout)
    path = f"M{start:.1f} {road[0].bottom:.1f}"
    x, y = start, road[0].bottom
    for box in road[1:-1]:
        path += _curve(x, y, box.x, box.top) + f"V{box.bottom:.1f}"
        x, y = box.x, box.bottom
    tip = road[-1].top
    path += _curve(x, y, end, tip - 16) + f"V{tip - 5:.1f}"
    head = f"M{end - 4:.1f} {tip - 7:.1f}h8L{end:.1f} {tip:.1f}Z"
    return f'<path class="edge" d="{path}"/><path class="head" d="{head}"/>'


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{x:.1f} {middle:.1f} {to_x:.1f} {middle:.1f} {to_x:.1f} {to_y:.1f}"


def _slopes(graph: Graph, layout: Layout) -> list[str]:
    """The local derivative beside the end of each edge, where there is room for it."""
    found = []
    for use in graph.uses:
        if use.local is None or digest(use.local).shape:
            continue
        edge = (use.value.name, use.step.out.name)
        box = layout.roads[edge][-1]
        x, room = _port(box, edge, 1, layout)
        number = short(digest(use.local)[()], digits=3)
        text = f"×({number})" if number.startswith("-") else f"×{number}"
        if len(text) * _SMALL_LETTER <= room / 2 + 8:
            found.append(
                f'<text class="slope small" x="{x + 6:.1f}" y="{box.top - 6:.1f}">{text}</text>'
            )
    return found
