"""Badak's losses and PyTorch's, where both have one: values and gradients in float64."""

from __future__ import annotations

import numpy as np
import pytest

import badak as bd
from badak import nn

torch = pytest.importorskip("torch", reason="compares with PyTorch: make torch")
F = torch.nn.functional

CLOSE = 1e-12  # rounding of one forward and backward, relative to the largest value


def distance(ours, theirs):
    """The largest difference, relative to the largest value."""
    a, b = np.asarray(ours), np.asarray(theirs)
    assert a.shape == b.shape
    return float(np.abs(a - b).max() / max(np.abs(b).max(), 1e-300))


def both(loss, peer, prediction, target):
    """Values and gradients of a loss of ours and of a function of PyTorch's."""
    ours = bd.parameter(prediction, "float64")
    theirs = torch.tensor(np.asarray(prediction, "float64"), requires_grad=True)
    value, their_value = loss(ours, target), peer(theirs, torch.tensor(target))
    weight = np.linspace(1, 2, value.size).reshape(value.shape)
    their_value.backward(torch.tensor(weight))
    g = bd.grad(value, ours, weight=weight)
    return (value, g), (their_value.detach(), theirs.grad)


def assert_agree(loss, peer, prediction, target):
    ours, theirs = both(loss, peer, prediction, target)

    assert distance(ours[0], theirs[0]) < CLOSE
    assert distance(ours[1], theirs[1]) < CLOSE


RANDOM = np.random.default_rng(0)
SCORES, LABELS = RANDOM.normal(size=(7, 4)) * 4, np.array([0, 3, 1, 1, 2, 0, 3])
SHARES = RANDOM.dirichlet(np.ones(4), size=7)
WEIGHT = np.array([0.5, 2.0, 1.0, 3.0])
FAR = np.where(RANDOM.uniform(size=(7, 4)) < 0.5, -1000.0, 1000.0)


# Cross-entropies.


@pytest.mark.technique(36, 38, 46, 122)
@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize("scores", [SCORES, FAR], ids=["usual", "far"])
@pytest.mark.parametrize("target", [LABELS, SHARES], ids=["class numbers", "distributions"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weight", [None, WEIGHT], ids=["alike", "weighted"])
def test_softmax_cross_entropy(scores, target, smoothing, weight, reduction):
    loss = nn.SoftmaxCrossEntropy(reduction, label_smoothing=smoothing, class_weight=weight)
    peer = torch.nn.CrossEntropyLoss(
        weight=None if weight is None else torch.tensor(weight),
        label_smoothing=smoothing,
        reduction=reduction,
    )

    assert_agree(loss, peer, scores, target)


@pytest.mark.technique(46)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("ignored", [-100, 1])
def test_ignored_classes(reduction, smoothing, ignored):
    labels = np.where(LABELS == 3, ignored, LABELS)
    loss = nn.SoftmaxCrossEntropy(reduction, label_smoothing=smoothing, ignore_class=ignored)
    peer = torch.nn.CrossEntropyLoss(
        reduction=reduction, label_smoothing=smoothing, ignore_index=ignored
    )

    assert_agree(loss, peer, SCORES, labels)


def test_ignored_classes_among_weighted_ones():
    settings = {"label_smoothing": 0.1, "class_weight": WEIGHT, "ignore_class": 2}
    peer = torch.nn.CrossEntropyLoss(
        torch.tensor(WEIGHT), label_smoothing=0.1, ignore_index=2, reduction="none"
    )

    assert_agree(nn.SoftmaxCrossEntropy("none", **settings), peer, SCORES, LABELS)


def test_the_weighted_mean_is_that_of_pytorch_but_for_what_it_is_divided_by():
    ours, theirs = both(
        nn.SoftmaxCrossEntropy(class_weight=WEIGHT),
        torch.nn.CrossEntropyLoss(torch.tensor(WEIGHT)),
        SCORES,
        LABELS,
    )

    share = len(LABELS) / WEIGHT[LABELS].sum()
    assert distance(float(ours[0]) * share, theirs[0]) < CLOSE
    assert distance(ours[1].numpy() * share, theirs[1]) < CLOSE


@pytest.mark.technique(46)
@pytest.mark.parametrize("reduction", ["mean"])
def test_places_of_rows(reduction):
    scores, labels = RANDOM.normal(size=(2, 5, 4)), RANDOM.integers(-1, 4, (2, 5))
    loss = nn.SparseCategoricalCrossentropy(True, ignore_class=-1, reduction=reduction)

    def peer(x, t):
        return F.cross_entropy(x.transpose(1, 2), t, ignore_index=-1, reduction=reduction)

    assert_agree(loss, peer, scores, labels)


@pytest.mark.technique(45, 46)
def test_probabilities_of_classes():
    def peer(p, t):
        return F.nll_loss(torch.log(p), t)

    def shares(p, t):
        return -(t * torch.log(p / p.sum(1, keepdim=True))).sum(1).mean()

    p = RANDOM.dirichlet(np.ones(4) * 2, size=7)
    assert_agree(nn.CategoricalCrossentropy(), shares, p * 0.8, SHARES)
    values, theirs = both(nn.SparseCategoricalCrossentropy(), peer, p, LABELS)
    assert distance(values[0], theirs[0]) < CLOSE


@pytest.mark.technique(44)
@pytest.mark.parametrize("x", [SCORES, FAR], ids=["usual", "far"])
@pytest.mark.parametrize("target", [SHARES, SHARES.round()], ids=["soft", "hard"])
@pytest.mark.parametrize("weight", [None, 2.5])
def test_binary_cross_entropy_from_scores(x, target, weight):
    loss = nn.BinaryCrossentropy(True, class_weight=None if weight is None else (1.0, weight))

    def peer(x, t):
        pos_weight = None if weight is None else torch.tensor(weight, dtype=torch.float64)
        return F.binary_cross_entropy_with_logits(x, t, pos_weight=pos_weight)

    assert_agree(loss, peer, x, target)


@pytest.mark.technique(44)
def test_binary_cross_entropy_of_probabilities():
    p = RANDOM.uniform(0.01, 0.99, size=(7, 4))

    assert_agree(nn.BinaryCrossentropy(), F.binary_cross_entropy, p, SHARES)


# Numbers.

SAME = {
    "mean_squared_error": (nn.MeanSquaredError(), F.mse_loss),
    "mean_absolute_error": (nn.MeanAbsoluteError(), F.l1_loss),
    "huber": (nn.Huber(), F.huber_loss),
    "huber 2.5": (nn.Huber(2.5), lambda x, t: F.huber_loss(x, t, delta=2.5)),
    "smooth l1": (nn.Huber(), F.smooth_l1_loss),
    "sum_squared_error": (
        nn.SumSquaredError("sum"), lambda x, t: F.mse_loss(x, t, reduction="sum") / 2
    ),
    "cosine_similarity": (
        nn.CosineSimilarity("none"), lambda x, t: -F.cosine_similarity(x, t, dim=-1)
    ),
}  # fmt: skip


@pytest.mark.technique(39, 42, 49, 50, 53, 54)
@pytest.mark.parametrize("x", [SCORES, FAR], ids=["usual", "far"])
@pytest.mark.parametrize("name", SAME)
def test_losses_of_numbers(name, x):
    assert_agree(*SAME[name], x, RANDOM.normal(size=(7, 4)) * 3)


@pytest.mark.technique(48)
@pytest.mark.parametrize(("reduction", "theirs"), [("mean", "batchmean"), ("sum", "sum")])
def test_kl_divergence(reduction, theirs):
    p = RANDOM.dirichlet(np.ones(4) * 3, size=7)

    def peer(p, t):
        return F.kl_div(torch.log(p), t, reduction=theirs)

    assert_agree(nn.KLDivergence(reduction), peer, p, RANDOM.dirichlet(np.ones(4) * 3, size=7))


@pytest.mark.technique(47)
def test_poisson():
    def peer(p, t):
        return F.poisson_nll_loss(p, t, log_input=False, eps=1e-7)

    assert_agree(nn.Poisson(), peer, np.exp(SCORES / 4), RANDOM.integers(0, 9, (7, 4)) * 1.0)


# Hinges.


@pytest.mark.technique(40)
@pytest.mark.parametrize("x", [SCORES, FAR], ids=["usual", "far"])
def test_multiclass_hinge_is_their_margin_loss_times_the_classes(x):
    assert_agree(nn.MulticlassHinge(), lambda x, t: 4 * F.multi_margin_loss(x, t), x, LABELS)


@pytest.mark.technique(56, 57)
@pytest.mark.parametrize("power", [1, 2])
def test_hinge_is_a_row_of_their_embedding_losses(power):
    signs = np.where(RANDOM.uniform(size=(7, 4)) < 0.5, -1.0, 1.0)
    loss = nn.Hinge() if power == 1 else nn.SquaredHinge()

    def peer(x, t):  # for targets of -1 it is max(0, margin - x)
        margin = F.hinge_embedding_loss(t * x, -torch.ones_like(x), reduction="none")
        return (margin**power).mean()

    assert_agree(loss, peer, SCORES, signs)


@pytest.mark.technique(58)
def test_categorical_hinge_without_its_zero():
    x = np.abs(SCORES)  # so that a wrong class is above 0, which Keras takes for the right one's

    def peer(x, t):
        right = torch.nn.functional.one_hot(t, 4).bool()
        best = x.masked_fill(right, -torch.inf).amax(1)
        return F.relu(best - x[right] + 1).mean()

    ours, theirs = both(lambda p, t: nn.CategoricalHinge()(p, np.eye(4)[t]), peer, x, LABELS)
    assert distance(ours[0], theirs[0]) < CLOSE
    assert distance(ours[1], theirs[1]) < CLOSE
