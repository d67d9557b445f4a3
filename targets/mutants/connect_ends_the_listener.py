"""A program that mixes up two sockets by one connect() has a server that nobody can reach."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tcpref import calls_connection
from tcpref.calls_connection import refuse_connect

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket

REQUIREMENT = "POSIX:ACCEPT-LISTENER-LIVES"


def refuse(made: Socket) -> None:
    if made.listener is not None:
        made.listener.set_backlog(0)
        made.listener.settings = replace(made.listener.settings, syn_queue=0)
    refuse_connect(made)


def plant(patch: Patch) -> None:
    patch(calls_connection, "refuse_connect", refuse)
