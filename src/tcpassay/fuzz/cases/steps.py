"""A case of the fuzzer: steps in relative numbers, which play alike on any stack.

Sequence numbers count from where each side has started (`peer.iss`, `stack.iss`), so octet k of a
side's text has the number k. Text is never random: octet k of the peer's is `PEER_TEXT[k % 251]`,
octet k of the application's `APP_TEXT[k % 241]`, so whoever reads it can tell whether it is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.wire import ACK

if TYPE_CHECKING:
    from tcpassay.core.events import Tagged
    from tcpassay.targets.contract import IpVersion
    from tcpassay.wire import Option

#: Periods of the two texts: primes, so that no power of two hides a shift.
PEER_PERIOD, APP_PERIOD = 251, 241
_LONGEST = 1 << 17
PEER_TEXT = bytes(range(1, 252)) * (_LONGEST // PEER_PERIOD + 2)
APP_TEXT = bytes(range(255, 14, -1)) * (_LONGEST // APP_PERIOD + 2)

#: Connections k of a case lead to its local port k // PER_PORT; port 0 has the listener.
PER_PORT = 8
#: Local ports of a case.
PORTS = 4

#: What may be wrong with a segment on purpose, and what its value means.
FLAWS = {
    "checksum": "added to the right TCP checksum",
    "data_offset": "in 32-bit words, in place of the right one",
    "reserved": "the three reserved bits",
    "sport": "added to the source port",
    "dport": "added to the destination port",
    "text": "a number xor-ed to each octet of text",
    "ack_field": "the acknowledgement field of a segment without ACK, absolute",
    "ttl": "time to live",
    "tos": "type of service: DSCP and ECN",
    "ip_flags": "reserved, DF and MF",
    "fragment_offset": "in units of 8 octets",
    "protocol": "the protocol number",
    "total_length": "added to the right length of the datagram (IPv6: of its payload)",
    "ip_checksum": "added to the right checksum of the IPv4 header",
    "ihl": "the IPv4 header's length in 32-bit words",
    "version": "the IP version",
    "src": "an address that no host may have: 1 the stack's own, 2 multicast, 3 loopback, 4 none",
    "cut": "octets cut off the end of the datagram",
    "pad": "zero octets behind the end of the datagram",
}


class LearnedCookie(NamedTuple):
    """A fast-open option with the cookie that the stack gave last, each octet xor-ed to `flip`."""

    flip: int = 0


class Send(NamedTuple):
    """A segment of the peer's.

    `seq` counts from peer.iss; `ack` from stack.iss, None for a field of zero. `data` is how many
    octets of the peer's text it carries, from `seq` on (behind a SYN from `seq` + 1 on). In its
    options TSval counts from peer.ts0 and TSecr from the newest TSval seen, blocks of SACK from
    stack.iss. `flaws` are pairs of a name in FLAWS and a value.
    """

    conn: int = 0
    flags: int = ACK
    seq: int = 0
    ack: int | None = None
    window: int = 65_535
    data: int = 0
    options: tuple[Option | LearnedCookie, ...] = ()
    urgent: int = 0
    flaws: tuple[tuple[str, int], ...] = ()


class Tell(NamedTuple):
    """An ICMP message about a segment that the stack sent on `conn`.

    `seq` is the quoted segment's number, from stack.iss; `rest` the second word of the message
    (an MTU); `quoted` how many octets of the datagram are quoted.
    """

    conn: int = 0
    type: int = 3
    code: int = 4
    seq: int = 0
    rest: int = 0
    quoted: int = 28


class Raw(NamedTuple):
    """A datagram as it is."""

    octets: bytes


class Do(NamedTuple):
    """A socket call of the application's.

    `on` and `gives` name descriptors of the case ("listener", "c0"). In `args` a tag "address" has
    ("stack", port k) or ("peer", connection k), and "text" the number of octets to send.
    """

    call: str
    on: str = ""
    gives: str = ""
    args: tuple[Tagged, ...] = ()


class Listen(NamedTuple):
    """A listener in one step: socket(), bind() to the case's port `port`, listen().

    It is non-blocking, as those of `reach.listen` are.
    """

    gives: str = "listener"
    port: int = 0
    backlog: int = 5


class Wait(NamedTuple):
    """Let so many nanoseconds pass, whatever happens in them."""

    ns: int


Step = Send | Tell | Raw | Do | Listen | Wait


#: Not blocking: what a call cannot do at once it says so.
STREAM: tuple[Tagged, ...] = (("flags", ("SOCK_STREAM", "SOCK_NONBLOCK")), ("value", 0))


def listen_calls(step: Listen) -> tuple[Do, Do, Do]:
    """The three calls that a listener is made by."""
    return (
        Do("socket", gives=step.gives, args=STREAM),
        Do("bind", step.gives, args=(("address", ("stack", step.port)),)),
        Do("listen", step.gives, args=(("length", step.backlog),)),
    )


class FuzzCase(NamedTuple):
    """One case. `origin` says where it comes from ("sweep/ESTABLISHED/flags=SYN"), for a reader.

    `iss` is where the peer's numbers start on every connection, None for anywhere.
    """

    steps: tuple[Step, ...]
    origin: str = ""
    ip: IpVersion = 4
    settings: tuple[str, ...] = ()
    iss: int | None = None


def peer_text(first: int, size: int) -> bytes:
    """Octets `first` to `first` + `size` - 1 of the peer's text."""
    at = first % PEER_PERIOD
    return PEER_TEXT[at : at + size]


def app_text(first: int, size: int) -> bytes:
    """Octets `first` to `first` + `size` - 1 of the application's text."""
    at = first % APP_PERIOD
    return APP_TEXT[at : at + size]
