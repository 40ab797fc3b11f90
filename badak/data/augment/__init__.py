"""Changes of training rows at random, so that few examples do the work of many.

Each is made from a few numbers that say how strong it is, and is called with a batch; `Trainer.fit`
calls it on the fly, for training rows alone:

    trainer.fit(train, augment=[augment.Rotate(10), augment.RandomCrop(padding=2)])

Images are (rows, channels, height, width): floats, or bytes from 0 to 255. One strength 0 changes
nothing. A function of your own, `(x, random) -> x`, does as well.
"""

from badak.data.augment.augmentation import Augmentation, Mixing
from badak.data.augment.color import HSV, Noise, hsv_to_rgb, rgb_to_hsv
from badak.data.augment.crop import Cutout, Flip, RandomCrop
from badak.data.augment.geometry import Affine, Jitter, Rotate, Scale
from badak.data.augment.mixing import CutMix, MixUp
from badak.data.augment.sequence import Compose
from badak.data.augment.targets import one_hot, smooth

__all__ = [
    "Affine",
    "Augmentation",
    "Compose",
    "CutMix",
    "Cutout",
    "Flip",
    "HSV",
    "Jitter",
    "MixUp",
    "Mixing",
    "Noise",
    "RandomCrop",
    "Rotate",
    "Scale",
    "hsv_to_rgb",
    "one_hot",
    "rgb_to_hsv",
    "smooth",
]
