from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base import random
from badak.base.errors import DTypeError, RangeError

ONES = 0xFFFFFFFF


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((ONES,) * 4, (ONES,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers_of_the_random123_library(counter, key, words):
    block = random.philox_block(tuple(np.array([c], np.uint64) for c in counter), key)

    assert " ".join(f"{int(word[0]):08x}" for word in block) == words


def test_blocks_stand_in_groups_of_lanes_word_by_word():
    stream = random.philox(key=0, counter=0, count=4 * random.LANES)

    first = stream.reshape(4, random.LANES)[:, 0]

    assert [f"{word:08x}" for word in first] == ["6627e8d5", "e169c58d", "bc57ac4c", "9b00dbd8"]


def test_key_and_counter_use_all_of_their_bits():
    streams = {
        random.philox(key, counter, 4).tobytes()
        for key, counter in [(0, 0), (1 << 32, 0), (1 << 63, 0), (0, 1 << 32), (0, 1 << 63)]
    }

    assert len(streams) == 5


@given(st.integers(0, 300))
def test_stream_has_the_length_asked_for(count):
    words = random.philox(1, 2, count)

    assert words.shape == (count,)
    assert words.dtype == np.uint32


@given(
    seed=st.integers(0, 2**64 - 1),
    path=st.lists(st.one_of(st.text(max_size=3), st.integers(0, 9)), max_size=3),
)
def test_equal_seeds_and_paths_give_equal_numbers(seed, path):
    first, second = random.generator(seed, *path), random.generator(seed, *path)

    assert first.random(4).tolist() == second.random(4).tolist()
    assert 0 <= random.derive_key(seed, *path) < 2**64


def test_every_path_has_a_key_of_its_own():
    paths = [
        (),
        ("a",),
        ("b",),
        ("a", "b"),
        ("ab",),
        ("1",),
        (1,),
        (1, 2),
        (12,),
        ("a", 1),
        ("a", "1"),
    ]

    keys = {random.derive_key(seed, *path) for seed in (0, 1) for path in paths}

    assert len(keys) == 2 * len(paths)


def test_derived_keys_are_fixed_for_good():
    # What was drawn from a seed yesterday is drawn tomorrow: these numbers may never change.
    assert random.derive_key(0) == 0x75DFCD439D7D2B84
    assert random.derive_key(0, "shuffle", 3) == 0xB0A85B313C120CF7
    assert random.derive_key(2**64 - 1, "a", "1") == 0xEDA21AE68E7C7720
    assert int(random.generator(0, "x").integers(2**32)) == 3452355399


def test_whole_number_of_any_type_names_the_same_path():
    assert random.derive_key(0, np.int64(3)) == random.derive_key(0, 3)


@pytest.mark.parametrize(
    ("seed", "error"),
    [
        (-1, RangeError),
        (2**64, RangeError),
        (2**70, RangeError),
        ("text", DTypeError),
        (1.5, DTypeError),
        (None, DTypeError),
        (True, DTypeError),
    ],
)
def test_seed_that_is_no_64_bit_number_is_refused(seed, error):
    for use in (random.check_seed, random.generator, random.set_seed):
        with pytest.raises(error):
            use(seed)


def test_error_of_a_seed_names_the_range():
    with pytest.raises(RangeError) as caught:
        random.check_seed(-1)

    assert str(caught.value) == "seed is out of range\n  expected  0..2**64-1\n  got       -1"


def test_stream_of_keys_starts_anew_from_its_seed():
    random.set_seed(7)
    first = [random.next_key() for _ in range(3)]
    random.set_seed(7)

    assert [random.next_key() for _ in range(3)] == first
    assert len(set(first)) == 3


def test_seeded_stream_leaves_the_other_undisturbed():
    random.set_seed(7)
    plain = [random.next_key() for _ in range(2)]

    random.set_seed(7)
    before = random.next_key()
    with random.seeded(3):
        inside = random.next_key()
    after = random.next_key()

    assert [before, after] == plain
    assert inside not in plain


def test_threads_share_one_stream_and_get_different_keys():
    random.set_seed(0)
    keys = []
    threads = [
        threading.Thread(target=lambda: keys.extend(random.next_key() for _ in range(50)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(keys)) == 200
