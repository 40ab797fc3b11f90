from __future__ import annotations

import threading

import numpy as np
import pytest

import badak as bd
from badak.base import context
from badak.base.errors import RangeError, StateError
from badak.core.dispatch import apply, current_interpreter, interpreting
from badak.core.eager import evaluate
from badak.core.primitive import PRIMITIVES, define, find


def listening(heard):
    """An interpreter that computes as the eager one and writes down what it is asked."""

    def interpreter(primitive, spec, tensors, attributes):
        heard.append(primitive.name)
        return evaluate(primitive, spec, tensors, attributes)

    return interpreter


def test_interpreter_in_charge_gets_every_operation():
    heard = []

    with interpreting(listening(heard)):
        bd.tanh(bd.tensor([1.0]) * 2 + 1)

    assert heard == ["mul", "add", "tanh"]


def test_interpreter_also_gets_the_backward_pass():
    w, heard = bd.parameter([1.0, 2.0]), []

    with interpreting(listening(heard)):
        bd.grad(bd.sin(w).sum(), w)

    assert heard[:2] == ["sin", "sum"]
    assert "cos" in heard


def test_interpreters_nest_and_are_restored():
    outer, inner = [], []

    with interpreting(listening(outer)):
        bd.exp([1.0])
        with interpreting(listening(inner)):
            bd.sin([1.0])
        bd.cos([1.0])
    bd.log([1.0])

    assert (outer, inner) == (["exp", "cos"], ["sin"])
    assert current_interpreter() is evaluate


def test_interpreter_is_restored_after_an_error():
    def failing(*_):
        raise KeyError("stop")

    with pytest.raises(KeyError), interpreting(failing):
        bd.exp([1.0])

    assert bd.exp([0.0]).tolist() == [1.0]


def test_interpreter_sees_what_will_come_out():
    promised = []

    def interpreter(primitive, spec, tensors, attributes):
        promised.append((spec.shape, spec.dtype.name, sorted(attributes)))
        return evaluate(primitive, spec, tensors, attributes)

    with interpreting(interpreter):
        bd.ones((2, 3)).sum(axis=1)

    assert promised == [((2,), "float32", ["axes", "keepdims"])]


def test_threads_do_not_disturb_each_other():
    inside, leave = threading.Event(), threading.Event()

    def other():
        with (
            context.recording(False),
            context.training(),
            context.debug(),
            interpreting(listening([])),
        ):
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(10)
    seen = [context.is_recording(), context.is_training(), context.is_debug()]
    current = current_interpreter()
    leave.set()
    thread.join()

    assert seen == [True, False, False]
    assert current is evaluate


def test_unknown_primitive_is_refused_with_the_nearest_name():
    with pytest.raises(RangeError) as caught:
        apply("tahn", bd.tensor([1.0]))

    first, _, last = str(caught.value).split("\n")
    assert first == "unknown primitive 'tahn'"
    assert last == "  try       did you mean 'tanh'?"


def test_primitive_cannot_be_defined_twice():
    exp = find("exp")

    with pytest.raises(StateError, match="primitive 'exp' is defined twice"):
        define("exp", exp.forward, infer=exp.infer, vjps=exp.vjps, promote=exp.promote)
    assert find("exp") is exp
    assert repr(exp) == "Primitive(exp)"


def test_primitive_of_ones_own_has_gradients_of_all_orders(monkeypatch):
    monkeypatch.setattr("badak.core.primitive.PRIMITIVES", PRIMITIVES.copy())
    exp = find("exp")
    rule = (lambda g, out, x: g * (apply("cube", x) * 0.0 + 3.0) * x * x,)
    define("cube", lambda x: x * x * x, infer=exp.infer, vjps=rule, promote=exp.promote)

    assert apply("cube", [2.0]).tolist() == [8.0]
    assert bd.check_grad(lambda x: apply("cube", x), [0.5, -1.0], order=2) < 1e-8


def test_debug_names_the_primitive_that_breaks_its_promise(monkeypatch):
    monkeypatch.setattr("badak.core.primitive.PRIMITIVES", PRIMITIVES.copy())
    exp = find("exp")
    define("halved", lambda x: x[::2], infer=exp.infer, vjps=(None,), promote=exp.promote)

    assert apply("halved", np.ones(4)).shape == (2,)
    with context.debug(), pytest.raises(StateError) as caught:
        apply("halved", np.ones(4))

    assert str(caught.value) == (
        "halved: forward and infer disagree\n  expected  (4,) float32\n  got       (2,) float32"
    )
