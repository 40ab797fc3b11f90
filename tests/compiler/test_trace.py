from __future__ import annotations

import gc
import threading

import numpy as np
import pytest

import badak as bd
from badak import nn, optim
from badak.base import context
from badak.base.errors import RangeError, ShapeError, StateError
from badak.compiler import show, verify
from badak.core.dispatch import current_tracer, tracing
from badak.core.tensor import Literal
from tests.compiler.meaning import bits

X = bd.tensor([[1.0, -2.0], [3.0, 4.0]])


def lines(traced) -> list[str]:
    return repr(traced).splitlines()


def inputs(traced) -> list[str]:
    return [value.name for value in traced.graph.inputs]


# ---------------------------------------------------------------------- what is found


def test_a_whole_step_is_a_text():
    w = bd.parameter([1.0, 2.0])
    opt = optim.Momentum(lr=0.1)

    def step(x, t):
        loss = ((x @ w - t) * (x @ w - t)).mean()
        opt.update({"w": w}, bd.grad(loss, {"w": w}))
        return loss

    text = lines(bd.trace(step, X, bd.zeros(2)))

    assert text[:10] == [
        "graph(",
        "  x: float32[2,2],",
        "  t: float32[2],",
        "  w: float32[2],",
        "  opt.steps: int64,",
        "  opt.settings.momentum: float64,",
        "  opt.state.w.v: float32[2],",
        "  opt.settings.lr: float64,",
        ") {",
        "  a: float32[2] = matmul(x, w)",
    ]
    assert [line.split(" = ")[0] for line in text[-4:]] == [
        "# returns g",
        "# assigns w",
        "# assigns opt.state.w.v",
        "# assigns opt.steps",
    ]


def test_state_is_what_is_read_from_outside():
    w, b, unused = bd.parameter([1.0, 2.0]), bd.tensor(0.5), bd.tensor(9.0)

    traced = bd.trace(lambda x: (x @ w + b, unused.shape), X)

    assert inputs(traced) == ["x", "w", "b"]
    assert traced.state[0] is w
    assert traced.state[1] is b
    assert traced.assigned == ()


def test_running_statistics_and_counters_are_state():
    net = nn.Sequential(nn.BatchNorm(2), nn.Dropout(0.5))

    def train(x):
        with bd.training():
            return net(x)

    traced = bd.trace(train, X)

    assert inputs(traced)[1:] == [
        "net.0.running_mean",
        "net.0.running_var",
        "net.0.weight",
        "net.0.bias",
        "net.1.key",
        "net.1.counter",
        "net.1.p",
    ]
    assert traced.assigned_names == (
        "net.0.running_mean",
        "net.0.running_var",
        "net.1.counter",
    )


def test_state_that_is_made_inside_is_found_and_starts_as_it_would():
    w = bd.parameter([3.0, 4.0])

    class Slow(optim.SGD):
        def start(self, parameter):
            return {"slow": parameter * 2.0, "past": parameter.detach()}

        def advance(self, parameter, gradient, state, step):
            return parameter + state["slow"], {"slow": state["past"], "past": gradient}

    opt = Slow()
    traced = bd.trace(lambda g: opt.update({"w": w}, {"w": g}), bd.ones(2))

    assert inputs(traced) == ["g", "opt.steps", "w", "opt.state.w.slow", "opt.state.w.past"]
    assert opt.state["w"]["slow"].tolist() == [6.0, 8.0]
    assert opt.state["w"]["past"].tolist() == [3.0, 4.0]


def test_an_optimizer_that_was_only_traced_is_saved_and_loaded():
    w = bd.parameter([3.0, 4.0])
    opt, again = optim.Adam(lr=0.5), optim.Adam()
    bd.trace(lambda g: opt.update({"w": w}, {"w": g}), bd.ones(2))

    again.load_state_dict(opt.state_dict(), {"w": w})

    assert sorted(opt.state_dict())[-2:] == ["steps", "v/w"]
    assert float(again.lr) == 0.5


def test_assigned_but_never_read_is_assigned():
    last = bd.tensor([0.0, 0.0])

    traced = bd.trace(lambda x: last.assign(x[0]) * 2, X)

    assert inputs(traced) == ["x"]
    assert lines(traced)[-2:] == ["# returns c", "# assigns last = b"]
    assert traced.assigned == (last,)


def test_known_numbers_may_be_assigned():
    w, source = bd.tensor([1.0, 2.0]), bd.tensor([5.0, 6.0])

    def reset(x):
        w.assign([3.0, 4.0])
        y = w * x
        w.assign(source)
        return y, w * x

    traced = bd.trace(reset, X)

    assert inputs(traced) == ["x", "source"]
    assert lines(traced)[1:-3] == [
        "  a: float32[2,2] = mul([3.0, 4.0]: float32[2], x)",
        "  b: float32[2,2] = mul(source, x)",
        "  return a, b, source",
    ]


def test_what_is_read_after_an_assignment_is_what_was_assigned():
    count = bd.tensor(0)

    def twice(x):
        before = count.detach()
        count.assign(count + 1)
        count.assign(count * 2)
        return before, count, count.detach()

    traced = bd.trace(twice, X)

    assert lines(traced)[1:] == [
        "  a: int64 = add(count, 1: int64)",
        "  b: int64 = mul(a, 2: int64)",
        "  return count, b, b, b",
        "}",
        "# returns (count, b, b)",
        "# assigns count = b",
    ]


def test_a_detached_parameter_is_the_parameter():
    w = bd.parameter([1.0, 2.0])

    traced = bd.trace(lambda: bd.softmax(w))

    assert inputs(traced) == ["w"]


def test_tensors_made_and_left_inside_are_constants():
    def shifted(x):
        kept = bd.zeros((2, 2))
        kept.assign(x)
        return x + bd.ones((2, 2)) + bd.arange(2) + kept

    traced = bd.trace(shifted, X)

    assert inputs(traced) == ["x"]
    assert traced.assigned == ()
    assert lines(traced)[1] == "  a: float32[2,2] = add(x, 1.0: float32[2,2])"


def test_a_tensor_that_is_made_inside_and_kept_is_state():
    class Lazy:
        scale = None

        def __call__(self, x):
            if self.scale is None:
                self.scale = bd.ones(2)
            return x * self.scale

    layer = Lazy()
    traced = bd.trace(layer, X)
    layer.scale.assign([2.0, 3.0])

    assert inputs(traced) == ["x", "scale"]
    assert traced.run(X).tolist() == [[2.0, -6.0], [6.0, 12.0]]


def test_a_result_that_is_assigned_and_kept_is_no_state():
    kept = []

    def fn(x):
        kept.append((x * 2).detach().assign(x))
        return kept[0] + 1

    traced = bd.trace(fn, X)

    assert traced.assigned == ()
    assert lines(traced)[2] == "  b: float32[2,2] = add(x, 1.0: float32)"


def test_numbers_in_expressions_are_constants_even_where_a_result_is_kept():
    kept = []

    def fn(x):
        kept.append(x * 2.0)
        return kept[-1]

    assert inputs(bd.trace(fn, X)) == ["x"]


def test_inputs_constants_and_state_may_be_returned():
    w = bd.parameter([1.0])

    traced = bd.trace(lambda x: {"x": x, "w": w, "five": bd.tensor(5.0), "none": None}, X)

    assert lines(traced)[1:] == [
        "  return x, w, 5.0: float32",
        "}",
        "# returns {'x': x, 'w': w, 'five': 5.0: float32, 'none': None}",
    ]


def test_gradients_of_gradients_are_equations_too():
    w = bd.parameter([1.0, 2.0])

    def curvature(x):
        slope = bd.grad((x @ w).tanh().sum(), w, create_graph=True)
        return bd.grad((slope * slope).sum(), w)

    verify(bd.trace(curvature, X).graph)


# ---------------------------------------------------------------------- arguments


def test_arguments_may_be_nested_named_and_of_any_kind():
    seen = []

    def fn(batch, flag, *, scale, mode=None):
        seen.append((type(batch["x"]), batch["n"], flag, mode))
        return [batch["x"] * scale[0], flag]

    traced = bd.trace(
        fn, {"x": np.ones((2, 2)), "n": None}, True, scale=(bd.tensor(2.0),), mode="fast"
    )

    assert inputs(traced) == ["batch.x", "scale.0"]
    assert seen == [(bd.Tensor, None, True, "fast")]
    assert lines(traced)[-1] == "# returns [a, True]"


def test_an_array_becomes_a_tensor_as_bd_tensor_makes_it():
    traced = bd.trace(lambda x, t: (x, t), np.zeros(3), np.zeros(3, np.int32))

    assert [str(value.dtype) for value in traced.graph.inputs] == ["float32", "int32"]


def test_gradients_flow_to_arguments_that_ask_for_them():
    w = bd.parameter([1.0, 2.0], tags=("weight",))

    def slope(w):
        assert w.tags == ("weight",)
        return bd.grad((w * w).sum(), w)

    assert inputs(bd.trace(slope, w)) == ["w"]
    with pytest.raises(StateError, match="grad: no gradient flows to tensor 0 of wrt"):
        bd.trace(lambda w: bd.grad((w * w).sum(), w), bd.tensor([1.0]))


def test_a_network_may_be_an_argument():
    net = nn.Linear(2, 3)

    traced = bd.trace(lambda net, x: net(x), net, X)

    assert traced.state == (net.weight, net.bias)
    assert traced.run(net, X).shape == (2, 3)


def test_a_function_without_arguments_is_traced():
    assert lines(bd.trace(lambda: bd.ones(2) * 2)) == [
        "graph() {",
        "  a: float32[2] = mul(1.0: float32[2], 2.0: float32)",
        "  return a",
        "}",
        "# returns a",
    ]


def test_wrong_arguments_are_the_functions_own_error():
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        bd.trace(lambda x: x, X, X)


# ---------------------------------------------------------------------- nothing has changed


def everything():
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm(3), nn.Dropout(0.5))
    opt = optim.Adam()
    params = net.parameters()

    def step(x, fails=False):
        with bd.training():
            loss = net(x).sum()
        opt.update(params, bd.grad(loss, params))
        if fails:
            raise KeyError("stop")
        return loss

    tensors = [*params.values(), *net.buffers().values(), opt.steps, *opt.settings.values()]
    return step, opt, tensors


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_has_changed_after_tracing(fails):
    step, opt, tensors = everything()
    before = [(x.data, x.data.tobytes(), x.version, x.grad, x.node) for x in tensors]

    try:
        bd.trace(step, X, fails)
    except KeyError:
        assert fails

    after = [(x.data, x.data.tobytes(), x.version, x.grad, x.node) for x in tensors]
    assert all(a[0] is b[0] and a[1:] == b[1:] for a, b in zip(after, before, strict=True))
    assert current_tracer() is None
    for state in opt.state.values():
        assert all(isinstance(x.data, np.ndarray) and not x.data.any() for x in state.values())


def test_the_first_warning_of_a_loss_is_still_to_come_after_tracing():
    loss = nn.SoftmaxCrossEntropy()
    probabilities = bd.full((2, 4), 0.25)
    bd.trace(loss, probabilities, np.array([0, 1]))

    with pytest.warns(UserWarning, match="remove the softmax"):
        loss(probabilities, np.array([0, 1]))


def test_a_graph_that_was_recorded_before_can_still_be_differentiated():
    w = bd.parameter([1.0, 2.0])
    loss = (w * w).sum()

    bd.trace(lambda g: w.assign(w - g), bd.ones(2))

    assert bd.grad(loss, w).tolist() == [2.0, 4.0]


def test_tracing_keeps_no_tensor_alive():
    def tensors():
        gc.collect()
        # By type: to ask a foreign object with isinstance may wake it up.
        return sum(issubclass(type(x), bd.Tensor) for x in gc.get_objects())

    before = tensors()
    w = bd.parameter([1.0, 2.0])

    traced = bd.trace(lambda x: bd.grad((w * x).sum(), w), bd.ones(2))

    assert tensors() == before + 1
    assert traced.state == (w,)


# ---------------------------------------------------------------------- what cannot be traced

UNKNOWN = "the values of a tensor are not known while a function is traced"
W = bd.tensor([1.0, 2.0])


@pytest.mark.parametrize(
    "look",
    [
        lambda x: float(x.sum()),
        lambda x: int(x.sum()),
        lambda x: x.sum().item(),
        lambda x: f"{x.sum():.3f}",
        lambda x: x.numpy(),
        np.asarray,
        lambda x: x.tolist(),
        lambda x: [value * 2 for value in x.tolist()],
        bd.tensor,
        bd.parameter,
        lambda x: bd.tensor([x.sum(), x.sum()]),
        lambda x: float(W[0]),
        lambda x: W.numpy(),
        lambda x: float(bd.tensor(3.0)),
        lambda x: list(range(x.astype("int64").sum())),
        lambda x: W.assign(x.numpy()[0]),
        lambda x: setattr(optim.SGD(), "lr", x.sum()),
    ],
)
def test_a_look_at_numbers_is_refused(look):
    with pytest.raises(StateError) as caught:
        bd.trace(look, X)

    assert caught.value.what == UNKNOWN
    assert caught.value.got.startswith("tensor(traced, shape=(")


@pytest.mark.parametrize(
    "choose",
    [
        lambda x: x if x.sum() > 0 else -x,
        lambda x: bool(x.sum()),
        lambda x: x.sum() and x,
        lambda x: x.sum() in [1.0, 2.0],
        lambda x: max(x.sum(), 0.0),
    ],
)
def test_a_choice_by_numbers_is_refused_with_another_way(choose):
    with pytest.raises(StateError) as caught:
        bd.trace(choose, X)

    first, _, got, hint = str(caught.value).splitlines()
    assert first == UNKNOWN
    assert got.startswith("  got       tensor(traced, shape=(), dtype=")
    assert hint == "  try       bd.where(condition, x, y) chooses by value"


def test_a_look_at_the_data_is_refused():
    with pytest.raises(StateError) as caught:
        bd.trace(lambda x: x.data.sum(), X)

    assert str(caught.value) == (
        "the data of a tensor is not known while a function is traced\n"
        "  expected  operations on the tensor itself (shape and dtype are known)\n"
        "  got       sum of Ghost(float32[2,2])\n"
        "  try       where it was traced before: return it from the function, do not keep it"
    )


def test_shape_dtype_and_rows_are_known():
    def fn(x):
        assert (x.shape, str(x.dtype), x.ndim, x.size, len(x)) == ((2, 2), "float32", 2, 4, 2)
        assert repr(x) == str(x) == f"{x}" == "tensor(traced, shape=(2, 2), dtype=float32)"
        assert not x.has_numbers
        assert not W.has_numbers
        return [row.sum() for row in x]

    assert len(bd.trace(fn, X).result) == 2
    assert X.has_numbers


def test_backward_is_refused():
    w = bd.parameter([1.0, 2.0])

    with pytest.raises(StateError) as caught:
        bd.trace(lambda x: (x @ w).sum().backward(), X)

    assert caught.value.what == "backward() leaves gradients behind, which a traced function cannot"
    assert caught.value.hint == "grads = bd.grad(loss, params)"
    assert w.grad is None


def test_assigning_to_an_argument_is_refused():
    with pytest.raises(StateError, match="a traced function cannot assign to its arguments"):
        bd.trace(lambda x: x.assign(x + 1), X)


def test_a_gradient_after_the_update_is_refused_as_eagerly():
    w = bd.parameter([1.0, 2.0])

    def late(x):
        loss = (x @ w).sum()
        w.assign(w * 2)
        return bd.grad(loss, w)

    with pytest.raises(StateError, match="input 1 of matmul was assigned after it was used"):
        bd.trace(late, X)


def test_a_gradient_between_two_updates_is_refused_as_eagerly():
    w = bd.parameter([1.0, 2.0])

    def late(x):
        w.assign(w * 2)
        loss = (x @ w).sum()
        w.assign(w * 2)
        return bd.grad(loss, w)

    for run in (late, lambda x: bd.trace(late, x)):
        with pytest.raises(StateError, match="input 1 of matmul was assigned after it was used"):
            run(X)


def test_shapes_are_checked_where_they_arise():
    with pytest.raises(ShapeError, match="matmul"):
        bd.trace(lambda x: x @ bd.ones(3), X)


def test_tracing_does_not_nest():
    with pytest.raises(StateError, match="trace inside of a function that is traced"):
        bd.trace(lambda x: bd.trace(lambda y: y, x), X)
    traced = bd.trace(lambda x: x, X)
    with pytest.raises(StateError, match="run inside of a function that is traced"):
        bd.trace(traced.run, X)


def test_a_tensor_that_was_kept_says_so_when_it_is_used():
    kept = []
    bd.trace(lambda x: kept.append(x * 2), X)

    assert repr(kept[0]) == "tensor(traced, shape=(2, 2), dtype=float32)"
    with pytest.raises(StateError, match="this tensor was made while a function was traced"):
        kept[0].numpy()
    for use in (lambda: kept[0] + 1, lambda: kept[0][0], lambda: kept[0].reshape(4)):
        with pytest.raises(StateError, match="the data of a tensor is not known"):
            use()
    with pytest.raises(StateError, match="this tensor was computed while another function"):
        bd.trace(lambda x: x + kept[0], X)


# ---------------------------------------------------------------------- checks of values


def test_losses_check_shapes_but_not_values():
    loss = nn.SoftmaxCrossEntropy()
    scores = bd.zeros((2, 3))

    bd.trace(loss, scores, np.array([7, 8]))
    bd.trace(lambda x: loss(x, np.array([7, 8])), scores)
    bd.trace(loss, scores, np.ones((2, 3)))

    with pytest.raises(ShapeError, match="the targets do not fit the scores"):
        bd.trace(loss, scores, np.ones((2, 4)))
    with pytest.raises(ShapeError, match="prediction and target differ in shape"):
        bd.trace(nn.MeanSquaredError(), scores, np.ones((2, 4)))
    with pytest.raises(RangeError, match="label 7 at row 0"):
        loss(scores, np.array([7, 8]))


def test_numbers_can_be_computed_while_tracing_where_they_are_kept():
    made = []

    def fn(x):
        with tracing(None):
            made.append(W * 2 + 1)
            assert float(made[0][0]) == 3.0
        return x * made[0]

    traced = bd.trace(fn, X)

    assert made[0].tolist() == [3.0, 5.0]
    assert inputs(traced) == ["x", "made.0"]


def test_attributes_are_plain_python():
    traced = bd.trace(lambda x: bd.pad(x, [(np.int64(1), 0), (0, 0)], np.float32(2.5)), X)

    verify(traced.graph)
    assert "low=(1, 0), high=(0, 0), interior=(0, 0), value=2.5)" in show(traced.graph)


def test_literals_are_copied_into_the_program():
    ten = Literal(np.array([10.0], np.float32))
    traced = bd.trace(lambda x: x * ten, X)
    ten.data[0] = 99.0

    assert traced.run(X).tolist() == [[10.0, -20.0], [30.0, 40.0]]


# ---------------------------------------------------------------------- threads


def test_threads_trace_the_same_network_at_once_while_it_is_used():
    step, _, tensors = everything()
    expected = repr(bd.trace(step, X))
    before = bits([x.data for x in tensors])
    texts, errors, done = [], [], threading.Event()

    def trace_often():
        try:
            texts.extend(repr(bd.trace(step, X)) for _ in range(15))
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    def look():
        try:
            while not done.is_set():
                assert bits([x.numpy() for x in tensors]) == before
                assert context.is_recording()
        except BaseException as error:  # noqa: BLE001  # shown below
            errors.append(error)

    tracers = [threading.Thread(target=trace_often) for _ in range(3)]
    watcher = threading.Thread(target=look)
    for thread in (watcher, *tracers):
        thread.start()
    for thread in tracers:
        thread.join()
    done.set()
    watcher.join()

    assert errors == []
    assert texts == [expected] * 45


def test_threads_that_trace_a_new_optimizer_share_its_state():
    w, all_inside, found = bd.parameter([1.0, 2.0]), threading.Barrier(3, timeout=30), []

    class Slow(optim.Momentum):
        def start(self, parameter):
            all_inside.wait()
            return super().start(parameter)

    opt = Slow()

    def trace_once():
        found.append(bd.trace(lambda g: opt.update({"w": w}, {"w": g}), bd.ones(2)))

    threads = [threading.Thread(target=trace_once) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 3
    assert all(any(x is opt.state["w"]["v"] for x in traced.state) for traced in found)
