"""Forged Source Quench messages hold a transfer down to one segment a round trip."""

from __future__ import annotations

from struct import unpack_from
from typing import TYPE_CHECKING

from tcpref import icmp
from tcpref.icmp import IcmpError

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.tcb import Tcb

REQUIREMENT = "RFC5927:6-QUENCH"
SOURCE_QUENCH = 4
QUENCHED = "quenched"

_parse_error = icmp.parse_error
_told_later = icmp.told_later


def parse_error(octets: bytes) -> IcmpError | None:
    if octets[0] != SOURCE_QUENCH:
        return _parse_error(octets)
    quoted = octets[8:]
    here, there, number = unpack_from("!HHI", quoted, (quoted[0] & 0x0F) * 4)
    return IcmpError((quoted[12:16], here, quoted[16:20], there), number, None, QUENCHED)


def told_later(tcb: Tcb, error: IcmpError) -> str | None:
    if error.soft != QUENCHED:
        return _told_later(tcb, error)
    tcb.congestion.cwnd = tcb.snd_mss
    return None


def plant(patch: Patch) -> None:
    patch(icmp, "parse_error", parse_error)
    patch(icmp, "told_later", told_later)
