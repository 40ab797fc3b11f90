"""The front door of the command: runs it, and turns errors into one sentence and an exit code.

    0     done
    1     it failed: a file, the training, a missing package
    2     it was asked wrongly: an unknown option or name, a number out of range
    130   Ctrl-C
    143   SIGTERM

A traceback is left for what is a mistake of Badak itself.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

from badak.base.errors import BadakError, DTypeError, RangeError
from badak.cli.app import app
from badak.cli.training import tell

PYTHON_SPELLING = re.compile(r"\b(drop|task)=\[?('[^']*')\]?")
"""A hint in the words of Python that is an option here: drop=['kind'] is --drop 'kind'."""

FAILED, ASKED_WRONGLY, INTERRUPTED, TERMINATED = 1, 2, 130, 143


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and ends the process with its exit code.

    Args:
        arguments: the words after `badak`; those of the process unless given.

    >>> import contextlib
    >>> with contextlib.suppress(SystemExit):
    ...     main(["--version"])
    badak ...
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # an old terminal may lack a letter of a name
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs the command and returns its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = _note
        try:
            return _command(arguments)
        except TyperException as error:
            return _say(_sentence(error), error, ASKED_WRONGLY)
        except (RangeError, DTypeError) as error:
            return _say(error.sentence, error, ASKED_WRONGLY)
        except BadakError as error:
            return _say(error.sentence, error, FAILED)
        except KeyboardInterrupt as error:
            return _say("interrupted", error, INTERRUPTED)
        except SystemExit as error:
            return _ended(error)
        except BrokenPipeError:  # whoever read (head, less) has left
            return _without_output()
        except MemoryError as error:
            return _say("not enough memory; try a smaller --batch-size or --layers", error, FAILED)
        except OSError as error:
            place = f"{error.filename!r}: " if error.filename else ""
            _say(f"{place}{error.strerror or error}", error, FAILED)
            return _without_output()


def _command(arguments: Sequence[str]) -> int:
    # Not through the app itself, which would end the process and swallow Ctrl-C.
    command = typer.main.get_command(app)
    try:
        with command.make_context("badak", list(arguments)) as context:
            command.invoke(context)
    except typer.Exit as ended:  # after --help and --version
        return ended.exit_code
    finally:
        sys.stdout.flush()
    return 0


def _sentence(error: TyperException) -> str:
    """What the option parser complains of, and its guess in our words."""
    guesses = getattr(error, "possibilities", None) or ()
    what = error.message if guesses else error.format_message()
    question = f"; did you mean {' or '.join(guesses)}?" if guesses else ""
    return what[:1].lower() + what[1:].removesuffix(".") + question


def _say(sentence: str, error: BaseException, code: int) -> int:
    if sentence:  # without a command the help has said all
        notes = getattr(error, "__notes__", ())
        text = PYTHON_SPELLING.sub(r"--\1 \2", "; ".join([f"badak: {sentence}", *notes]))
        tell(" ".join(line.strip() for line in text.splitlines()))
    return code


def _ended(error: SystemExit) -> int:
    code = error.code if isinstance(error.code, int) else FAILED
    return _say("terminated", error, code) if code == TERMINATED else code


def _without_output() -> int:
    """Lets go of what cannot be written: Python would complain again when it closes stdout."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED


def _note(message: Warning | str, *place: Any, **more: Any) -> None:
    tell(f"badak: note: {message}")
