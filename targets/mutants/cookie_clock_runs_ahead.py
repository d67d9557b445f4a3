"""The peer drops what follows a SYN,ACK that was a cookie: its timestamp lies in the future."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookie_options, seq
from tcpref.cookie_options import BITS, Carried, stamp

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7323:5.4-TSVAL-MONOTONE"


def ahead(carried: Carried, clock: int) -> int:
    return seq.add(stamp(carried, clock), 1 << BITS)


def plant(patch: Patch) -> None:
    patch(cookie_options, "stamp", ahead)
