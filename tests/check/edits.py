"""One edited packet in a capture that is right: the kinds of edit, and what each breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.wire import (
    ACK,
    FIN,
    RST,
    SYN,
    Datagram,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Segment,
    Timestamps,
    WindowScale,
    build,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.wire.capture_file import CapturedPacket

    Change = Callable[[Segment], Segment]
    Choice = Callable[[Segment], bool]

MASK = 0xFFFFFFFF
#: By which the conversation's one larger window is known.
PROBE_WINDOW = 3333
SECOND = 1_000_000_000


class Edit(NamedTuple):
    """`change` the first, or the `nth`, packet of a side for which `choice` holds.

    `later_s` moves it, and all behind it, to a later time. `of_target` False: a packet of the
    peer's. The packet named is the edited one, the next of the target's, or the peer's before it.
    """

    name: str
    requirement: str
    choice: Choice
    change: Change
    of_target: bool = True
    nth: int = 0
    later_s: float = 0.0
    names: Literal["it", "next", "previous"] = "it"
    any_vantage: bool = True


def apply(
    edit: Edit, packets: Sequence[CapturedPacket], target: str
) -> tuple[list[CapturedPacket], int] | None:
    """The edited capture and the packet that has to be named; None where nothing fits."""
    out, found, left = list(packets), -1, edit.nth
    for index, packet in enumerate(packets):
        assert packet.octets is not None
        datagram = parse(packet.octets)
        body, ours = datagram.body, datagram.ip.src == target
        if not isinstance(body, Segment) or ours is not edit.of_target or not edit.choice(body):
            continue
        if left:
            left -= 1
            continue
        octets = build(Datagram(datagram.ip, edit.change(body)))
        out[index] = packet._replace(octets=octets)
        found = index
        break
    if found < 0:
        return None
    if edit.later_s:
        shift = int(edit.later_s * SECOND)
        out[found:] = [p._replace(t_ns=p.t_ns + shift) for p in out[found:]]
    return out, _named(edit, out, found, target)


def _named(edit: Edit, packets: list[CapturedPacket], found: int, target: str) -> int:
    if edit.names == "it":
        return packets[found].n
    rest = packets[found + 1 :] if edit.names == "next" else packets[found - 1 :: -1]
    ours = edit.names == "next"
    return next(p.n for p in rest if p.octets and (parse(p.octets).ip.src == target) is ours)


def text(segment: Segment) -> bool:
    """Text of an open connection."""
    return bool(segment.payload) and not segment.flags & (SYN | RST | FIN)


def bare(segment: Segment) -> bool:
    """An ACK alone."""
    return segment.flags == ACK and not segment.payload


def _syn_ack(segment: Segment) -> bool:
    return segment.flags & (SYN | ACK) == SYN | ACK


def _syn(segment: Segment) -> bool:
    return segment.flags & (SYN | ACK) == SYN


def _reset(segment: Segment) -> bool:
    return bool(segment.flags & RST)


def _sack(segment: Segment) -> bool:
    return any(isinstance(option, Sack) for option in segment.options)


def _shift(**by: int) -> Change:
    """Add to fields, modulo 2^32."""

    def change(segment: Segment) -> Segment:
        values = {name: (getattr(segment, name) + more) & MASK for name, more in by.items()}
        return segment._replace(**values)

    return change


def _without(kind: type) -> Change:
    def change(segment: Segment) -> Segment:
        kept = tuple(option for option in segment.options if not isinstance(option, kind))
        pads = tuple(option for option in kept if option.kind > 1)
        return segment._replace(options=pads)

    return change


def _stamp(tsval: int = 0, tsecr: int = 0) -> Change:
    def change(segment: Segment) -> Segment:
        options = tuple(
            Timestamps((o.tsval + tsval) & MASK, (o.tsecr + tsecr) & MASK)
            if isinstance(o, Timestamps)
            else o
            for o in segment.options
        )
        return segment._replace(options=options)

    return change


def _sack_block(segment: Segment) -> Segment:
    options = tuple(
        Sack((*o.blocks[:-1], (o.blocks[-1][0], (o.blocks[-1][1] + 500_000) & MASK)))
        if isinstance(o, Sack)
        else o
        for o in segment.options
    )
    return segment._replace(options=options)


def _more(option: object) -> Change:
    return lambda segment: segment._replace(options=(*segment.options, option))  # type: ignore[arg-type]


def _fin(segment: Segment) -> bool:
    return bool(segment.flags & FIN)


def _probe(segment: Segment) -> bool:
    """The peer's larger window, behind two idle seconds."""
    return bare(segment) and segment.window == PROBE_WINDOW


def _flipped(segment: Segment) -> Segment:
    return segment._replace(payload=bytes(255 - octet for octet in segment.payload))


EDITS = (
    Edit("checksum", "RFC9293:MUST-2", text, lambda s: s._replace(checksum=0x1234)),
    Edit("ack of what never came", "RFC9293:3.4-ACK-SANE", bare, _shift(ack=400_000), nth=1),
    Edit("ack moves back", "RFC9293:3.4-ACK-SANE", bare, _shift(ack=-1_000_000), nth=1,
         any_vantage=False),
    Edit("seq of an ack too high", "RFC9293:3.5.2-GROUP3-EMPTY-ACK", bare, _shift(seq=77), nth=1,
         any_vantage=False),
    Edit("seq of an ack too low", "RFC9293:3.5.2-GROUP3-EMPTY-ACK", bare, _shift(seq=-7), nth=1,
         any_vantage=False),
    Edit("no ACK bit", "RFC9293:3.4-ACK-SANE", bare, lambda s: s._replace(flags=0)),
    Edit("ack of a SYN", "RFC9293:3.10.7.2-SYN", _syn_ack, _shift(ack=1)),
    Edit("no timestamp", "RFC7323:3.2-ALWAYS", text, _without(Timestamps)),
    Edit("echo of no timestamp", "RFC7323:3.2-TSECR-ECHO", text, _stamp(tsecr=99_999)),
    Edit("timestamp moves back", "RFC7323:5.4-TSVAL-MONOTONE", text, _stamp(tsval=-9_999), nth=1,
         any_vantage=False),
    Edit("scale that was not offered", "RFC7323:2.2-SYNACK-ONLY-IF", _syn, _without(WindowScale),
         of_target=False, names="next"),
    Edit("timestamp that was not offered", "RFC7323:3.2-SYNACK-ONLY-IF", _syn,
         _without(Timestamps), of_target=False, names="next"),
    Edit("reserved bits", "RFC9293:3.1-RSRVD-TX", bare, lambda s: s._replace(reserved=2)),
    Edit("MSS outside a SYN", "RFC9293:MUST-65", bare, _more(MaximumSegmentSize(1400))),
    Edit("SACK-permitted outside a SYN", "RFC2018:2-SYN-ONLY", bare, _more(SackPermitted())),
    Edit("text above the MSS", "RFC9293:MUST-16", text,
         lambda s: s._replace(payload=s.payload + bytes(1461 - len(s.payload)))),
    Edit("seq of a reset", "RFC9293:3.10.5-ABORT-SYNC", _reset, _shift(seq=-123_456)),
    Edit("block of what never came", "RFC2018:4-BLOCK-EDGES", _sack, _sack_block),
)  # fmt: skip

#: These need a conversation that is known packet by packet (`conversation.py`).
EXACT_EDITS = (
    Edit("other text in a repetition", "RFC9293:3.4-WRAP", text, _flipped, nth=3),
    Edit("text beyond the window", "RFC9293:3.8.6-SEND-IN-WINDOW", text,
         lambda s: s._replace(payload=s.payload + bytes(440)), nth=2),
    Edit("text behind the FIN", "RFC9293:3.10.2-SEND-CLOSING", bare,
         lambda s: s._replace(payload=b"late"), nth=5),
    Edit("a late acknowledgement", "RFC9293:MUST-40", bare, lambda s: s, nth=3, later_s=0.8,
         names="previous", any_vantage=False),
    Edit("a SYN that nobody challenges", "RFC9293:3.10.7.4-SYN-ESTAB", _probe,
         lambda s: s._replace(flags=SYN), of_target=False, any_vantage=False),
    Edit("goes on after a reset", "RFC9293:3.10.7.4-RST-ESTAB", _probe,
         lambda s: s._replace(flags=RST), of_target=False, names="next",
         any_vantage=False),
    Edit("the window shrinks", "RFC9293:SHLD-14", bare, lambda s: s._replace(window=100), nth=1,
         any_vantage=False),
    Edit("FIN at another place", "RFC9293:3.10.2-SEND-CLOSING", _fin, _shift(seq=500), nth=1),
)  # fmt: skip
