"""What is shown while a training runs, in a terminal and elsewhere."""

from __future__ import annotations

import io
import os
import re
import sys

import pytest

from badak.base.errors import BadakError
from badak.train import Callback, Progress, Trainer
from badak.train.callbacks import progress as showing
from tests.train.trainings import RaiseAt, linear, rows, trainer

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


class Terminal:
    """A pseudo-terminal, and all that was written to it."""

    def __init__(self, monkeypatch, columns=120, term="xterm"):
        monkeypatch.setenv("TERM", term)
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(showing, "_REDRAW_SECONDS", -1.0)  # each batch, however fast
        self._far, near = pty.openpty()
        os.set_blocking(self._far, False)
        self.stream = os.fdopen(near, "w", encoding="utf-8")
        self._seen = b""

    def seen(self) -> str:
        while True:
            try:
                self._seen += os.read(self._far, 65536)
            except BlockingIOError:
                return self._seen.decode()

    def screen(self) -> list[str]:
        """The lines that stand on the screen now, as a terminal draws them."""
        lines, row = [""], 0
        for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]+", self.seen()):
            if part == "\n":
                row += 1
                lines += [""] * (row + 1 - len(lines))
            elif part.endswith("A") and part.startswith("\x1b["):
                row -= int(part[2:-1])
            elif part == "\x1b[2K":
                lines[row] = ""
            elif not part.startswith(("\x1b", "\r")):
                lines[row] += part
        return [line for line in lines if line.strip()]

    def close(self):
        self.stream.close()
        os.close(self._far)


@pytest.fixture
def terminal(monkeypatch):
    screen = Terminal(monkeypatch)
    yield screen
    screen.close()


class Look(Callback):
    """Keeps what is on the screen after each batch."""

    rank = 50

    def __init__(self, screen):
        self.screen = screen
        self.lines = []

    def on_batch_end(self, trainer, loss):
        self.lines.append(self.screen.screen())


def fit(stream, *callbacks, epochs=2):
    training = trainer(metrics=["accuracy"], callbacks=[Progress(stream), *callbacks])
    training.fit(rows(), epochs=epochs, batch_size=8, validation_split=0.25)
    return training


# ---- elsewhere --------------------------------------------------------------------------------


def test_a_line_an_epoch_on_anything_but_a_terminal():
    stream = io.StringIO()
    fit(stream, epochs=10)

    number = r"(\d\.\d{4}|\d\.\d+e-\d+|0\.0000)"
    names = ("loss", "accuracy", "val_loss", "val_accuracy")
    line = r"epoch {:>2}/10  " + "  ".join(f"{name} {number}" for name in names) + r"  \d\.\d s"
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    for epoch, text in enumerate(lines, 1):
        assert re.fullmatch(line.replace("{:>2}", f"{epoch:>2}"), text)


def test_a_reason_to_stop_is_shown():
    class Enough(Callback):
        def on_epoch_end(self, trainer, record):
            trainer.stop = "it is late"

    stream = io.StringIO()
    fit(stream, Enough())

    assert stream.getvalue().splitlines()[1:] == ["stopped early: it is late"]


def test_it_goes_to_standard_error_unless_told_otherwise(capsys):
    Trainer(linear()).fit(rows(), batch_size=8)
    out, err = capsys.readouterr()

    assert (out, err[:9]) == ("", "epoch 1/1")


def test_it_can_be_silent(capsys):
    trainer().fit(rows(), batch_size=8)

    assert capsys.readouterr() == ("", "")


def test_a_program_without_a_console_trains(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)

    assert len(Trainer(linear()).fit(rows(), batch_size=8)) == 1


def test_a_stream_that_was_closed_does_not_end_the_training():
    stream = io.StringIO()
    stream.close()
    with pytest.raises(ValueError, match="closed"):
        stream.isatty()

    assert len(fit(stream).history) == 2


def test_a_pipe_that_nobody_reads_does_not_end_the_training():
    far, near = os.pipe()
    os.close(far)
    stream = os.fdopen(near, "w", buffering=1)

    assert len(fit(stream).history) == 2
    with pytest.raises(BrokenPipeError):
        stream.close()


# ---- in a terminal ----------------------------------------------------------------------------


def test_the_live_line_says_where_the_training_stands(terminal):
    look = Look(terminal)
    fit(terminal.stream, look)

    assert [len(lines) for lines in look.lines] == [1, 1, 1, 2, 2, 2]
    live = [lines[-1] for lines in look.lines]
    pattern = (
        r"epoch \d/2  ━*╌*  \d+\.\d s left  loss \d\.\d{4}  accuracy \d\.\d{4}  [\d,]+ samples/s"
    )
    assert [re.fullmatch(pattern, line) is not None for line in live] == [True] * 6
    assert [line[:9] for line in live] == ["epoch 1/2"] * 3 + ["epoch 2/2"] * 3
    assert [line.count("━") for line in live] == [6, 13, 20] * 2


def test_the_terminal_is_left_clean(terminal):
    fit(terminal.stream)
    final = terminal.screen()

    assert [line[:9] for line in final] == ["epoch 1/2", "epoch 2/2"]
    assert not any("samples/s" in line for line in final)
    assert terminal.seen().count(HIDE) == terminal.seen().count(SHOW) == 1


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_the_terminal_is_left_clean_after_a_failure(terminal, error):
    with pytest.raises(error):
        fit(terminal.stream, RaiseAt(5, error))

    assert [line[:9] for line in terminal.screen()] == ["epoch 1/2"]
    assert terminal.seen().count(HIDE) == terminal.seen().count(SHOW) == 1


def test_a_narrow_terminal_gets_one_line_still(monkeypatch):
    screen = Terminal(monkeypatch, columns=40)
    look = Look(screen)
    fit(screen.stream, look, epochs=1)

    assert [len(lines) for lines in look.lines] == [1, 1, 1]
    assert all(len(lines[0]) <= 40 and lines[0].endswith("…") for lines in look.lines)
    screen.close()


def test_a_terminal_that_cannot_move_its_cursor_gets_plain_lines(monkeypatch):
    screen = Terminal(monkeypatch, term="dumb")
    fit(screen.stream)

    assert "\x1b" not in screen.seen()
    assert [line[:9] for line in screen.screen()] == ["epoch 1/2", "epoch 2/2"]
    screen.close()


def test_results_that_go_to_a_file_arrive_there(terminal, capsys):
    class Say(Callback):
        def on_epoch_end(self, trainer, record):
            sys.stdout.write(f"result {record['epoch']}\n")

    fit(terminal.stream, Say())

    assert capsys.readouterr().out == "result 1\nresult 2\n"
    assert "result" not in terminal.seen()


def test_names_are_not_taken_for_markup(terminal):
    def odd(prediction, t):
        return 0.5

    odd.__name__ = "[red]share[/]"
    training = trainer(metrics=[odd], callbacks=[Progress(terminal.stream)])
    training.fit(rows(), batch_size=8)

    assert "[red]share[/] 0.5000" in terminal.screen()[0]


def test_samples_and_time_left_count_from_the_start_of_this_fit(monkeypatch):
    now = iter(range(100, 200))
    shown = Progress(io.StringIO())
    training = trainer()
    training.last_epoch, training.batches_per_epoch = 2, 4
    training.position.batch = training.position.step = 3
    training.position.rows = 24
    monkeypatch.setattr(showing.time, "monotonic", lambda: float(next(now)))
    shown.on_fit_start(training)
    training.position.count(6, {"loss": 1.0})
    shown.on_batch_end(training, 1.0)

    line = shown._line(training, 100.0 + 2.0, ascii_only=True)
    assert "  3 samples/s" in line
    assert "  8.0 s left" in line  # one batch took 2 s, and four are left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (185, "3 min 05 s"),
        (3599.7, "1 h 00 min"),
        (7850, "2 h 10 min"),
    ],
)
def test_seconds_for_people(seconds, text):
    assert showing._duration(seconds) == text


def test_errors_of_the_training_are_not_swallowed(terminal):
    with pytest.raises(BadakError):
        trainer(callbacks=[Progress(terminal.stream)]).fit(rows(), batch_size=0)

    assert terminal.seen() == ""
