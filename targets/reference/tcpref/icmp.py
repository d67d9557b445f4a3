"""ICMP errors about our segments (RFC 792; RFC 1122, 4.2.3.9; RFC 5461; RFC 5927).

Of both IP versions: `icmpv6` reads the messages of IPv6 into the same values.

An error quotes the IP header and the first eight octets of the datagram it is about: enough for
both ports and the sequence number. Source Quench is ignored (MUST-55).
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from tcpref import seq
from tcpref.checksum import remainder
from tcpref.ipv4 import PROTOCOL_TCP
from tcpref.source_route import destination
from tcpref.tcb import Key, State, Tcb

DESTINATION_UNREACHABLE = 3
TIME_EXCEEDED = 11
PARAMETER_PROBLEM = 12

NET_UNREACHABLE = 0
PROTOCOL_UNREACHABLE = 2
PORT_UNREACHABLE = 3
FRAGMENTATION_NEEDED = 4

_NETWORK_CODES = frozenset({NET_UNREACHABLE, 6, 9, 11})
_HARD = {PROTOCOL_UNREACHABLE: "ENOPROTOOPT", PORT_UNREACHABLE: "ECONNREFUSED"}
_QUOTED_PORTS = Struct("!HHI")


class TooBig(NamedTuple):
    """A datagram was too big for a link: the MTU of that, and the datagram's length and that of its
    IP header as they are quoted (octets). An MTU of 0 tells none.
    """

    mtu: int
    size: int
    header: int


class IcmpError(NamedTuple):
    """An ICMP error and the segment of ours that it quotes.

    `hard` is the errno with which it ends an open, None where it is soft; `soft` the errno that
    it gives a time-out later, None where it tells nothing.
    """

    key: Key
    seq: int
    hard: str | None
    soft: str | None
    too_big: TooBig | None = None


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
    key = (quoted[12:16], src_port, destination(quoted[:header]), dst_port)
    kind, code = octets[0], octets[1]
    if kind == DESTINATION_UNREACHABLE and code == FRAGMENTATION_NEEDED:
        told = int.from_bytes(octets[6:8], "big"), int.from_bytes(quoted[2:4], "big")
        return IcmpError(key, number, None, None, TooBig(*told, header))
    return IcmpError(key, number, hard_errno(kind, code), soft_errno(kind, code))


def quotes_flight(tcb: Tcb, error: IcmpError) -> bool:
    """Whether the quoted number is in flight; anything else may be forged (RFC 5927, 4.1)."""
    return seq.within(error.seq, tcb.snd_una, tcb.flight)


def is_hard(tcb: Tcb, error: IcmpError) -> bool:
    """A hard error ends an open; later all errors are soft (RFC 5927, 5.2)."""
    if not tcb.settings.icmp_ends_open:
        return False
    return error.hard is not None and tcb.state is State.SYN_SENT


def told_later(tcb: Tcb, error: IcmpError) -> str | None:
    """What a time-out tells of a soft error. Where the setting makes the hard ones soft, they are
    told as the 4.4BSD of the documents tells every destination that is unreachable.
    """
    if error.hard is not None and not tcb.settings.icmp_ends_open:
        return "EHOSTUNREACH"
    return error.soft


def hard_errno(kind: int, code: int) -> str | None:
    """Protocol and port unreachable refuse the connection (SHLD-26). No RFC names an errno; these
    are Linux's, of which POSIX has the second for a connection that is refused.
    """
    return _HARD.get(code) if kind == DESTINATION_UNREACHABLE else None


def soft_errno(kind: int, code: int) -> str:
    """What the application is told if the connection times out later (MUST-56, SHLD-25).

    A hard error that came too late to end an open is one of these (RFC 5927, 5.2).
    """
    if kind == TIME_EXCEEDED:
        return "EHOSTUNREACH"
    if kind == PARAMETER_PROBLEM:
        return "EPROTO"
    unreachable = "ENETUNREACH" if code in _NETWORK_CODES else "EHOSTUNREACH"
    return _HARD.get(code, unreachable)
