"""Tables: what the file means is found out; what is wrong is named by line and column."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from badak.base.errors import BadakFileError, RangeError
from badak.data import load, read_table

IRIS = """\
length,width,species
5.1,3.5,setosa
7.0,3.2,versicolor
6.3,3.3,virginica
4.9,3.0,setosa
"""


def read(text, **options):
    return read_table(text.encode(), **options)


def test_a_table_with_header_and_text_classes():
    data = read(IRIS)

    assert data.x.tolist() == np.float32([[5.1, 3.5], [7, 3.2], [6.3, 3.3], [4.9, 3]]).tolist()
    assert data.classes == ("setosa", "versicolor", "virginica")
    assert data.t.tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ";"),
        lambda text: text.replace(",", "\t"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text.replace(",", " , "),
        lambda text: text.replace("setosa", '"setosa"').replace("5.1", '"5.1"'),
        lambda text: text.partition("\n")[2],
        lambda text: text.rstrip("\n"),
    ],
    ids=[
        "semicolon",
        "tab",
        "BOM",
        "CRLF",
        "empty lines",
        "blanks",
        "quotes",
        "no header",
        "no end",
    ],
)
def test_the_same_table_in_other_clothes(change):
    data = read(change(IRIS))

    assert data.fingerprint() == read(IRIS).fingerprint()
    assert data.classes == read(IRIS).classes


def test_a_delimiter_inside_quotes_is_text():
    data = read('a,"b, c",kind\n1,2,"x, y"\n3,4,z\n')

    assert data.x.tolist() == [[1, 2], [3, 4]]
    assert data.classes == ("x, y", "z")


@given(
    st.lists(
        st.tuples(st.floats(-(2.0**100), 2.0**100, width=32), st.floats(-1, 1, width=32)),
        min_size=1,
        max_size=20,
    )
)
def test_written_numbers_are_read_back_bit_for_bit(rows):
    text = "a,b,y\n" + "".join(f"{a!r},{b!r},0.5\n" for a, b in rows)

    assert read(text, task="regression").x.tolist() == [list(row) for row in rows]


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        (["0", "1", "2"], ("0", "1", "2")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["1.0", "2.0", "1.0"], ("1", "2")),
        (["yes", "no", "yes"], ("no", "yes")),
        (["0.5", "1", "2"], None),
        ([str(n) for n in range(21)], None),
    ],
)
def test_the_task_is_found_out_from_the_target(cells, classes):
    data = read("x,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells)))

    assert data.classes == classes
    assert data.t.shape == ((len(cells), 1) if classes is None else (len(cells),))
    if classes is not None:
        assert [float(classes[n]) if cells[0][0] in "-0123456789" else classes[n] for n in data.t] \
            == [float(c) if cells[0][0] in "-0123456789" else c for c in cells]  # fmt: skip


def test_the_task_may_be_said():
    text = "x,y\n1,0\n2,1\n3,0\n"

    assert read(text, task="regression").t.tolist() == [[0], [1], [0]]
    assert read("x,y\n1,0.5\n2,a\n", task="classification").classes == ("0.5", "a")


@pytest.mark.parametrize("target", ["species", 2, -1])
def test_the_target_is_a_name_or_a_number(target):
    assert read(IRIS, target=target).classes == ("setosa", "versicolor", "virginica")


def test_columns_are_dropped_by_name_or_number():
    data = read(IRIS, target="width", drop=["species"], task="regression")

    assert data.x.tolist() == np.float32([[5.1], [7], [6.3], [4.9]]).tolist()
    assert read(IRIS, drop=[0]).x.shape == (4, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n3,\n", "line 3, column 'b': the target is missing"),
        ("a,b\n1,2\n,4\n", "line 3, column 'a': the cell is missing ('')"),
        ("a,b\nNA,2\n", "line 2, column 'a': the cell is missing ('NA')"),
        ("a,b\nnan,2\n", "line 2, column 'a': the cell is missing"),
        ("a,b\n1e400,2\n", "line 2, column 'a': 1e400 is too large"),
        ("a,b\n-1e39,2\n", "line 2, column 'a': -1e39 is too large"),
        ("a,b\ninf,2\n", "line 2, column 'a': inf is too large"),
        ("a,b\n1,1e39\n", "line 2, column 'b': 1e39 is too large"),
        ("a,b\n1,2\nred,4\n", "line 3, column 'a': 'red' is not a number"),
        ("a;b\n1;2\n1,5;4\n", "line 3, column 'a': '1,5' is not a number"),
        ("a,b\n1_000,2\n", "'1_000' is not a number"),
        ("a,b\n1,2\n1,x\n", "column 'b' mixes numbers ('2' on line 2) and text ('x' on line 3)"),
        ("a,b\n1,2\n1,2,3\n", "line 3 has 3 cells"),
        ("a,b\n1,2\n\n1\n", "line 4 has 1 cells"),
        ("a,b,a\n1,2,3\n", "line 1: columns 0 and 2 are both called 'a'"),
        (",a,b\n0,1,2\n", "line 1: column 0 has no name"),
        ("a,b\n", "a header and no rows"),
        ("", "the file has no rows"),
        ("\n \n", "the file has no rows"),
        ("a\n1\n", "no column left to predict 'a' from"),
        ('a,b\n1,"2\n', "line 2: unexpected end of data"),
        ('a,b\n1,"2"3\n', "line 2: ',' expected after '\"'"),
        ("a,b\n1,\0\n", "'\\x00'"),
    ],
)
def test_what_is_wrong_is_named_by_line_and_column(text, words):
    with pytest.raises(BadakFileError) as caught:
        read(text, task="regression" if "\0" in text else None)

    assert words in str(caught.value)


def test_lines_are_counted_as_an_editor_does_even_after_a_cell_of_two_lines():
    with pytest.raises(BadakFileError, match="line 4, column 'a'"):
        read('a,kind\n1,"x\ny"\noops,z\n')


def test_a_decimal_comma_is_recognised():
    with pytest.raises(BadakFileError) as caught:
        read("a;b\n1,5;4\n")

    assert "decimal point" in caught.value.hint


def test_another_encoding_is_named_by_its_line():
    raw = "크기,종류\n1,개\n".encode("cp949")

    with pytest.raises(BadakFileError, match="line 1 is not text in utf-8-sig"):
        read_table(raw)
    assert read_table(raw, encoding="cp949").classes == ("개",)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "specie"}, "did you mean 'species'"),
        ({"target": 3}, "there is no column 3"),
        ({"drop": ["widht"]}, "did you mean 'width'"),
        ({"task": "classify"}, "did you mean 'classification'"),
        ({"encoding": "utf-9"}, "unknown encoding"),
    ],
)
def test_names_that_do_not_exist_are_refused(options, words):
    with pytest.raises(RangeError, match=words):
        read(IRIS, **options)


def test_a_path_is_loaded_in_two_parts(tmp_path):
    path = tmp_path / "grün flowers.csv"
    path.write_text("a,b,y\n" + "".join(f"{i},{i},{i % 2}\n" for i in range(10)), "utf-8")

    bundle = load(path, stratify=True, seed=1)

    assert repr(bundle) == "TrainTest grün flowers: 7 rows to train, 3 to test, of (2,), 2 classes"
    assert sorted([*bundle.train.x[:, 0], *bundle.test.x[:, 0]]) == list(range(10))
