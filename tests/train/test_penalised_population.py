"""Members that differ in how strongly they are regularised learn as each would alone."""

from __future__ import annotations

import numpy as np

import badak as bd
from badak import nn, optim

DIGITS = bd.data.load("digits").train
CONFIGS = [{"decay": 0.0, "p": 0.1}, {"decay": 0.01, "p": 0.2}, {"decay": 0.1, "p": 0.5}]


def build(decay, p):
    net = nn.mlp(64, [20], 10, dropout=p)
    loss = nn.Penalised(nn.SoftmaxCrossEntropy(), nn.L2(net, decay), nn.L1(net, decay / 10))
    return bd.Trainer(net, loss, optim.SGD(0.1), progress=False)


def test_strengths_and_shares_are_those_of_each_member():
    population = bd.Population(build, CONFIGS)

    together = population.fit(DIGITS, epochs=2, batch_size=50, progress=False)

    for config, history in zip(CONFIGS, together, strict=True):
        with bd.seeded(0):
            alone = build(**config).fit(DIGITS, epochs=2, batch_size=50)
        np.testing.assert_allclose(history["loss"], alone["loss"], rtol=1e-5)
    assert len({round(history["loss"][0], 3) for history in together}) == 3
