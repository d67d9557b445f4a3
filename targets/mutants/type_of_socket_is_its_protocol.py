"""A program that is handed a socket and asks for its type takes a stream for something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_options
from tcpref.calls_options import IPPROTO_TCP, Option, find_option, number

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

REQUIREMENT = "DOC-02"


def confused(kernel: Kernel, call: PendingCall) -> Option:
    if call.args.name(1) == "SO_TYPE":
        return Option(lambda _made: number(IPPROTO_TCP))
    return find_option(kernel, call)


def plant(patch: Patch) -> None:
    patch(calls_options, "find_option", confused)
