"""A page that is written under TCP_CORK is held although the cork is pulled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options
from tcpref.calls_options import OPTIONS

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

REQUIREMENT = "LINUX:TCP_CORK"


NAME = ("IPPROTO_TCP", "TCP_CORK")


def stuck(_stack: Stack, made: Socket, tcb: Tcb) -> None:
    tcb.corked = tcb.corked or made.corked


def plant(patch: Patch) -> None:
    patch(calls_options, "OPTIONS", {**OPTIONS, NAME: OPTIONS[NAME]._replace(apply=stuck)})
