"""The run store: nothing finished is lost, whoever writes at once and whatever ends a writer."""

from __future__ import annotations

import copy
import math
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as some

from badak.base.errors import BadakFileError, DTypeError, RangeError, StateError
from badak.lab.database import writing
from badak.lab.store import Store, digest

ROOT = Path(__file__).parents[2]

LEAVES = some.one_of(
    some.none(), some.booleans(), some.integers(-9, 9), some.floats(allow_nan=False),
    some.text(max_size=3),
)  # fmt: skip
TREES = some.recursive(
    LEAVES,
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)
RECORDS = some.dictionaries(some.text(max_size=3), TREES, max_size=3)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "runs" / "lab.db")


def child(program, *words):
    """A process of its own that runs these lines."""
    lines = "import sys\nfrom badak.lab.store import Store\nstore = Store(sys.argv[1])\n" + program
    return subprocess.Popen(
        [sys.executable, "-c", lines, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


KEEPS = """
for i in range(int(sys.argv[3])):
    key = f"{sys.argv[2]}-{i}"
    store.keep(key, {"who": sys.argv[2], "i": i})
    print(key, flush=True)
"""


# ---- keys -------------------------------------------------------------------------------------


@given(RECORDS, some.randoms())
def test_the_order_of_keys_does_not_matter(record, random):
    items = list(record.items())
    random.shuffle(items)

    assert digest(dict(items)) == digest(record)


@given(TREES, TREES)
def test_two_trees_have_one_digest_only_if_they_are_one_tree(one, other):
    # repr tells 1 from 1.0 and from True, which == does not.
    assume(repr(sorted_keys(one)) != repr(sorted_keys(other)))

    assert digest(one) != digest(other)


def sorted_keys(tree):
    if isinstance(tree, dict):
        return {key: sorted_keys(tree[key]) for key in sorted(tree)}
    return [sorted_keys(branch) for branch in tree] if isinstance(tree, list) else tree


@given(RECORDS.filter(bool), LEAVES)
def test_any_changed_value_changes_the_digest(record, value):
    changed = copy.deepcopy(record)
    first = next(iter(changed))
    assume(repr(changed[first]) != repr(value))
    changed[first] = value

    assert digest(changed) != digest(record)


def test_a_digest_is_the_same_in_every_process_and_version():
    assert digest({"lr": 0.1, "layers": (50, 20), "seed": 0}) == "bd6d6672a2ace172c414feeb98236ede"


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 1.0), (1, True), (0.0, -0.0), ("1", 1), (math.nan, math.inf), ([], {}), (None, "null")],
)
def test_values_that_python_might_confuse_are_told_apart(one, other):
    assert digest({"x": one}) != digest({"x": other})


def test_what_is_no_setting_has_no_digest():
    with pytest.raises(DTypeError, match="does not fit into JSON"):
        digest({"net": object()})
    with pytest.raises(RangeError, match="'not finite'"):
        digest({"not finite": "nan"})


# ---- trials -----------------------------------------------------------------------------------


def test_reading_makes_no_file(store):
    assert (store.find("a"), store.find_all(["a"]), store.runs()) == (None, {}, [])
    assert not Path(store.path).parent.exists()


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A store for many examples."""
    return Store(tmp_path_factory.mktemp("store") / "lab.db")


@settings(max_examples=40)
@given(record=RECORDS)
def test_a_record_comes_back_as_it_was(record, full):
    full.keep(digest(record), record)

    assert repr(full.find(digest(record))) == repr(record)


def test_numbers_that_json_lacks_come_back(store):
    store.keep("key", {"loss": math.nan, "best": [math.inf, {"worst": -math.inf}]})

    assert str(store.find("key")) == "{'loss': nan, 'best': [inf, {'worst': -inf}]}"


def test_a_trial_kept_twice_is_kept_once(store):
    store.keep("key", {"value": 1})
    store.keep_all({"key": {"value": 2}, "other": {"value": 3}})

    found = store.find_all(["other", "absent", "key"])
    assert found == {"other": {"value": 3}, "key": {"value": 1}}


def test_many_are_kept_all_or_none(store):
    with pytest.raises(DTypeError):
        store.keep_all({"good": {"value": 1}, "bad": {"value": object()}})

    assert store.find("good") is None


# ---- many writers -----------------------------------------------------------------------------


def test_processes_that_begin_at_one_moment_lose_nothing(store):
    writers = [child(KEEPS, store.path, who, 25) for who in "abcd"]
    kept = [line for writer in writers for line in writer.communicate()[0].split()]

    assert [writer.returncode for writer in writers] == [0, 0, 0, 0]
    assert sorted(store.find_all(kept)) == sorted(f"{who}-{i}" for who in "abcd" for i in range(25))


def test_threads_share_a_store(store):
    def work(who):
        for i in range(10):
            store.keep(f"{who}-{i}", {"i": i})
            with store.begin("compare", who, {}) as run:
                run.finish({"i": i})

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(work, "abcd"))

    assert len(store.find_all(f"{who}-{i}" for who in "abcd" for i in range(10))) == 40
    assert [run.number for run in store.runs()] == list(range(40, 0, -1))


@pytest.mark.parametrize("again", range(20))
def test_many_may_make_the_file_at_once(store, again):
    def work(number):
        together.wait()
        store.find("nothing")
        store.keep(str(number), {"number": number})
        return store.find(str(number))

    together = threading.Barrier(6)
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(work, range(6)))

    assert found == [{"number": number} for number in range(6)]


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_a_killed_writer_loses_nothing_finished_and_stops_nobody(store):
    for who, lines in (("a", 1), ("b", 4), ("c", 9)):
        writer = child(KEEPS, store.path, who, 10**6)
        told = [writer.stdout.readline().strip() for _ in range(lines)]
        writer.kill()
        told += writer.communicate()[0].split("\n")[:-1]  # what it told before it died

        assert sorted(store.find_all(told)) == sorted(told)
        store.keep(f"after {who}", {})
        assert store.find(f"after {who}") == {}


def test_a_writer_in_the_middle_of_a_transaction_is_undone(store):
    store.keep("before", {})
    program = """
from badak.lab.database import writing
import os
with writing(store.path) as connection:
    connection.execute("INSERT INTO trials VALUES ('half', '{}')")
    os._exit(9)
"""
    writer = child(program, store.path)
    writer.communicate()

    assert writer.returncode == 9
    assert store.find_all(["before", "half"]) == {"before": {}}


def test_an_error_in_the_middle_of_a_transaction_undoes_it(store):
    store.keep("before", {})
    with suppress(KeyboardInterrupt), writing(store.path) as connection:
        connection.execute("INSERT INTO trials VALUES ('half', '{}')")
        raise KeyboardInterrupt

    assert store.find_all(["before", "half"]) == {"before": {}}


def test_readers_see_the_file_while_somebody_writes(store):
    store.keep("before", {})
    with sqlite3.connect(store.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO trials VALUES ('under way', '{}')")

        assert store.find_all(["before", "under way"]) == {"before": {}}


def test_a_store_that_stays_in_use_is_told(store, monkeypatch):
    store.keep("before", {})
    monkeypatch.setattr("badak.lab.database.BUSY_SECONDS", 0.01)
    with sqlite3.connect(store.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BadakFileError, match="another process has held it"):
            store.keep("after", {})


# ---- runs -------------------------------------------------------------------------------------


def test_a_run_has_what_it_was_given(store):
    with store.begin("compare", "optimizers", {"seeds": 5, "lr": math.inf}) as running:
        assert store.run(running.number).state == "running"
        running.finish({"rows": [{"loss": math.nan}]}, page=Path("runs") / "page.html")
    run = store.run(running.number)

    assert (run.kind, run.name, run.state) == ("compare", "optimizers", "finished")
    assert str((run.settings, run.result)) == "({'seeds': 5, 'lr': inf}, {'rows': [{'loss': nan}]})"
    assert run.page == os.path.join("runs", "page.html")
    assert run.began.endswith("+00:00")
    assert run.seconds >= 0


def test_runs_are_listed_newest_first_and_by_kind(store):
    for kind in ("compare", "claim", "compare"):
        store.begin(kind, "x", {}).finish(1)

    assert [run.number for run in store.runs()] == [3, 2, 1]
    assert [run.number for run in store.runs("compare")] == [3, 1]


def test_an_interrupted_run_is_seen_as_such(store):
    with pytest.raises(KeyboardInterrupt), store.begin("compare", "x", {}):
        raise KeyboardInterrupt
    child("store.begin('compare', 'y', {})", store.path).communicate()

    assert [(run.name, run.state, run.result) for run in store.runs()] == [
        ("y", "interrupted", None), ("x", "interrupted", None)
    ]  # fmt: skip


def test_a_removed_run_takes_along_the_trials_that_it_alone_has_used(store):
    store.keep_all({"mine": {}, "shared": {}, "of nobody": {}})
    with store.begin("compare", "a", {}) as first, store.begin("compare", "b", {}) as second:
        first.uses(["mine", "shared"])
        second.uses(["shared"])
        first.finish(1)
        second.finish(2)
    store.remove(first.number)

    assert sorted(store.find_all(["mine", "shared", "of nobody"])) == ["of nobody", "shared"]
    assert [run.name for run in store.runs()] == ["b"]
    with store.begin("compare", "c", {}) as third:
        assert third.number == 3


def test_a_run_under_way_is_not_removed(store):
    with store.begin("compare", "x", {}) as running, pytest.raises(StateError, match="is running"):
        store.remove(running.number)


@pytest.mark.parametrize("act", ["run", "remove"])
def test_an_unknown_number_names_the_known_ones(store, act):
    with pytest.raises(RangeError, match="there is none yet"):
        getattr(store, act)(7)
    store.begin("compare", "x", {}).finish(1)
    with pytest.raises(RangeError, match=r"no run 7 in .*\n.* one of 1"):
        getattr(store, act)(7)


def test_a_run_removed_by_another_cannot_finish(store):
    running = store.begin("compare", "x", {})
    with sqlite3.connect(store.path) as other:
        other.execute("DELETE FROM runs")
    with pytest.raises(StateError, match="was removed"):
        running.finish(1)


# ---- files that are none ----------------------------------------------------------------------


def refused(store, match):
    for act in (lambda: store.find("key"), lambda: store.keep("key", {}), store.runs):
        with pytest.raises(BadakFileError, match=match):
            act()


def test_what_is_no_database_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, but long enough to be one " * 99)
    before = (tmp_path / "notes.txt").read_bytes()

    refused(Store(tmp_path / "notes.txt"), "no SQLite database")
    assert (tmp_path / "notes.txt").read_bytes() == before


def test_the_database_of_another_program_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE songs (name TEXT)")
    other.close()
    before = (tmp_path / "other.db").read_bytes()

    refused(Store(tmp_path / "other.db"), "of another program")
    assert (tmp_path / "other.db").read_bytes() == before


def test_a_newer_format_asks_for_a_newer_badak(store):
    store.keep("key", {})
    with sqlite3.connect(store.path) as other:
        other.execute("PRAGMA user_version = 2")
    other.close()

    refused(store, "newer format\n.* format 1 or older\n.* 2\n.* a newer Badak")


@pytest.mark.parametrize("cut", [100, 4096, 9000])
def test_a_file_that_was_cut_off_is_damaged(store, cut):
    store.keep_all({f"key {i}": {"text": "x" * 500} for i in range(40)})
    os.truncate(store.path, cut)

    with pytest.raises(BadakFileError, match=r"damaged|no SQLite database"):
        store.find_all([f"key {i}" for i in range(40)])


def test_rubbish_in_the_middle_is_damage(store):
    store.keep_all({f"key {i}": {"text": "x" * 500} for i in range(40)})
    with open(store.path, "r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 20000)

    refused(store, "damaged")


def test_a_record_that_is_no_json_is_named(store):
    store.keep("key", {})
    with sqlite3.connect(store.path) as other:
        other.execute("UPDATE trials SET record = '{'")

    with pytest.raises(BadakFileError, match="trial key: not JSON"):
        store.find("key")


def test_an_empty_file_is_a_new_store(tmp_path):
    (tmp_path / "lab.db").touch()
    store = Store(tmp_path / "lab.db")

    assert store.runs() == []
    store.keep("key", {})
    assert store.find("key") == {}


def test_a_folder_is_no_store(tmp_path):
    refused(Store(tmp_path), "cannot be opened as a file")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a place where no file can be made")
def test_a_place_that_cannot_be_written_is_told():
    with pytest.raises(BadakFileError, match="/proc") as caught:
        Store("/proc/lab.db").keep("key", {})

    assert caught.value.hint


def test_a_store_on_a_read_only_disk_can_be_read(store, monkeypatch):
    store.keep("key", {"value": 1})
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with store.begin("compare", "a", {}) as running:
        running.finish(1)
    beside = os.listdir(os.path.dirname(store.path))

    assert store.find("key") == {"value": 1}
    assert os.listdir(os.path.dirname(store.path)) == beside == ["lab.db"]


def test_a_place_with_an_odd_name(tmp_path):
    store = Store(tmp_path / "100 % of #1?" / "lab ü.db")
    store.keep("key", {})

    assert store.find("key") == {}
    assert [path.name for path in tmp_path.rglob("*.db")] == ["lab ü.db"]
