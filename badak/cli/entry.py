"""The front door of the command: runs it, and turns errors into one sentence and an exit code.

    0     done
    1     it failed: a file, the training, a missing package
    2     it was asked wrongly: an unknown option or name, a number out of range
    130   Ctrl-C
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from badak.base.errors import BadakError, DTypeError, RangeError
from badak.cli.app import app

FAILED, ASKED_WRONGLY, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and ends the process with its exit code.

    Args:
        arguments: the words after `badak`; those of the process unless given.
    """
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = app(args=arguments, prog_name="badak", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        return _say(_sentence(error), ASKED_WRONGLY)
    except (RangeError, DTypeError) as error:
        return _say(error.sentence, ASKED_WRONGLY)
    except BadakError as error:
        return _say(error.sentence, FAILED)
    except (KeyboardInterrupt, typer.Abort):
        return _say("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader (head, less) has left. Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    return code if isinstance(code, int) else 0


def _sentence(error: TyperException) -> str:
    """The words of the option parser, which knows its nearest names itself."""
    describe = getattr(error, "format_message", None)
    return str(describe() if describe is not None else error)


def _say(sentence: str, code: int) -> int:
    if sentence:  # without arguments the help has said all
        print(f"badak: {sentence}", file=sys.stderr)  # noqa: T201  # a command speaks to people
    return code
