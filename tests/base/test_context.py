from __future__ import annotations

import threading

import pytest

from badak.base import context

SWITCHES = {
    "training": (context.training, context.is_training, False),
    "recording": (context.recording, context.is_recording, True),
    "debug": (context.debug, context.is_debug, False),
}


@pytest.mark.parametrize("name", SWITCHES)
def test_switch_holds_inside_and_is_restored(name):
    switch, read, usual = SWITCHES[name]

    with switch(not usual):
        assert read() is not usual
        with switch(usual):
            assert read() is usual
        assert read() is not usual

    assert read() is usual


@pytest.mark.parametrize("name", SWITCHES)
def test_switch_is_restored_after_an_error(name):
    switch, read, usual = SWITCHES[name]

    with pytest.raises(KeyError), switch(not usual):
        raise KeyError

    assert read() is usual


@pytest.mark.parametrize("name", SWITCHES)
def test_new_thread_starts_with_the_usual_setting(name):
    switch, read, usual = SWITCHES[name]
    seen = []

    with switch(not usual):
        thread = threading.Thread(target=lambda: seen.append(read()))
        thread.start()
        thread.join()

    assert seen == [usual]


def test_no_grad_turns_recording_off():
    with context.no_grad():
        assert not context.is_recording()
