"""Timing in turns, and what is made of it: ratios, the table, the picture."""

from __future__ import annotations

import doctest
import json

import pytest

from benchmarks import machine, measure, outcome, peers, picture, report, run, selection, waits
from benchmarks.cases import CASES
from benchmarks.measure import Plan
from benchmarks.peers import contender
from benchmarks.peers.contender import Contender, Role, Trainee, one_by_one

LIMITS = machine.Limits({"NumPy's matmul": 1e11, "Badak's matmul": 2e11}, 4e10)


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch):
    monkeypatch.setattr(measure, "PAUSE", 0.0)


def entry(framework, setting, final, role=Role.PEER):
    contender = Contender(framework, setting, lambda rate: None, role)
    return outcome.Entry(contender, started=0.5, trials=final, final=final)


def result(ours, pytorch):
    entries = [
        entry("Badak", "compiled", ours, Role.OURS),
        entry("Badak", "many batches", [seconds / 2 for seconds in ours], Role.MANY),
        entry("Badak", "eager, NumPy", [0.01], Role.EAGER),
        entry("PyTorch", "eager, Adam", pytorch),
    ]
    return outcome.Result(CASES[0], {e.contender.name: e for e in entries}, LIMITS)


def test_contenders_take_turns_and_odd_rounds_go_backwards():
    turns = []
    trainees = {
        name: Trainee(
            one_by_one(lambda x, t: 0.0, [(0, 0)], float),
            prepare=lambda name=name: turns.append(name),
        )
        for name in "abc"
    }
    times = measure.alternate(trainees, rounds=2, window=1e-4)

    assert "".join(turns) == "abc" + "abc" + "cba"  # first each finds out how many steps it takes
    assert all(len(seconds) == 2 and min(seconds) > 0 for seconds in times.values())


def test_ratios_are_of_the_two_times_of_a_round():
    found = result(ours=[1e-3, 2e-3, 4e-3], pytorch=[3e-3, 8e-3, 8e-3]).ratio("PyTorch")

    assert (found.low, found.median, found.high) == (2.0, 3.0, 4.0)


def test_the_fastest_setting_of_a_peer_counts():
    found = result(ours=[1e-3], pytorch=[3e-3])
    found.entries["PyTorch: eager, fused Adam"] = entry("PyTorch", "eager, fused Adam", [2e-3])

    assert found.ratio("PyTorch").median == 2.0


def test_the_verdict_is_about_the_faster_peer():
    found = result(ours=[1e-3], pytorch=[6e-3])
    assert found.verdict == "aim reached"  # of 5x
    found.entries["JAX: jit"] = entry("JAX", "jit", [2e-3])

    assert found.verdict == "missed"


def test_many_batches_in_one_call_have_a_ratio_of_their_own():
    found = result(ours=[1e-3], pytorch=[3e-3])
    name, ratio = found.rival(Role.MANY)

    assert (name, ratio.median) == ("PyTorch", 6.0)
    assert found.least_ratio == 3.0


def test_all_steps_are_taken_whether_one_by_one_or_at_once():
    seen = []
    trainee = Trainee(one_by_one(lambda x: seen.append(x) or x, [(1,), (2,), (3,)], float))
    last = [trainee.run(2), trainee.run(2)]

    assert seen == [1, 2, 3, 1]
    assert last == [2.0, 1.0]


def test_settings_far_behind_the_best_of_their_framework_take_no_part_in_the_end():
    found = result(ours=[1e-3], pytorch=[3e-3])
    for setting, seconds in (("near", 3.5e-3), ("far", 9e-3)):
        found.entries[setting] = entry("PyTorch", setting, [seconds])
    names = run.finalists(found, 3)

    assert names == ["Badak: compiled", "Badak: many batches", "PyTorch: eager, Adam", "near"]


def waited(*seconds):
    (group,) = selection.chosen("import")[1]
    return outcome.Waited(group.waits[0], list(seconds))


@pytest.mark.parametrize(
    ("seconds", "verdict"),
    [((0.02, 0.03, 0.02), "aim reached"), ((0.04,), "reached"), ((0.06,), "missed"), ((), "open")],
)
def test_a_wait_is_judged_by_its_median(seconds, verdict):
    assert waited(*seconds).verdict == verdict


def test_the_report_shows_a_wait_and_who_waited_beside():
    each = waited(0.042)
    each.beside = {"PyTorch": [1.25]}
    text = report.markdown([], [each], LIMITS, {})

    assert "| < 60 ms | < 30 ms | **42 ms** | reached |  | PyTorch: 1.25 s |" in text


def test_a_wait_that_failed_is_told_and_the_others_go_on(monkeypatch):
    def measured(runs, frameworks, quick, tell):
        raise RuntimeError("no terminal here\nmore")

    group = waits.Waits((waited().wait,), measured)
    (found,) = run.awaited(group, ["Badak"], run.parsed([]))

    assert (found.failed, found.verdict) == ("no terminal here", "open")


def test_a_step_that_is_not_compiled_has_no_time_and_no_ratio():
    found = result(ours=[], pytorch=[3e-3])
    found.ours.refused = "not compiled: no kernel for conv"
    found.of(Role.MANY).trials = found.of(Role.MANY).final = []
    text = report.markdown([found], [], LIMITS, {})

    assert "| 784-50-10, ReLU | a step | not compiled | 3.00 ms | - | - | - |" in text


def test_the_floor_is_arithmetic_and_traffic_at_full_speed():
    cost = CASES[0].cost()

    assert result([1e-3], [1e-3]).floor == cost.flops / 2e11 + cost.traffic / 4e10


def test_one_run_writes_table_numbers_and_picture(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "present", lambda: ["Badak"])
    monkeypatch.setattr(machine, "limits", lambda seconds: LIMITS)
    monkeypatch.setattr(machine, "busy", lambda: 0.0)
    monkeypatch.setattr(run, "QUICK", Plan(window=1e-3, trials=1, rounds=1))
    run.main(["--quick", "--cases", "784-50-10", "--out", str(tmp_path)])

    (case,) = json.loads((tmp_path / "speed.json").read_text())["cases"]
    assert all(each["median_seconds"] > 0 for each in case["entries"])
    assert "few rounds of few settings" in (tmp_path / "speed.md").read_text()
    assert (tmp_path / "speed.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_shows_what_is_missing(tmp_path):
    picture.draw([result(ours=[], pytorch=[1e-3])], [waited(0.1)], "a note", tmp_path / "a.png")

    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize("module", [contender, measure, report, selection])
def test_examples_hold(module):
    failed, attempted = doctest.testmod(module)

    assert failed == 0
    assert attempted > 0
