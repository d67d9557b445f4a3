"""How the tester starts the agents of this package."""

from __future__ import annotations

import os
from pathlib import Path

from tcpassay.targets.program import Launch

_SOURCE = Path(__file__).resolve().parents[3]
#: -I -S: nothing but the standard library and ourselves, which halves the time to start.
_PYTHON = ("{python}", "-I", "-S", "-c")


def posix_launch(name: str) -> Launch:
    """The agent for app processes, to be started inside the namespace that they are to live in.

    Its process belongs to the calling thread's network namespace. Follow HELLO with a `Start`
    whose settings are {"origin_ns": the moment of time.monotonic_ns() at which its clock is 0}.
    """
    program = (
        f"import sys; sys.path.insert(0, {str(_SOURCE)!r}); "
        "from tcpassay.targets.agent.posix import run; "
        f"sys.exit(run({{fd}}, {os.getpid()}))"
    )
    return Launch(name, (*_PYTHON, program))
