"""Two examples in one, and so their targets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from badak.base.dtypes import Array
from badak.base.numbers import real
from badak.data.augment.augmentation import Mixing, Random, check_images
from badak.data.augment.crop import boxes


@dataclass(frozen=True)
class MixUp(Mixing):
    """Each row mixed with another row of its batch, inputs and targets alike.

        x = l x1 + (1 - l) x2,  t = l t1 + (1 - l) t2,  l ~ Beta(alpha, alpha)

    H. Zhang et al., "mixup: Beyond Empirical Risk Minimization" (2017). Each row draws its own l,
    as in Keras; the paper's program draws one for the batch.

    Args:
        alpha: 0.1 to 0.4 mixes little, 1 evenly.

    >>> x, t = MixUp()(np.array([[0.0], [8.0]]), np.array([[1.0, 0.0], [0.0, 1.0]]), seed=4)
    >>> bool(np.allclose(x[:, 0], 8 * t[:, 1]))
    True

    Raises:
        RangeError: alpha of 0 or below.
    """

    alpha: float = 0.2

    def __post_init__(self) -> None:
        real(self.alpha, "MixUp: alpha", above=0)

    def mix(self, x: Array, t: Array, random: Random) -> tuple[Array, Array]:
        partner = random.permutation(len(x))
        kept = random.beta(self.alpha, self.alpha, len(x))
        return _blend(x, x[partner], kept), _blend(t, t[partner], kept)


@dataclass(frozen=True)
class CutMix(Mixing):
    """A rectangle of each image replaced by that of another image of its batch.

        t = l t1 + (1 - l) t2,  l the share of the pixels that are kept

    The rectangle has the share 1 - l' of the image, l' ~ Beta(alpha, alpha), its proportions, and a
    middle anywhere in it; what hangs over the edge is cut off and not counted in l. S. Yun et al.,
    "CutMix: Regularization Strategy to Train Strong Classifiers" (2019).

    Args:
        alpha: 1 in the paper.

    >>> x = np.stack([np.zeros((1, 4, 4)), np.ones((1, 4, 4))])
    >>> x, t = CutMix()(x, np.eye(2), seed=3)
    >>> bool((x.mean(axis=(1, 2, 3)) == t[:, 1]).all())
    True

    Raises:
        RangeError: alpha of 0 or below.
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        real(self.alpha, "CutMix: alpha", above=0)

    def mix(self, x: Array, t: Array, random: Random) -> tuple[Array, Array]:
        check_images(x, "CutMix")
        height, width = x.shape[2:]
        partner = random.permutation(len(x))
        side = np.sqrt(1 - random.beta(self.alpha, self.alpha, len(x)))
        sides = np.rint(side[:, None] * (height, width)).astype(np.int64)
        mask = boxes(sides, (height, width), random)
        kept = (~mask).mean(axis=(1, 2))
        return np.where(mask[:, None], x[partner], x), _blend(t, t[partner], kept)


def _blend(first: Array, second: Array, share: Array) -> Array:
    """share first + (1 - share) second, row by row."""
    share = share.reshape(-1, *[1] * (first.ndim - 1)).astype(first.dtype)
    blend: Array = share * first + (1 - share) * second
    return blend
