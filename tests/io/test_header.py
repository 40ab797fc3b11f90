"""The strict reader of headers, against attacks and against the safetensors library."""

from __future__ import annotations

import io
import json
import pickle
import random
import re
import tracemalloc
import zipfile

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from badak.base.errors import BadakFileError
from badak.io import parse_tensors
from badak.io.header import MAX_HEADER, parse_header

W = '"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'


def file(header: str | bytes, content: bytes = bytes(8)) -> bytes:
    raw = header.encode() if isinstance(header, str) else header
    return len(raw).to_bytes(8, "little") + raw + content


def refusal(data: bytes) -> str:
    """What our reader says; the library must refuse too, or be known not to."""
    with pytest.raises(BadakFileError) as caught:
        parse_tensors(data, "m.safetensors")
    return caught.value.sentence


def is_accepted_by_the_library(data: bytes) -> bool:
    try:
        safetensors.deserialize(data)
    except safetensors.SafetensorError:
        return False
    return True


ATTACKS = {
    "empty file": (b"", "an empty file"),
    "seven bytes": (bytes(7), "7 bytes"),
    "length of 0": (bytes(8), "does not begin with '{'"),
    "length of 2**63": ((2**63).to_bytes(8, "little") + bytes(100), "header is too long"),
    "length of 2**64-1": (b"\xff" * 100, "header is too long"),
    "length of 100 MB + 1": (
        (MAX_HEADER + 1).to_bytes(8, "little") + b"{}" + bytes(98),
        "at most 100.0 MB",
    ),
    "length beyond the file": (
        (99_999_999).to_bytes(8, "little") + b"{}" + bytes(98),
        "file ends inside its header",
    ),
    "no JSON": (file("{nonsense"), "not JSON text"),
    "bad UTF-8": (file(b'{"\xff":1}'), "not JSON text"),
    "text after": (file(f"{{{W}}}x"), "not JSON text"),
    "a list": (file("[]", b""), "does not begin with '{'"),
    "deep lists": (file('{"w":' + "[" * 200_000), "nested too deeply"),
    "deep dicts": (file('{"w":' * 200_000), "nested too deeply"),
    "wide lists": (file('{"w":[' + "[]," * 600_000), "more than 1,000,000 parts"),
    "NaN": (file(W.replace("[2]", "[NaN]").join("{}")), "NaN is not JSON"),
    "infinity": (file(W.replace("[2]", "[Infinity]").join("{}")), "Infinity is not JSON"),
    "minus": (file(W.replace("[0,8]", "[-8,0]").join("{}")), "-8 is not a count"),
    "a point": (file(W.replace("[2]", "[2.0]").join("{}")), "2.0 is not a count"),
    "a power": (file(W.replace("[2]", "[2e0]").join("{}")), "2e0 is not a count"),
    "huge number": (file(W.replace("[2]", f"[{'9' * 10_000}]").join("{}")), "is not a count"),
    "true for 1": (file('{"w":{"dtype":"U8","shape":[true],"data_offsets":[0,8]}}'), "counts"),
    "text for a shape": (file(W.replace("[2]", '"2"').join("{}")), "list of at most 32 counts"),
    "three offsets": (file(W.replace("[0,8]", "[0,8,8]").join("{}")), "must be two counts"),
    "no dtype": (file('{"w":{"shape":[2],"data_offsets":[0,8]}}'), "needs exactly dtype"),
    "a tensor of text": (file('{"w":"F32"}'), "needs exactly dtype"),
    "unknown dtype": (file(W.replace("F32", "F33").join("{}")), "no dtype 'F33'"),
    "dtype no text": (file(W.replace('"F32"', "[]").join("{}")), "no dtype []"),
    "shape does not fit": (file(W.replace("[2]", "[3]").join("{}")), "takes 12 bytes"),
    "end before begin": (file(W.replace("[0,8]", "[8,0]").join("{}")), "data_offsets [8, 0]"),
    "huge shape with 0": (
        file('{"w":{"dtype":"F32","shape":[9223372036854775807,9,0],"data_offsets":[0,0]}}', b""),
        "is too large",
    ),
    "too little data": (file(f"{{{W}}}", bytes(7)), "file ends inside tensor 'w'"),
    "too much data": (file(f"{{{W}}}", bytes(9)), "belong to no tensor"),
    "no tensors, data": (file("{}", bytes(9)), "belong to no tensor"),
    "gap before": (file(W.replace("[0,8]", "[8,16]").join("{}"), bytes(16)), "follows a gap"),
    "overlap": (
        file(f'{{{W},"v":{{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}}}', bytes(12)),
        "overlaps the one before it",
    ),
    "the same bytes twice": (file(f"{{{W},{W.replace('w', 'v')}}}"), "overlaps"),
    "metadata no dict": (file(f'{{"__metadata__":[],{W}}}'), "must hold text by name"),
    "metadata no text": (file(f'{{"__metadata__":{{"a":1}},{W}}}'), "must hold text by name"),
    "half a letter": (file(W.replace("w", "\\ud800").join("{}")), "half of a surrogate pair"),
    "half in metadata": (file(f'{{"__metadata__":{{"a":"\\udc80"}},{W}}}'), "surrogate pair"),
}
STRICTER = {
    "text before": (file(f" {{{W}}}"), "does not begin with '{'"),
    "many axes": (file(W.replace("[2]", f"[2{',1' * 32}]").join("{}")), "at most 32 counts"),
    "name twice": (file(f"{{{W},{W}}}"), "key 'w' stands twice"),
    "metadata twice": (
        file(f'{{"__metadata__":{{}},"__metadata__":{{}},{W}}}'),
        "key '__metadata__' stands twice",
    ),
    "-0": (file(W.replace("[0,8]", "[-0,8]").join("{}")), "-0 is not a count"),
    "unknown field": (file(W.replace("}", ',"x":{}}').join("{}")), "needs exactly dtype"),
    "unknown half precision": (
        file('{"w":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}}'),
        "no dtype 'F16'; known are BOOL, U8, U32, U64, I32, I64, F32, F64",
    ),
    "metadata null": (file(f'{{"__metadata__":null,{W}}}'), "must hold text by name"),
}


@pytest.mark.parametrize(("data", "reason"), ATTACKS.values(), ids=list(ATTACKS))
def test_an_attack_is_refused_with_its_reason(data, reason):
    assert reason in refusal(data)
    assert not is_accepted_by_the_library(data)


@pytest.mark.parametrize(("data", "reason"), STRICTER.values(), ids=list(STRICTER))
def test_what_the_library_lets_pass_is_refused_too(data, reason):
    assert reason in refusal(data)


@pytest.mark.parametrize("data", [data for data, _ in ATTACKS.values() if len(data) <= 100])
def test_no_memory_is_taken_for_what_a_small_file_claims(data):
    tracemalloc.start()
    refusal(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1_000_000


def test_the_tensors_of_a_plain_header_are_found():
    header = parse_header(file(f"{{{W}}}"), "m")

    assert (header.metadata, list(header.entries)) == ({}, ["w"])
    assert header.entries["w"].end == len(file(f"{{{W}}}"))


@pytest.mark.parametrize("header", ["{}", "{}   ", '{"__metadata__":{}}'])
def test_a_file_without_tensors_is_read(header):
    assert parse_tensors(file(header, b"")) == {}


# ---- files of other kinds -------------------------------------------------------------------


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=True)
    return buffer.getvalue()


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, bytes(6000))
    return buffer.getvalue()


OBJECTS = "contains Python objects; Badak never loads these"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        *((pickle.dumps({"w": [1.0] * 9}, protocol), OBJECTS) for protocol in range(6)),
        *((pickle.dumps([1.0] * 9, protocol), OBJECTS) for protocol in range(6)),
        (pickle.dumps(np.zeros(9), 5), OBJECTS),
        (zipped("model/data.pkl"), OBJECTS),
        (npy(np.array([None, {}] * 9)), OBJECTS),
        (npy(np.zeros(9)), "is a NumPy .npy file"),
        (zipped("w.npy"), "is a zip archive"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "is an HDF5 file"),
        (b"\x1f\x8b\x08\x00" + b"x" * 99, "is a gzip file"),
        (b"<!doctype html><html>", "like a web page"),
        (b'{"epoch": 3, "loss": 0.5}', "is JSON text"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_name(data, reason):
    sentence = refusal(data)

    assert reason in sentence
    assert "try export to safetensors" in sentence


# ---- mutated headers ------------------------------------------------------------------------

BASE = {
    "__metadata__": {"a": "b"},
    "w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [16, 40]},
    "b": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]},
    "mask": {"dtype": "BOOL", "shape": [3], "data_offsets": [40, 43]},
}
CONTENT = bytes(24 + 16 + 3)
NUMBERS = """
    0 1 2 3 8 16 24 40 43 01 -1 -0 1.0 1e1 null true NaN "2" [] {}
    4294967296 9223372036854775808 18446744073709551615 18446744073709551616
"""
PIECES = """
    , : [ ] { } \\ é "w" "dtype" "shape" "F64" "BOOL" "I8" "\\ud800" "\\u0000" "x":1,
    "__metadata__":{},
"""


@settings(deadline=None, max_examples=600)
@given(st.randoms(use_true_random=False))
def test_whatever_the_library_refuses_we_refuse(rng):
    data = mutated(rng)
    ours = accepted(data)

    if not is_accepted_by_the_library(data):
        assert ours is None
    if ours is not None:
        theirs = safetensors.numpy.load(data)
        assert sorted(ours) == sorted(theirs)
        assert all(ours[name].tobytes() == theirs[name].tobytes() for name in ours)


def test_the_unmutated_header_is_accepted_by_both():
    data = file(json.dumps(BASE), CONTENT)

    assert is_accepted_by_the_library(data)
    assert sorted(accepted(data)) == ["b", "mask", "w"]


def accepted(data: bytes):
    try:
        return parse_tensors(data)
    except BadakFileError:
        return None


def mutated(rng: random.Random) -> bytes:
    """A file with one to three changes in its header, its length or its content."""
    text = json.dumps(BASE, separators=(",", ":"))
    content, length_error = CONTENT, 0
    for _ in range(rng.randint(1, 3)):
        match rng.randrange(7):
            case 0:
                spans = [match.span() for match in re.finditer("[0-9]+", text)]
                begin, end = rng.choice(spans or [(0, 0)])
                text = text[:begin] + rng.choice(NUMBERS.split()) + text[end:]
            case 1:
                place = rng.randrange(len(text))
                text = text[:place] + rng.choice([*PIECES.split(), " ", "\n", "\0"]) + text[place:]
            case 2:
                place = rng.randrange(len(text))
                text = text[:place] + text[place + rng.randint(1, 4) :] or "{"
            case 3:
                place = rng.randrange(len(text))
                text = (
                    text[:place] + chr(ord(text[place]) ^ 1 << rng.randrange(7)) + text[place + 1 :]
                )
            case 4:
                text += rng.choice([" ", "  ", "\n", "\0", "}"])
            case 5:
                length_error += rng.choice([-8, -1, 1, 8, 2**40])
            case 6:
                content = rng.choice([content[:-1], content + b"\0", b"", content[:24]])
    raw = text.encode()
    return max(0, len(raw) + length_error).to_bytes(8, "little") + raw + content
