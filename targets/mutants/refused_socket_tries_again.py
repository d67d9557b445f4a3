"""A program that tries one address after the other with one socket works here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import refuse_connect

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "DOC-27"


def forgiving(made: Socket) -> None:
    if made.failed:
        made.failed, made.tcb, made.error = False, None, None
    refuse_connect(made)


def plant(patch: Patch) -> None:
    patch(calls_connection, "refuse_connect", forgiving)
