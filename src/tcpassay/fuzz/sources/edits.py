"""Single edits of a segment: each field through the values that matter, and what else can happen.

An edit changes the segment that a right peer would send, or stands before it: an ICMP message, a
call of the application's.
"""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.fuzz.cases.steps import Do, LearnedCookie, Send, Tell
from tcpassay.fuzz.sources.places import BASES, IN_FLIGHT, LINGER_ZERO
from tcpassay.wire import (
    ACK,
    NOP,
    URG,
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
    flags_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.sources.places import Place
    from tcpassay.wire import Option

_MASK = 0xFFFFFFFF
HALF = 1 << 31


class Edit(NamedTuple):
    """One edit. `field` says what it changes: two edits of one field do not fit on one segment.

    `text` is what it writes there, `value` what that is: a number, from `base` where there is one,
    an option, or the steps that come before the segment (field "before").
    """

    field: str
    text: str
    value: int | Option | tuple[Step, ...] = 0
    base: str = ""

    def __str__(self) -> str:
        return self.text if self.field == "before" else f"{self.field}{self.text}"


def edited(step: Send, edit: Edit, place: Place) -> Send:
    """A segment with an edit on it."""
    field, _, value, base = edit
    if field.startswith("option"):
        if base == "missing":
            return step._replace(options=_without(step, value.kind))  # type: ignore[union-attr]
        return _with_option(step, value)  # type: ignore[arg-type]
    number = value
    assert isinstance(number, int)  # noqa: S101 - for the type checker
    match field:
        case "seq":
            return step._replace(seq=_from(place, base) + number & _MASK)
        case "ack":
            return step._replace(ack=_from(place, base) + number & _MASK)
        case "flags":
            ack = place.nxt if number & ACK else None
            return step._replace(flags=number, ack=ack)
        case "urgent":
            return step._replace(flags=step.flags | URG, urgent=number)
        case "window":
            return step._replace(window=number)
        case "data":
            return step._replace(data=number)
        case _:
            return step._replace(flaws=(*step.flaws, (field, number)))


def _from(place: Place, base: str) -> int:
    match base:
        case "rcv.nxt":
            return place.peer
        case "snd.una":
            return place.una
        case "snd.nxt":
            return place.nxt
        case _:
            return 0


def _with_option(step: Send, option: Option) -> Send:
    """With an option, in place of one of its kind if there is one.

    What cannot be read goes last: it hides all behind it.
    """
    return step._replace(options=_fitting((*_without(step, option.kind), option)))


def _without(step: Send, kind: int) -> tuple[Option, ...]:
    return tuple(o for o in step.options if not isinstance(o, LearnedCookie) and o.kind != kind)


def before(edit: Edit, place: Place) -> tuple[Step, ...]:
    """The steps that an edit puts before the segment; messages are of what is in flight."""
    assert isinstance(edit.value, tuple)  # noqa: S101 - for the type checker
    return tuple(
        step._replace(conn=place.conn, seq=place.una + step.seq & _MASK)
        if isinstance(step, Tell)
        else step
        for step in edit.value
    )


def _fitting(options: tuple[Option, ...]) -> tuple[Option, ...]:
    """The last options of a list that go into 40 octets together."""
    kept: list[Option] = []
    size = 0
    for option in reversed(options):
        size += len(option.encode())
        if size > _ROOM:
            break
        kept.append(option)
    last = [o for o in kept if isinstance(o, UnreadableOptions | EndOfList)]
    return (*[o for o in reversed(kept) if o not in last], *last[:1])


_ROOM = 40


@cache
def edits_of(kind: str, *, app: bool, listener: bool) -> tuple[Edit, ...]:
    """All single edits of a base segment, where there are these descriptors."""
    acks = bool(BASES[kind] & ACK)
    parts: list[Iterator[Edit]] = [_seqs(), _windows(), _urgents(), _data()]
    if acks:
        parts.append(_acks())
    if kind == "ACK":
        parts += (_flags(256), _messages(), _calls(app=app, listener=listener), _option_values())
    elif kind == "text":
        parts += (_flags(64), _flaws(), _option_values(), _option_lengths())
    elif kind == "SYN":
        parts += (_flaws(), _option_values(), _option_lengths())
    elif kind == "SYN,ACK":
        parts += (_option_values(), _option_lengths())
    else:
        parts.append(_flaws())
    return tuple(chain.from_iterable(parts))


# -- numbers ---------------------------------------------------------------------------------------

#: Offsets from rcv.nxt: its neighbours, old text, the edges of usual windows, half the space.
_SEQ: Final = (
    -HALF, -65_537, -65_535, -101, -100, -11, -10, -2, -1, 1, 2, 10, 11, 19, 20, 21, 119,
    120, 121, 536, 1_460, 5_840, 29_199, 29_200, 32_767, 32_768, 64_239, 64_240, 65_534, 65_535,
    65_536, 131_071, 131_072, 1 << 20, 1 << 30, HALF - 1,
)  # fmt: skip
#: Offsets from snd.una and snd.nxt: neighbours, what was never sent, far too old (RFC 5961, 5.2).
_ACK: Final = (
    -HALF, -(1 << 30), -131_072, -65_536, -65_535, -2_001, -2, -1, 1, 2, 1_000, 65_535, 65_536,
    1 << 30, HALF - 1,
)  # fmt: skip


def _offset(base: str, value: int) -> str:
    if value == -HALF:
        return f"={base}-2^31"
    return f"={base}{value:+d}" if value else f"={base}"


def _seqs() -> Iterator[Edit]:
    for value in _SEQ:
        yield Edit("seq", _offset("rcv.nxt", value), value, "rcv.nxt")
    yield Edit("seq", "=irs-1", -1, "irs")
    yield Edit("seq", "=irs-2^31", -HALF, "irs")


def _acks() -> Iterator[Edit]:
    for value in _ACK:
        yield Edit("ack", _offset("snd.nxt", value), value, "snd.nxt")
    for value in (-1, 0, 1, 1_000):
        yield Edit("ack", _offset("snd.una", value), value, "snd.una")
    yield Edit("ack", "=iss", 0, "iss")
    yield Edit("ack", "=iss-1", -1, "iss")


def _flags(count: int) -> Iterator[Edit]:
    for value in range(count):
        yield Edit("flags", f"={flags_text(value) or '-'}", value)
    if count > 64:
        for value in (0x110, 0x1FF):
            yield Edit("flags", f"={flags_text(value)}", value)


def _windows() -> Iterator[Edit]:
    for value in (0, 1, 2, 500, 1_459, 32_768):
        yield Edit("window", f"={value}", value)


def _urgents() -> Iterator[Edit]:
    for value in (0, 1, 2, 9, 10, 11, 100, 65_535):
        yield Edit("urgent", f"={value}", value)


def _data() -> Iterator[Edit]:
    for value in (0, 1, 9, 20, 21, 119, 120, 121, 536, 1_459, 1_460, 1_461, 9_000, 65_000):
        yield Edit("data", f"={value}", value)


# -- what is wrong on purpose ----------------------------------------------------------------------

#: The telling values of each entry of FLAWS.
_FLAW_VALUES: Final[dict[str, tuple[int, ...]]] = {
    "checksum": (1, 0x100, 0x8000, 0xFFFE),
    "data_offset": (0, 1, 4, 6, 7, 10, 14, 15),
    "reserved": (1, 2, 4, 7),
    "sport": (1,),
    "dport": (1,),
    "text": (0x20,),
    "ack_field": (1, 0xFFFFFFFF),
    "ttl": (0, 1, 255),
    "tos": (1, 2, 3, 0xFC),
    "ip_flags": (0, 1, 3, 4, 6),
    "fragment_offset": (1, 3, 0x1FFF),
    "protocol": (0, 1, 17, 255),
    "total_length": (-41, -40, -20, -1, 1, 1_000),
    "ip_checksum": (1, 0x8000),
    "ihl": (0, 4, 6, 15),
    "version": (0, 5, 6, 15),
    "src": (1, 2, 3, 4),
    "cut": (1, 4, 20, 21, 39),
    "pad": (1, 4, 1_000),
}


def _flaws() -> Iterator[Edit]:
    for name, values in _FLAW_VALUES.items():
        for value in values:
            yield Edit(name, f"={value}", value)


# -- options ---------------------------------------------------------------------------------------

#: Kinds and their right lengths: those of the RFCs, and kinds that nobody uses.
_LENGTHS: Final = {
    2: 4, 3: 3, 4: 2, 5: 10, 8: 10, 14: 3, 19: 18, 28: 4, 29: 16, 30: 12, 34: 10, 69: 4, 172: 11,
    253: 4, 254: 6, 255: 4,
}  # fmt: skip
_NAMES: Final = {2: "MSS", 3: "WS", 4: "SACK-permitted", 5: "SACK", 8: "TS", 34: "FO"}
_BODY = bytes(range(1, 41))


def _option_lengths() -> Iterator[Edit]:
    """Each kind with each lie about its length, and alone, without one."""
    for kind, right in _LENGTHS.items():
        field = f"option {_NAMES.get(kind, kind)}"
        for length in sorted({0, 1, 2, 3, right - 1, right, right + 1, 40, 41, 255}):
            if length == right and kind < 9:
                continue
            yield Edit(field, f" length={length}", _lying(kind, right, length))
        yield Edit(field, " without length", UnreadableOptions(bytes((*b"\1\1\1", kind))))


def _lying(kind: int, right: int, length: int) -> Option:
    """An option of which `length` is said, with as many octets where they fit."""
    if 2 <= length <= _ROOM:
        return UnknownOption(kind, _BODY[: length - 2])
    there = max(right, 4)
    return UnreadableOptions(bytes((kind, length)) + _BODY[: there - 2])


def _option_values() -> Iterator[Edit]:
    for mss in (0, 1, 47, 48, 63, 64, 88, 535, 536, 1_459, 65_535):
        yield Edit("option MSS", f"={mss}", MaximumSegmentSize(mss))
    for shift in (0, 1, 14, 15, 31, 32, 255):
        yield Edit("option WS", f"={shift}", WindowScale(shift))
    yield Edit("option SACK-permitted", "", SackPermitted())
    yield from _sacks()
    yield from _stamps()
    yield Edit("option NOP", "", NOP)
    yield Edit("option end", "", EndOfList())
    yield Edit("option end", " with octets behind", EndOfList(b"\2\4\5\xb4\3\3\7"))
    for cookie in (0, 4, 8, 16):
        yield Edit("option FO", f"={cookie} octets", FastOpen(_BODY[:cookie]))


#: Blocks of SACK, from the stack's ISS: of what was sent, was not, is acknowledged, makes no sense.
_BLOCKS: Final = {
    "of what is in flight": ((101, 501),),
    "of the newest text": ((1_001, IN_FLIGHT + 1),),
    "of all that was sent": ((1, IN_FLIGHT + 1),),
    "beyond snd.nxt": ((1_001, 100_001),),
    "of what was never sent": ((200_001, 300_001),),
    "below snd.una": ((-500, -100),),
    "empty": ((1, 1),),
    "backwards": ((501, 101),),
    "of half the space": ((1, HALF),),
    "of everything": ((1, 0),),
    "of single octets": ((11, 12), (21, 22), (31, 32), (41, 42)),
    "doubled": ((101, 501), (101, 501)),
    "overlapping": ((101, 501), (301, 701)),
}


def _sacks() -> Iterator[Edit]:
    for name, blocks in _BLOCKS.items():
        yield Edit("option SACK", f" {name}", Sack(blocks))


#: TSval from the peer's first, and TSecr from the stack's newest.
_STAMPS: Final = {
    "old": (0, 0),
    "older than all": (-1, 0),
    "far back": (-HALF + 1, 0),
    "of yesterday": (-86_400_000, 0),
    "far ahead": (HALF - 1, 0),
    "half the space ahead": (HALF, 0),
    "echo one ahead": (8, 1),
    "echo far ahead": (8, 1 << 30),
    "echo too old": (8, -(1 << 20)),
    "echo of half the space": (8, HALF),
}


def _stamps() -> Iterator[Edit]:
    for name, (value, echo) in _STAMPS.items():
        yield Edit("option TS", f" {name}", Timestamps(value, echo))
    yield Edit("option TS", " missing", Timestamps(0, 0), "missing")


# -- before the segment ----------------------------------------------------------------------------

#: Types and codes of ICMP that speak of a datagram (RFC 792), and some that do not.
_MESSAGES: Final = (
    *((3, code) for code in range(16)),
    (4, 0), (5, 0), (5, 1), (11, 0), (11, 1), (12, 0), (12, 1), (3, 255), (30, 0), (255, 255),
)  # fmt: skip
_MTUS: Final = (0, 1, 67, 68, 296, 552, 1_499, 1_500, 1_501, 65_535)


def _messages() -> Iterator[Edit]:
    for type_, code in _MESSAGES:
        yield _message(f"ICMP {type_}/{code}", Tell(type=type_, code=code))
    for mtu in _MTUS:
        yield _message(f"ICMP 3/4 mtu={mtu}", Tell(rest=mtu))
    for type_, code in ((3, 1), (3, 3), (3, 4), (11, 0)):
        for name, seq in (("old", -70_000), ("never sent", 1 << 20), ("half the space", HALF)):
            told = Tell(type=type_, code=code, seq=seq, rest=1_000 if code == 4 else 0)
            yield _message(f"ICMP {type_}/{code} of what is {name}", told)
        for quoted in (0, 8, 20, 24, 27, 40, 104):
            told = Tell(type=type_, code=code, rest=1_000 if code == 4 else 0, quoted=quoted)
            yield _message(f"ICMP {type_}/{code} quotes {quoted} octets", told)


def _message(text: str, told: Tell) -> Edit:
    return Edit("before", text, (told,))


def _calls(*, app: bool, listener: bool) -> Iterator[Edit]:
    if listener:
        yield Edit("before", "close(listener)", (Do("close", "listener"),))
        yield Edit("before", "shutdown(listener)", (_shutdown("SHUT_RD", "listener"),))
        yield Edit("before", "listen(0)", (Do("listen", "listener", args=(("length", 0),)),))
        flags = ("SOCK_NONBLOCK",)
        again = Do("accept4", "listener", "c1", (("flags", flags),))
        yield Edit("before", "accept()", (again,))
    if not app:
        return
    yield Edit("before", "close()", (Do("close", "c0"),))
    yield Edit("before", "abort()", (LINGER_ZERO, Do("close", "c0")))
    for how in ("SHUT_RD", "SHUT_WR", "SHUT_RDWR"):
        yield Edit("before", f"shutdown({how})", (_shutdown(how),))
    yield Edit("before", "shutdown, close", (_shutdown("SHUT_WR"), Do("close", "c0")))
    for size in (0, 1, 1_460, 3_000, 70_000):
        yield Edit("before", f"send({size})", (_send(size),))
    yield Edit("before", "send(1, MSG_OOB)", (_send(1, "MSG_OOB"),))
    yield Edit("before", "send(1000), close", (_send(1_000), Do("close", "c0")))
    yield Edit("before", "send, send, send", (_send(100), _send(100), _send(100)))
    for size in (0, 1, 4_096):
        yield Edit("before", f"recv({size})", (_recv(size),))
    yield Edit("before", "recv(MSG_PEEK)", (_recv(50, "MSG_PEEK"),))
    yield Edit("before", "recv(MSG_OOB)", (_recv(1, "MSG_OOB"),))
    yield Edit("before", "recv, close", (_recv(4_096), Do("close", "c0")))
    connect = Do("connect", "c0", args=(("address", ("peer", 1)),))
    yield Edit("before", "connect() again", (connect,))
    yield Edit("before", "listen() on it", (Do("listen", "c0", args=(("length", 1),)),))
    error = Do("getsockopt", "c0", args=(("name", "SOL_SOCKET"), ("name", "SO_ERROR")))
    yield Edit("before", "getsockopt(SO_ERROR)", (error,))
    for name in ("SO_RCVBUF", "SO_SNDBUF"):
        small = Do(
            "setsockopt", "c0", args=(("name", "SOL_SOCKET"), ("name", name), ("value", 2_048))
        )
        yield Edit("before", f"{name}=2048", (small,))


def _shutdown(how: str, on: str = "c0") -> Do:
    return Do("shutdown", on, args=(("name", how),))


def _send(size: int, *flags: str) -> Do:
    return Do("send", "c0", args=(("text", size), ("flags", flags)))


def _recv(size: int, *flags: str) -> Do:
    return Do("recv", "c0", args=(("length", size), ("flags", flags)))
