"""A program that asks connect() whether its attempt has ended takes it for done at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import refuse_connect
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:CONNECT-EALREADY"


def refuse(made: Socket) -> None:
    if made.connecting:
        raise CallError("EISCONN")
    refuse_connect(made)


def plant(patch: Patch) -> None:
    patch(calls_connection, "refuse_connect", refuse)
