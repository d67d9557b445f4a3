"""ICMP errors about our segments (RFC 792; RFC 1122, 4.2.3.9; RFC 5461; RFC 5927).

An error quotes the IP header and the first eight octets of the datagram it is about: enough for
both ports and the sequence number. Source Quench is ignored (MUST-55).
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpref import seq
from tcpref.checksum import remainder
from tcpref.ipv4 import PROTOCOL_TCP
from tcpref.tcb import Key, State, Tcb

DESTINATION_UNREACHABLE = 3
TIME_EXCEEDED = 11
PARAMETER_PROBLEM = 12

NET_UNREACHABLE = 0
HOST_UNREACHABLE = 1
PROTOCOL_UNREACHABLE = 2
PORT_UNREACHABLE = 3
FRAGMENTATION_NEEDED = 4

_NETWORK_CODES = frozenset({NET_UNREACHABLE, 6, 9, 11})
_HARD_CODES = frozenset({PROTOCOL_UNREACHABLE, PORT_UNREACHABLE})
_QUOTED_PORTS = Struct("!HHI")


class IcmpError(NamedTuple):
    """An ICMP error and the segment of ours that it quotes."""

    type: int
    code: int
    key: Key
    seq: int


def parse_error(octets: bytes) -> IcmpError | None:
    """The error in an ICMP message; None when it is damaged, too short or about something else."""
    if len(octets) < 36 or remainder(octets) != 0:
        return None
    if octets[0] not in (DESTINATION_UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM):
        return None
    quoted = octets[8:]
    header = (quoted[0] & 0x0F) * 4
    if quoted[0] >> 4 != 4 or quoted[9] != PROTOCOL_TCP or not 20 <= header <= len(quoted) - 8:
        return None
    src_port, dst_port, number = _QUOTED_PORTS.unpack_from(quoted, header)
    key = (quoted[12:16], src_port, quoted[16:20], dst_port)
    return IcmpError(octets[0], octets[1], key, number)


def quotes_flight(tcb: Tcb, error: IcmpError) -> bool:
    """Whether the quoted number is in flight; anything else may be forged (RFC 5927, 4.1)."""
    return seq.within(error.seq, tcb.snd_una, tcb.flight)


def is_hard(tcb: Tcb, error: IcmpError) -> bool:
    """Protocol and port unreachable end an open; later all errors are soft (RFC 5927, 5.2)."""
    unreachable = error.type == DESTINATION_UNREACHABLE and error.code in _HARD_CODES
    return unreachable and tcb.state is State.SYN_SENT


def soft_errno(error: IcmpError) -> str | None:
    """What the application is told if the connection times out later (MUST-56, SHLD-25)."""
    if error.type == TIME_EXCEEDED:
        return "EHOSTUNREACH"
    if error.type == PARAMETER_PROBLEM:
        return "EPROTO"
    if error.code == FRAGMENTATION_NEEDED:
        return None
    return "ENETUNREACH" if error.code in _NETWORK_CODES else "EHOSTUNREACH"
