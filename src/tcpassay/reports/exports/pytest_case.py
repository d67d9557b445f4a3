"""The recorded trace of a case as a Python file with one `@case`, to be run by pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.matrix.cases import find_row
from tcpassay.conformance.replay import requirements_of
from tcpassay.core.errors import ConfigurationError
from tcpassay.reports.exports.what import about
from tcpassay.wire.notation import Notation

if TYPE_CHECKING:
    from tcpassay.wire.tracefile import TraceFile


def recorded_case(file: TraceFile, text: str) -> str:
    """The text of the Python file; `text` is that of the trace file.

    Raises ConfigurationError for a row of the matrix, whose numbers hang on the stack, and for a
    trace that judges nothing.
    """
    if find_row(file.case) is not None:
        msg = f"{file.case} is a row of the matrix: run it by `--case {file.case}`, where it is"
        raise ConfigurationError(msg)
    requirements = requirements_of(file)
    if not requirements:
        msg = f"the trace of {file.case!r} names no requirement, so no case can be made of it"
        raise ConfigurationError(msg)
    what = about(file)
    more = f", settings={file.settings!r}" if file.settings else ""
    more += ", own_process=True" if file.own_process else ""
    return _TEMPLATE.format(
        title=_plain(what.title),
        verdict=_plain(what.verdict),
        recorded="\n".join(f"# {line}" for line in Notation().lines(file.trace)),
        requirements=", ".join(f'"{each}"' for each in requirements),
        ip=file.ip,
        more=more,
        case=_plain(file.case),
        trace=text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').rstrip("\n"),
    )


_TEMPLATE = '''"""{title}

It gave: {verdict}

    pytest THIS_FILE --target reference
"""

from tcpassay.conformance.case import case
from tcpassay.conformance.replay import play_recorded

# What was recorded:
{recorded}


@case({requirements}, ip=({ip},){more})
def recorded(bench):
    """What {case} does; what it expects."""
    play_recorded(bench, TRACE)


TRACE = """\\
{trace}
"""
'''


def _plain(text: str) -> str:
    """Text that may stand in a docstring."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split())
