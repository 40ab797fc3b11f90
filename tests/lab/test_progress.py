"""Progress of experiments: a bar where somebody looks, lines elsewhere, and never a failure."""

from __future__ import annotations

import io

from badak.lab.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Gone(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


def work(stream, parts=2, steps=40):
    with Progress(stream) as progress:
        for part in range(parts):
            progress.begin(f"part {part}", steps)
            for _ in range(steps):
                progress.advance(1)
    return stream.getvalue() if stream is not None and not isinstance(stream, Gone) else ""


def test_a_terminal_gets_a_bar_that_goes_away():
    shown = work(Terminal())

    assert "part 0" in shown
    assert "part 1" in shown
    assert "left" not in shown
    assert shown.rstrip().endswith(("\x1b[2K", "\x1b[?25h"))  # the line is wiped, the cursor back


def test_a_file_gets_ten_lines_for_each_part():
    lines = work(io.StringIO()).splitlines()

    assert len(lines) == 20
    assert lines[4].startswith("part 0  50 %")
    assert lines[19].startswith("part 1  100 %")


def test_nobody_who_listens_is_no_failure():
    assert work(Gone()) == ""
    assert work(None) == ""
    closed = io.StringIO()
    closed.close()
    with Progress(closed) as progress:
        progress.begin("work", 1)
        progress.advance(1)
