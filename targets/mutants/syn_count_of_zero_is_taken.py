"""A program that sets TCP_SYNCNT wrongly is not told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options, calls_options_linux
from tcpref.calls_options import OPTIONS

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.arguments import Arguments
    from tcpref.sockets import Socket

REQUIREMENT = "LINUX:TCP_SYNCNT"


NAME = ("IPPROTO_TCP", "TCP_SYNCNT")


def unchecked(made: Socket, args: Arguments) -> None:
    made.syn_count = args.number("value") & calls_options_linux.MOST_SYNS


def plant(patch: Patch) -> None:
    option = OPTIONS[NAME]._replace(set=unchecked)
    patch(calls_options, "OPTIONS", {**OPTIONS, NAME: option})
