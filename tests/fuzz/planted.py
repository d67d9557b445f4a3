"""Wrong answers planted in what has been recorded of a case: one edit of one entry, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.events import Returned
from tcpassay.wire import (
    ACK,
    FIN,
    PSH,
    RST,
    SYN,
    MaximumSegmentSize,
    NoOperation,
    Segment,
    Timestamps,
    build,
    encode_options,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from tcpassay.core.trace import Entry

_MASK = 0xFFFFFFFF
_STEPS = (1, -1, 10, -10, 100, -100, 536, 1_460, -1_460, 65_535, 1 << 31)
_ERRNO = ("EPIPE", "ECONNRESET", "EAGAIN", "ETIMEDOUT", "ECONNREFUSED", None)


def _moved(segment: Segment, field: str, rng: Random) -> Segment:
    value = (int(getattr(segment, field)) + rng.choice(_STEPS)) & _MASK
    return segment._replace(**{field: value})  # type: ignore[arg-type]


def _flagged(segment: Segment, rng: Random) -> Segment:
    return segment._replace(flags=segment.flags ^ rng.choice((ACK, FIN, PSH, RST, SYN)))


def _windowed(segment: Segment, rng: Random) -> Segment:
    step = rng.choice((1, -1, 100, -100, 5_000, -5_000, -65_535))
    return segment._replace(window=min(max(0, segment.window + step), 65_535))


def _texted(segment: Segment, rng: Random) -> Segment:
    text = bytearray(segment.payload or b"x")
    text[rng.randrange(len(text))] ^= 1
    return segment._replace(payload=bytes(text))


def _longer(segment: Segment, rng: Random) -> Segment:
    size = rng.choice((1, 100, 1_400))
    text = segment.payload + bytes(size) if rng.random() < 0.5 else segment.payload[:-size]
    return segment._replace(payload=text)


#: Octets of options that a header has room for.
MOST_OPTIONS = 40


def _optioned(segment: Segment, rng: Random) -> Segment:
    if not segment.options or rng.random() < 0.2:
        more = rng.choice((MaximumSegmentSize(1_460), Timestamps(rng.getrandbits(32), 1)))
        longer = (*segment.options, more)
        if len(encode_options(longer)) <= MOST_OPTIONS:
            return segment._replace(options=longer)
    at = rng.randrange(len(segment.options))
    option = segment.options[at]
    options = list(segment.options)
    if isinstance(option, Timestamps) and rng.random() < 0.7:
        step = rng.choice((1, -1, 1_000, -1_000))
        echoed = rng.random() < 0.5
        val, ecr = (0, step) if echoed else (step, 0)
        options[at] = Timestamps((option.tsval + val) & _MASK, (option.tsecr + ecr) & _MASK)
    else:
        options[at] = NoOperation()
    return segment._replace(options=tuple(options))


_EDITS: tuple[Callable[[Segment, Random], Segment], ...] = (
    lambda segment, rng: _moved(segment, "seq", rng),
    lambda segment, rng: _moved(segment, "ack", rng),
    _flagged,
    _windowed,
    _texted,
    _longer,
    _optioned,
)


def _changed(octets: bytes, rng: Random) -> bytes:
    """Another segment in place of the target's: a field, an octet, a mark."""
    datagram = parse(octets)
    if not isinstance(datagram.body, Segment) or rng.random() < 0.03:
        at = rng.randrange(len(octets))
        return octets[:at] + bytes((octets[at] ^ 1 << rng.randrange(8),)) + octets[at + 1 :]
    edited = rng.choice(_EDITS)(datagram.body, rng)
    return build(datagram._replace(body=edited))


def _returned(returned: Returned, rng: Random) -> Returned:
    """A call that returns something else."""
    octets = next((value for tag, value in returned.out if tag == "octets"), None)
    if isinstance(octets, bytes) and rng.random() < 0.6:
        text = bytearray(octets or b"?")
        how = rng.random()
        if how < 0.4:
            text[rng.randrange(len(text))] ^= 1
        elif how < 0.7:
            text += b"more"
        else:
            text = bytearray()
        out = (("octets", bytes(text)),)
        return returned._replace(value=len(text), out=out, errno=None)
    errno = rng.choice([errno for errno in _ERRNO if errno != returned.errno])
    return returned._replace(errno=errno, value=0 if errno is None else -1)


def planted(entries: Sequence[Entry], rng: Random) -> list[Entry]:
    """The entries of a case with one wrong answer, or one too few or too many."""
    answers = [i for i, entry in enumerate(entries) if entry.kind in {"receive", "return"}]
    edited = list(entries)
    if not answers:
        return edited
    at = rng.choice(answers)
    entry, how = entries[at], rng.random()
    if isinstance(entry.data, Returned):
        edited[at] = entry._replace(data=_returned(entry.data, rng))
    elif not isinstance(entry.data, bytes):
        return edited
    elif how < 0.2:
        del edited[at]
    elif how < 0.3:
        edited.insert(at, entry)
    elif how < 0.4:
        other = entries[rng.choice(answers)]
        if isinstance(other.data, bytes):
            edited.insert(at, entry._replace(data=other.data))
    elif how < 0.5:
        edited.insert(at, entry._replace(data=_changed(entry.data, rng)))
    elif how < 0.57:
        to = min(len(edited) - 1, at + rng.randrange(1, 8))
        edited[at:to] = [*edited[at + 1 : to], entry._replace(t_ns=edited[to - 1].t_ns)]
    else:
        edited[at] = entry._replace(data=_changed(entry.data, rng))
    return [item._replace(n=n) for n, item in enumerate(edited)]
