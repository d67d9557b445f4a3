"""The option is left out of the SYN, so the peer hears of it late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import uto
from tcpref.segment import SYN

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb
    from tcpref.uto import UserTimeoutOption

REQUIREMENT = "RFC5482:3-SYN"


option = uto.option


def option_later(tcb: Tcb, held: UserTimeoutOption, flags: int, options: int, text: int) -> bytes:
    return b"" if flags & SYN else option(tcb, held, flags, options, text)


def plant(patch: Patch) -> None:
    patch(uto, "option", option_later)
