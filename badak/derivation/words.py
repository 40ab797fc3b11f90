"""The sentences of a derivation, in English and in Korean.

The Korean words are those of 밑바닥부터 시작하는 딥러닝 (Saito, 2017): 순전파, 역전파, 국소적 미분,
연쇄법칙. No particle follows a name, since which one it were depends on how the name is spoken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from badak.base.errors import unknown_name


@dataclass(frozen=True)
class Words:
    """What is said in one language.

    Attributes:
        title: above all of it.
        drawing: above the drawing.
        constants, forward, local, backward, notes: the headings.
        unused, labels, arrives, bracket: what may have to be added.
        repeated, repeated_everywhere: why a gradient is summed.
        backward_of: what the backward pass of a primitive does, where symbols do not say it.
        conventions: what is taken for a derivative where there is none.
        legend: how the drawing is read.
        too_large: instead of a drawing with very many steps.
    """

    title: str
    drawing: str
    constants: str
    forward: str
    local: str
    backward: str
    notes: str
    unused: str
    labels: str
    arrives: str
    bracket: str
    repeated: str
    repeated_everywhere: str
    backward_of: Mapping[str, str]
    conventions: Mapping[str, str]
    value_legend: str
    slope_legend: str
    edge_legend: str
    too_large: str


ENGLISH = Words(
    title="{call} at {values}",
    drawing="Computational graph",
    constants="Constants",
    forward="Forward pass",
    local="Local derivatives",
    backward="Backward pass (chain rule)",
    notes="Notes",
    unused="{result} does not use {name}: the gradient is 0",
    labels="{name} holds whole numbers, such as labels: it is not differentiated.",
    arrives="{change} stands for {slope}, what comes back to {name}; on the left stands what the"
    " step hands on.",
    bracket="[condition] is 1 where the condition holds, 0 elsewhere.",
    repeated="summed over axis {axes}, because {name} was repeated along it",
    repeated_everywhere="summed over all, because {name} was used for each value",
    backward_of={
        "sum": "repeated along the axis that was summed",
        "broadcast": "summed over what was repeated",
        "reshape": "back in the old shape",
        "transpose": "the axes back in their old order",
        "flip": "turned back",
        "slice": "back in its place among zeros",
        "pad": "without what was padded",
        "concat": "the part that came from here",
        "gather": "added up at the places where the values were read",
        "scatter_add": "read where the values were added",
        "max": "to the largest value alone",
    },
    conventions={
        "maximum": "{formula}: where the two are equal there is no derivative. By convention the"
        " second one has the slope 1, the first one 0.",
        "minimum": "{formula}: where the two are equal there is no derivative. By convention the"
        " second one has the slope 1, the first one 0.",
        "max": "{formula}: several values are the largest, so there is no derivative. By"
        " convention the first of them has the slope 1.",
        "abs": "{formula}: at 0 there is no derivative. By convention it is 0.",
        "sign": "{formula}: at 0 it jumps, so there is no derivative. By convention it is 0.",
        "floor": "{formula}: at whole numbers it jumps, so there is no derivative. By convention"
        " it is 0.",
        "sqrt": "{formula}: at 0 the slope is infinite.",
    },
    value_legend="left: forward, the value",
    slope_legend="right: backward, the derivative of {result}",
    edge_legend="on the edges: the local derivatives",
    too_large="The graph has {count} steps and is not drawn.",
)

KOREAN = Words(
    title="{values}에서의 {call}",
    drawing="계산 그래프",
    constants="상수",
    forward="순전파",
    local="국소적 미분",
    backward="역전파 (연쇄법칙)",
    notes="참고",
    unused="{result}의 계산에 {name}의 값은 쓰이지 않으므로 기울기는 0입니다",
    labels="{name}: 정답 레이블처럼 정수인 값이므로 미분하지 않습니다.",
    arrives="{change} = {slope}: 역전파에서 {name}까지 흘러온 기울기입니다. 왼쪽은 그 단계가"
    " 앞쪽으로 흘려보내는 기울기입니다.",
    bracket="[조건]의 값은 조건이 참이면 1, 거짓이면 0입니다.",
    repeated="순전파에서 {name}의 값이 축 {axes} 방향으로 복제되었으므로 그 방향으로 더합니다",
    repeated_everywhere="순전파에서 {name}의 값이 모든 원소에 쓰였으므로 모두 더합니다",
    backward_of={
        "sum": "더했던 축 방향으로 복제합니다",
        "broadcast": "복제된 방향으로 더합니다",
        "reshape": "원래 형상으로 되돌립니다",
        "transpose": "축의 순서를 되돌립니다",
        "flip": "순서를 다시 뒤집습니다",
        "slice": "꺼냈던 자리에 넣고 나머지는 0으로 채웁니다",
        "pad": "덧붙인 부분을 떼어 냅니다",
        "concat": "이어 붙이기 전의 부분만 꺼냅니다",
        "gather": "꺼냈던 자리에 더합니다",
        "scatter_add": "더했던 자리에서 꺼냅니다",
        "max": "최댓값의 자리로만 흘려보냅니다",
    },
    conventions={
        "maximum": "{formula}: 두 값이 같은 곳에서는 미분할 수 없습니다. 관례에 따라 두 번째 값의"
        " 미분을 1, 첫 번째 값의 미분을 0으로 둡니다.",
        "minimum": "{formula}: 두 값이 같은 곳에서는 미분할 수 없습니다. 관례에 따라 두 번째 값의"
        " 미분을 1, 첫 번째 값의 미분을 0으로 둡니다.",
        "max": "{formula}: 최댓값이 여러 개이면 미분할 수 없습니다. 관례에 따라 그중 첫 번째 값의"
        " 미분을 1로 둡니다.",
        "abs": "{formula}: 0에서는 미분할 수 없습니다. 관례에 따라 0으로 둡니다.",
        "sign": "{formula}: 0에서 불연속이므로 미분할 수 없습니다. 관례에 따라 0으로 둡니다.",
        "floor": "{formula}: 정수에서 불연속이므로 미분할 수 없습니다. 관례에 따라 0으로 둡니다.",
        "sqrt": "{formula}: 0에서는 기울기가 무한대입니다.",
    },
    value_legend="왼쪽: 순전파의 값",
    slope_legend="오른쪽: 역전파로 구한 {result}의 미분",
    edge_legend="선 위: 국소적 미분",
    too_large="계산 그래프의 단계가 {count}개이므로 그림은 생략합니다.",
)

_LANGUAGES = {"en": ENGLISH, "ko": KOREAN}


def words(language: str) -> Words:
    """The words of a language.

    Raises:
        RangeError: for another one.
    """
    if language not in _LANGUAGES:
        raise unknown_name("language", language, _LANGUAGES)
    return _LANGUAGES[language]
