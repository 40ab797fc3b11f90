"""`bd.compile`: the same numbers as eagerly, with the state kept where it belongs."""

from __future__ import annotations

import sys
import threading

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base.errors import RangeError, StateError
from badak.compiler.machine import engine

RULES = [optim.SGD, optim.Momentum, optim.AdaGrad, optim.RMSProp, optim.Adam]
CLOSE = 1e-5  # float32 sums in another order, relative to the largest entry


def perceptron() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(7, 33), nn.BatchNorm(33), nn.ReLU(), nn.Dropout(0.3), nn.Linear(33, 5)
    )


def training_step(net, opt):
    params, loss = net.parameters(), nn.SoftmaxCrossEntropy()

    def step(x, t):
        with bd.training():
            value = loss(net(x), t)
        opt.update(params, bd.grad(value, params))
        return value

    return step


def batches(count, rows=19):
    rng = np.random.default_rng(3)
    return [(rng.normal(size=(rows, 7)), rng.integers(0, 5, rows)) for _ in range(count)]


def trained(rule, wrap, dtype, count=6):
    with bd.seeded(1):
        net = perceptron().to(dtype)
    opt = rule(lr=0.01)
    step = wrap(training_step(net, opt))
    losses = [float(step(bd.tensor(x, dtype), t)) for x, t in batches(count)]
    return losses, net, opt


@pytest.mark.parametrize("rule", RULES)
def test_training_follows_the_eager_one(rule):
    eager, net, opt = trained(rule, lambda fn: fn, "float64")

    losses, compiled_net, compiled_opt = trained(rule, bd.compile, "float64")

    np.testing.assert_allclose(losses, eager, rtol=1e-9)
    for name, array in net.state_dict().items():
        if name != "0.bias":  # BatchNorm takes it away again: its gradient is rounding alone
            np.testing.assert_allclose(compiled_net.state_dict()[name], array, rtol=1e-7, atol=1e-9)
    assert compiled_opt.state_dict()["steps"] == opt.state_dict()["steps"] == 6


def test_training_in_float32_follows_the_eager_one():
    eager, _, _ = trained(optim.Adam, lambda fn: fn, "float32", count=30)

    losses, _, _ = trained(optim.Adam, bd.compile, "float32", count=30)

    np.testing.assert_allclose(losses, eager, rtol=1e-4)


def test_two_runs_are_bit_identical():
    first, net, _ = trained(optim.Adam, bd.compile, "float32")

    second, again, _ = trained(optim.Adam, bd.compile, "float32")

    assert first == second
    ours, theirs = net.state_dict(), again.state_dict()
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_numbers_assigned_from_outside_are_seen():
    w, scale = bd.parameter([1.0, 2.0]), bd.tensor(1.0)
    double = bd.compile(lambda x: w * x * scale)
    x = bd.ones(2)

    before = double(x).tolist()
    w.assign([10.0, 20.0])
    scale.assign(0.5)

    assert (before, double(x).tolist()) == ([1.0, 2.0], [5.0, 10.0])


def test_learning_rate_can_change_without_a_new_program():
    w, opt = bd.parameter([0.0]), optim.SGD(lr=1.0)

    @bd.compile
    def step():
        opt.update({"w": w}, {"w": bd.ones(1)})
        return w.detach()

    first = step().item()
    opt.lr = 0.5
    second = step().item()

    assert (first, second) == (-1.0, -1.5)
    assert "1 program" in repr(step)


def test_what_was_computed_before_keeps_its_numbers():
    counter = bd.tensor([0.0, 0.0])

    @bd.compile
    def tick():
        counter.assign(counter + 1.0)

    tick()
    seen = [counter.detach(), counter.reshape(2, 1), counter[0], counter * 1.0]
    copy = bd.tensor([9.0, 9.0]).assign(counter)

    tick()

    assert [x.numpy().max() for x in seen] == [1.0] * 4
    assert (copy.tolist(), counter.tolist()) == ([1.0, 1.0], [2.0, 2.0])


def test_two_states_can_be_exchanged():
    a, b = bd.tensor([1.0]), bd.tensor([2.0])

    @bd.compile
    def exchange():
        kept = a + 0.0
        a.assign(b)
        b.assign(kept)

    exchange()
    exchange()
    exchange()

    assert (a.tolist(), b.tolist()) == ([2.0], [1.0])


def test_new_shape_or_dtype_makes_a_new_program():
    square = bd.compile(lambda x: x * x)

    results = [
        square(bd.tensor(x, kind)).dtype.name
        for x, kind in [
            ([2.0], None),
            ([2.0, 3.0], None),
            ([2.0], "float64"),
            ([2], None),
            ([3.0], None),
        ]
    ]

    assert results == ["float32", "float32", "float64", "int64", "float32"]
    assert "4 programs" in repr(square)


def test_values_that_are_equal_but_not_the_same_make_two_programs():
    scaled = bd.compile(lambda x, factor: x * factor)
    x = bd.tensor([2, 3])

    kinds = [scaled(x, factor).dtype.name for factor in (1, 1.0, True)]

    assert kinds == ["int64", "float32", "int64"]
    assert "3 programs" in repr(scaled)


def test_state_of_another_dtype_makes_a_new_program():
    net = nn.Linear(3, 2)
    forward = bd.compile(net.forward)
    x = bd.ones((1, 3))
    narrow = forward(x).dtype.name

    net.to("float64")

    assert (narrow, forward(x.astype("float64")).dtype.name) == ("float32", "float64")
    assert forward(x).dtype.name == "float64"


def test_a_compiled_function_inside_another_becomes_part_of_it():
    inner = bd.compile(lambda x: x + 1.0)
    outer = bd.compile(lambda x: inner(x) * 2.0)

    assert outer(bd.tensor([1.0])).tolist() == [4.0]


def test_many_programs_are_warned_about():
    square = bd.compile(lambda x: x * x)

    for size in range(1, 9):
        square(bd.ones(size))

    with pytest.warns(UserWarning, match="compiled 9 times"):
        square(bd.ones(9))


def test_training_mode_is_part_of_the_program():
    layer = nn.Dropout(0.5)
    forward = bd.compile(layer.forward)

    calm = forward(bd.ones(64))
    with bd.training():
        dropped = forward(bd.ones(64))

    assert calm.tolist() == [1.0] * 64
    assert sorted(set(dropped.tolist())) == [0.0, 2.0]


def test_dropout_masks_are_the_eager_ones():
    bd.set_seed(4)
    eager = nn.Dropout(0.4)
    bd.set_seed(4)
    layer = nn.Dropout(0.4)
    forward = bd.compile(layer.forward)

    with bd.training():
        pairs = [(eager(bd.ones(1000)), forward(bd.ones(1000))) for _ in range(3)]

    assert all(np.array_equal(x.numpy(), y.numpy()) for x, y in pairs)


def test_without_llvm_functions_run_eagerly_and_say_so(monkeypatch):
    monkeypatch.setattr(engine, "_ready", [])
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    square = bd.compile(lambda x: x * x)

    with pytest.warns(RuntimeWarning, match=r"runs eagerly, in NumPy: llvmlite is not installed"):
        first = square(bd.tensor([3.0]))
    second = square(bd.tensor([4.0]))

    assert (first.tolist(), second.tolist()) == ([9.0], [16.0])


def test_looking_at_numbers_is_refused():
    @bd.compile
    def step(x):
        return x if float(x.sum()) > 0 else -x

    with pytest.raises(StateError, match="not known while a function is traced"):
        step(bd.ones(3))


def test_programs_run_from_two_threads():
    nets = [bd.compile(lambda x, k=k: bd.tanh(x * float(k)).sum()) for k in (1, 2)]
    found = [[], []]

    def work(number):
        for _ in range(200):
            found[number].append(float(nets[number](bd.ones(300))))

    threads = [threading.Thread(target=work, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [set(values) for values in found] == [{float(nets[n](bd.ones(300)))} for n in (0, 1)]


def test_labels_are_checked_before_the_program_runs():
    loss = bd.nn.SoftmaxCrossEntropy()
    w = bd.parameter(np.zeros((3, 3), "f"))

    @bd.compile
    def step(x, t):
        value = loss(x @ w, t)
        w.assign(w - bd.grad(value, w))
        return value

    x = np.ones((2, 3), "f")
    step(x, np.array([0, 2]))
    before = w.numpy()

    with pytest.raises(RangeError, match="label 3 at row 1"):
        step(x, np.array([0, 3]))
    assert w.numpy().tobytes() == before.tobytes()


def test_labels_of_the_rows_that_are_scanned_are_checked():
    loss = bd.nn.SoftmaxCrossEntropy()
    step = bd.compile(loss)
    x, t = np.ones((4, 3), "f"), np.array([0, 1, 2, 7])

    assert step.scan([[0, 1], [2, 1]], x, t)[0] == 2
    with pytest.raises(RangeError, match="label 7"):
        step.scan([[0, 1], [2, 3]], x, t)


@pytest.mark.parametrize("take", [lambda t: t[:, 1], lambda t: t[:, 1:].reshape(-1)])
def test_labels_that_are_a_part_of_an_argument_are_checked(take):
    loss = bd.nn.SoftmaxCrossEntropy()
    step = bd.compile(lambda x, t: loss(x, take(t)))
    x, t = np.ones((4, 3), "f"), np.array([[9, 0], [9, 1], [9, 2], [0, 7]])

    step(x[:3], t[:3])
    assert step.scan([[0, 1], [2, 1]], x, t)[0] == 2
    with pytest.raises(RangeError, match="label 7"):
        step(x, t)
    with pytest.raises(RangeError, match="label 7"):
        step.scan([[0, 1], [2, 3]], x, t)


def test_positions_are_checked_before_the_program_runs():
    table = bd.parameter(np.arange(6.0).reshape(3, 2))
    look_up = bd.compile(lambda rows: table[rows])

    with pytest.raises(RangeError, match="no position 3"):
        look_up(np.array([0, 3]))


def test_large_arrays_are_not_copied_for_a_scan(monkeypatch):
    step = bd.compile(lambda x: x.sum())
    x = np.ones((1000, 4), np.float32)
    monkeypatch.setattr("badak.compiler.compiled.as_array", lambda value: 1 / 0)

    done, sums = step.scan(np.arange(1000).reshape(10, 100), x)

    assert (done, sums.tolist()) == (10, [400.0] * 10)


def test_arrays_of_another_dtype_become_what_tensors_become():
    double = bd.compile(lambda x: x * 2)

    assert double(np.ones(3)).dtype == np.float32
    assert double(np.ones(3, np.uint8)).dtype == bd.tensor(np.ones(3, np.uint8)).dtype
