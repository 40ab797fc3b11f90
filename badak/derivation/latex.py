"""A derivation as LaTeX."""

from __future__ import annotations

from badak.derivation.graph import Graph
from badak.derivation.lines import Line, Writer
from badak.derivation.notation import LATEX
from badak.derivation.words import KOREAN, Words


def latex_page(graph: Graph, words: Words) -> str:
    """Paragraphs with aligned equations, to be put into a document."""
    writer = Writer(graph, LATEX, words)
    needs = r"% \usepackage{amsmath}" + (r" \usepackage{kotex}" if words is KOREAN else "")
    blocks = [needs, writer.title()]
    for section in writer.sections():
        blocks.append(rf"\paragraph{{{section.heading}}}")
        if section.lines:
            rows = " \\\\\n".join(map(_row, section.lines))
            blocks.append(f"\\begin{{align*}}\n{rows}\n\\end{{align*}}")
        blocks += section.notes
    return "\n".join(blocks) + "\n"


def _row(line: Line) -> str:
    first, *rest = line.parts
    remark = rf" \quad\text{{{line.remark}}}" if line.remark else ""
    return f"  {first} &{'= ' * bool(rest)}{' = '.join(rest)}{remark}"
