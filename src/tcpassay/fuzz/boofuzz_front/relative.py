"""A rendering of boofuzz's as a case: what is wrong with the one segment, and all that is right.

A rendering names the segment and says only what differs from it: "segment seq=ffffffff ttl=01" is
what the peer should send next at its place, one octet too early, and not to be forwarded. Names are
those of EDITS and FLAWS, values hexadecimal; numbers are in network byte order, options are whole
options.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import FLAWS, FuzzCase, LearnedCookie
from tcpassay.fuzz.sources.places import PLACES
from tcpassay.wire.options import parse_options

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import Send, Step
    from tcpassay.wire import Option

#: The segment that is due, and those that may come at any time (names of places.BASES).
SEGMENTS = ("segment", "RST", "SYN", "FIN")

#: Fields of the segment itself; what is relative is added to the right value.
EDITS = {
    "seq": "added to the right sequence number",
    "ack": "added to the right acknowledgement number, or to stack.iss where there is none",
    "flags": "in place of the right ones",
    "window": "in place of the right one",
    "urgent": "the urgent pointer",
    "size": "octets of text in place of the right number",
}
#: Name of a part that holds options begins so; its value is one option, or what looks like one.
OPTION = "option-"
_MOST_OPTIONS = 40
_MASK = 0xFFFFFFFF


def rendering(segment: str, parts: list[tuple[str, bytes]]) -> bytes:
    """One of SEGMENTS, names and values as one rendering."""
    return " ".join([segment, *[f"{name}={value.hex()}" for name, value in parts]]).encode()


def edited(right: Send, parts: list[str]) -> Send:
    """The right segment with the edits of a rendering, as words.

    Raises ValueError for a name that is neither of EDITS nor of FLAWS nor an option's, and for a
    value that is not hexadecimal.
    """
    step, options, flaws = right, b"", []
    for part in parts:
        name, _, value = part.partition("=")
        if not value:
            msg = f"part {part!r} of a segment has no value"
            raise ValueError(msg)
        octets = bytes.fromhex(value)
        if name.startswith(OPTION):
            options += octets
        elif name in FLAWS:
            flaws.append((name, int.from_bytes(octets, "big")))
        else:
            step = _edit(step, name, int.from_bytes(octets, "big"))
    if options:
        step = step._replace(options=_with(step.options, options))
    return step._replace(flaws=tuple(flaws)) if flaws else step


def _with(right: tuple[Option | LearnedCookie, ...], octets: bytes) -> tuple[Option, ...]:
    """Options in place of right ones of their kinds; in place of all where there is no room."""
    given = parse_options(octets[:_MOST_OPTIONS])
    kinds = {option.kind for option in given}
    kept = [o for o in right if not isinstance(o, LearnedCookie) and o.kind not in kinds]
    size = sum(len(option.encode()) for option in (*kept, *given))
    return (*kept, *given) if size <= _MOST_OPTIONS else given


def _edit(step: Send, name: str, value: int) -> Send:
    match name:
        case "seq":
            return step._replace(seq=(step.seq + value) & _MASK)
        case "ack":
            return step._replace(ack=((step.ack or 0) + value) & _MASK)
        case "flags":
            return step._replace(flags=value)
        case "window":
            return step._replace(window=value)
        case "urgent":
            return step._replace(urgent=value)
        case "size":
            return step._replace(data=value)
        case _:
            known = ", ".join((*EDITS, *FLAWS, f"{OPTION}..."))
            msg = f"unknown part {name!r} of a segment; wanted one of {known}"
            raise ValueError(msg)


@lru_cache(maxsize=8)
def case_of(name: str, rendered: bytes) -> FuzzCase:
    """The case of a rendering; `name` is what boofuzz calls it: place, segment, fields.

    Raises KeyError for a place that there is not, and what `edited` raises.
    """
    segment, *parts = rendered.decode("ascii").split()
    way, right, then = _frame(name.partition("->")[0], segment)
    # Of a field's name the request's own is left out: it stands before them all.
    origin = "boofuzz/" + name.replace(f"{segment}.", "")
    return FuzzCase((*way, edited(right, parts), *then), origin)


@cache
def _frame(place: str, segment: str) -> tuple[tuple[Step, ...], Send, tuple[Step, ...]]:
    """The way to a place, the right segment there, and what follows."""
    there = _PLACES[place]
    base = _KINDS.get(there.state, "text") if segment == SEGMENTS[0] else segment
    return there.steps, there.base(base), (*there.follow(), *there.end("close"))


_PLACES = {place.name: place for place in PLACES}
#: What a right peer would send next, of places.BASES: text where there may be text.
_KINDS = {
    "CLOSED": "SYN",
    "LISTEN": "SYN",
    "SYN-SENT": "SYN,ACK",
    "CLOSE-WAIT": "ACK",
    "CLOSING": "ACK",
    "LAST-ACK": "ACK",
    "TIME-WAIT": "FIN",
}
