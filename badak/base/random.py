"""Random numbers as a pure function of a key and a counter.

Nothing here has a hidden state that two runs could disagree about. Two generators serve two
purposes:

- `philox` makes the bits that a network draws while it runs (dropout masks, noise). It is
  Philox4x32-10 of Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), written
  so that compiled code can make the very same bits.
- `generator(seed, *path)` gives a NumPy generator for work outside the network (initial weights,
  splits, the order of examples). Equal seeds and paths give equal numbers; different paths are
  independent.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from badak.base.dtypes import Array
from badak.base.errors import RangeError
from badak.base.shapes import as_int

_MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_MASK = 0xFFFFFFFF
_ROUNDS = 10

LANES = 16
"""Words of one kind that stand side by side in the output of `philox`; see there."""


def philox_block(counter: tuple[Array, Array, Array, Array], key: tuple[int, int]) -> list[Array]:
    """Philox4x32-10: four words of counter and two of key give four random words.

    The counter words are uint64 arrays holding 32-bit values (the products need 64 bits).

    >>> zero = np.zeros(1, np.uint64)
    >>> [f"{int(word[0]):08x}" for word in philox_block((zero,) * 4, (0, 0))]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    low, shift = np.uint64(_MASK), np.uint64(32)
    for _ in range(_ROUNDS):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (p1 >> shift) ^ c1 ^ np.uint64(k0),
            p1 & low,
            (p0 >> shift) ^ c3 ^ np.uint64(k1),
            p0 & low,
        )
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
    return [c0, c1, c2, c3]


def philox(key: int, counter: int, count: int) -> Array:
    """`count` random 32-bit words for a 64-bit key and a 64-bit counter.

    The counter fills the upper half of Philox's counter, the block's number the lower half, so
    one counter serves 2**64 blocks and the next counter never meets them.

    Blocks stand in groups of 16, word by word: 16 first words, then 16 second words, and so on.
    A vector register of 4, 8 or 16 lanes then writes whole registers, whatever the machine.

    >>> philox(key=1, counter=0, count=3)
    array([3823634032, 2886210587, 1062581232], dtype=uint32)
    """
    groups = -(-count // (4 * LANES))
    block = np.arange(groups * LANES, dtype=np.uint64)
    low, shift = np.uint64(_MASK), np.uint64(32)
    upper = [np.full_like(block, word) for word in (counter & _MASK, counter >> 32 & _MASK)]
    words = philox_block(
        (block & low, block >> shift, upper[0], upper[1]), (key & _MASK, key >> 32 & _MASK)
    )
    by_group = np.stack(words).astype(np.uint32).reshape(4, groups, LANES)
    return by_group.transpose(1, 0, 2).reshape(-1)[:count]


def check_seed(seed: object) -> int:
    """A seed as an int.

    Raises:
        RangeError: outside 0..2**64-1.
        DTypeError: when it is no whole number.
    """
    number = as_int(seed, "seed")
    if not 0 <= number < 2**64:
        raise RangeError("seed is out of range", expected="0..2**64-1", got=number)
    return number


def derive_key(seed: int, *path: str | int) -> int:
    """A 64-bit key for one purpose: the seed forked by the names along a path.

    >>> derive_key(0, "shuffle", 3) == derive_key(0, "shuffle", 3)
    True
    >>> derive_key(0, "shuffle", 3) == derive_key(0, "shuffle", 4)
    False
    """
    names = (f"str:{p}" if isinstance(p, str) else f"int:{as_int(p, 'a path')}" for p in path)
    text = "\x1f".join([str(check_seed(seed)), *names])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """A NumPy generator (Philox4x64) for one purpose.

    >>> int(generator(0, "shuffle").integers(100)) == int(generator(0, "shuffle").integers(100))
    True
    """
    return np.random.Generator(np.random.Philox(key=derive_key(seed, *path)))


class _Stream:
    """A seed and a count of the keys handed out so far."""

    def __init__(self, seed: int) -> None:
        self.seed = check_seed(seed)
        self._numbers = itertools.count()

    def next_key(self) -> int:
        return derive_key(self.seed, "stream", next(self._numbers))


_stream: ContextVar[_Stream | None] = ContextVar("stream", default=None)
_default_stream = _Stream(0)


def set_seed(seed: int) -> None:
    """Starts the stream of keys anew: layers made after this call start from this seed.

    A process begins as if it had called `set_seed(0)`, so a script gives the same network each
    time it runs.

    >>> set_seed(1)
    >>> first = nn.Linear(2, 2)
    >>> set_seed(1)
    >>> bool((nn.Linear(2, 2).weight == first.weight).all())
    True
    """
    global _default_stream
    _default_stream = _Stream(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Layers made inside start from this seed; the stream outside goes on undisturbed.

    >>> with seeded(1):
    ...     first = nn.Linear(2, 2)
    >>> with seeded(1):
    ...     bool((nn.Linear(2, 2).weight == first.weight).all())
    True
    """
    token = _stream.set(_Stream(seed))
    try:
        yield
    finally:
        _stream.reset(token)


def next_key() -> int:
    """The next key of the current stream: each call gives another."""
    return (_stream.get() or _default_stream).next_key()
