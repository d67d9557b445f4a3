"""How every verb ends: an exit code, and one line on standard error where something is wrong."""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from functools import wraps
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TextIO

import typer

from tcpassay.core.errors import TcpassayError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

P = ParamSpec("P")

INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
BROKEN_PIPE = 128 + signal.SIGPIPE
INTERNAL_FAULT = 3
DEBUG_VARIABLE = "TCPASSAY_DEBUG"
_MOST_COMPLAINTS = 5


class Terminated(KeyboardInterrupt):
    """SIGTERM: what cleans up after Ctrl-C cleans up after this too."""


def guarded(verb: Callable[P, int]) -> Callable[P, None]:
    """`verb` returns its exit code; errors become one line and the code of their class."""

    @wraps(verb)
    def command(*args: P.args, **kwargs: P.kwargs) -> None:
        earlier = signal.signal(signal.SIGTERM, _on_sigterm)
        try:
            code = verb(*args, **kwargs)
            sys.stdout.flush()
        except typer.Exit:
            raise
        except BaseException as error:
            code = _told(error)
        finally:
            signal.signal(signal.SIGTERM, earlier)
        raise typer.Exit(code)

    return command


def _on_sigterm(_number: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _told(error: BaseException) -> int:
    """Say what went wrong; the exit code."""
    if os.environ.get(DEBUG_VARIABLE) and not isinstance(error, BrokenPipeError):
        traceback.print_exception(error)
    match error:
        case TcpassayError():
            complain(str(error))
            return error.exit_code
        case BrokenPipeError():
            # Whoever read us is gone; the interpreter must not fail again when it flushes.
            _let_go(sys.stdout)
            return BROKEN_PIPE
        case OSError(errno=errno.ENOSPC | errno.EFBIG | errno.EDQUOT | errno.EIO, filename=None):
            complain(f"output cannot be written: {error.strerror}; free space or write elsewhere")
            _let_go(sys.stdout)
            return INTERNAL_FAULT
        case Terminated():
            complain("terminated")
            return TERMINATED
        case KeyboardInterrupt():
            complain("interrupted")
            return INTERRUPTED
        case SystemExit():
            return error.code if isinstance(error.code, int) else INTERNAL_FAULT
        case _:
            complain(f"internal fault: {_place(error)}; please report it ({_DEBUG_HINT})")
            return INTERNAL_FAULT


def _let_go(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


_DEBUG_HINT = f"{DEBUG_VARIABLE}=1 shows the traceback"


def _place(error: BaseException) -> str:
    """The error's class and text, and the file and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{where}"


def complain(message: str) -> None:
    """One line on standard error."""
    from tcpassay.reports.text import one_line

    typer.echo(f"tcpassay: {one_line(message)}", err=True)


def complain_of_each(messages: Sequence[str]) -> None:
    """A line each, at most a few, and how many more there are."""
    from tcpassay.reports.text import few

    for message in few(messages, _MOST_COMPLAINTS):
        complain(message)
