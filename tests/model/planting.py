"""Ways of planting a fault: each makes a function that edits a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.events import Returned
from tcpassay.model.tcb import MASK
from tcpassay.wire import FastOpen, NoOperation, Sack, Segment, Timestamps, build, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.trace import Entry
    from tcpassay.wire import Option
    from tests.model.edits import Script

    Options = tuple[Option, ...]


class Fault(NamedTuple):
    """One fault: `requirement` is what the oracle has to name first, at the faulty entry."""

    exchange: str
    what: str
    requirement: str
    plant: Callable[[Script], None]


def fields(note: str, k: int = 0, **changes: int | bytes) -> Callable[[Script], None]:
    """Fields of a segment changed: a number with a leading sign as text is relative."""
    return lambda s: s.change(
        s.segment(note, k),
        lambda seg: seg._replace(**changes),  # type: ignore[arg-type]
    )


def packet(note: str, k: int = 0, **changes: int) -> Callable[[Script], None]:
    """Fields of the IPv4 header changed, its checksum made right."""

    def edit(data: bytearray) -> None:
        datagram = parse(bytes(data))
        data[:] = build(datagram._replace(ip=datagram.ip._replace(**changes)))  # type: ignore[arg-type]

    return lambda s: s.octets(s.segment(note, k), edit)


def moved(note: str, k: int = 0, **by: int) -> Callable[[Script], None]:
    """Numbers of a segment moved."""
    return lambda s: s.change(
        s.segment(note, k),
        lambda seg: seg._replace(
            **{name: getattr(seg, name) + step & 0xFFFFFFFF for name, step in by.items()}
        ),
    )


def dropped(note: str, k: int = 0, after_s: float = 0.0) -> Callable[[Script], None]:
    """A segment of the target's never sent."""
    return lambda s: s.drop(s.segment(note, k), after_s)


def delayed(note: str, by_s: float, k: int = 0) -> Callable[[Script], None]:
    """A segment sent later."""
    return lambda s: s.delay(s.segment(note, k), by_s)


def again(note: str, k: int = 0, after_s: float = 0.0, **by: int) -> Callable[[Script], None]:
    """A segment sent once more, with other numbers."""

    def edit(seg: Segment) -> Segment:
        return seg._replace(
            **{name: getattr(seg, name) + step & 0xFFFFFFFF for name, step in by.items()}
        )

    return lambda s: s.insert(s.segment(note, k), edit, after_s)


def other(
    note: str, k: int = 0, after_s: float = 0.0, **changes: object
) -> Callable[[Script], None]:
    """A segment of another kind behind that one."""
    return lambda s: s.insert(
        s.segment(note, k),
        lambda seg: seg._replace(**changes),  # type: ignore[arg-type]
        after_s,
    )


def options(note: str, k: int, edit: Callable[[Options], Options]) -> Callable[[Script], None]:
    """Other options."""
    return lambda s: s.change(
        s.segment(note, k), lambda seg: seg._replace(options=edit(seg.options))
    )


def reported(note: str, *sacks: tuple[tuple[int, int], ...]) -> Callable[[Script], None]:
    """SACK options with these blocks, counted from the ACK number."""

    def edit(segment: Segment) -> Segment:
        def absolute(blocks: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
            return tuple(((segment.ack + a) & MASK, (segment.ack + b) & MASK) for a, b in blocks)

        return segment._replace(options=tuple(Sack(absolute(blocks)) for blocks in sacks))

    return lambda s: s.change(s.segment(note), edit)


def stamp(tsval: int = 0, tsecr: int = 0) -> Callable[[Options], Options]:
    """Timestamps moved by so much."""
    return lambda old: tuple(
        Timestamps(o.tsval + tsval & 0xFFFFFFFF, o.tsecr + tsecr & 0xFFFFFFFF)
        if isinstance(o, Timestamps)
        else o
        for o in old
    )


def without(kind: type) -> Callable[[Options], Options]:
    """One option less, with padding in its place."""
    return lambda old: tuple(o for o in old if not isinstance(o, (kind, NoOperation)))


def returned(note: str, k: int = 0, **changes: object) -> Callable[[Script], None]:
    """A call that returns something else."""
    return lambda s: s.returns(s.place(note, "return", k), **changes)


def received(note: str, octets: bytes, k: int = 0) -> Callable[[Script], None]:
    """A recv() that returns other octets."""
    return returned(note, k, value=len(octets), out=(("octets", octets),))


def failed(note: str, errno: str, k: int = 0) -> Callable[[Script], None]:
    """A call that fails."""
    return returned(note, k, value=-1, errno=errno, out=())


def spoil(data: bytearray) -> None:
    data[37] ^= 1


def numbers(first: int, count: int) -> bytes:
    return bytes(i & 0xFF for i in range(first, first + count))


def answer(s: Script, note: str, like: str, **changes: object) -> None:
    """An answer behind the peer's segment, made from one that came elsewhere."""
    at, entry = s.place(note, "send"), s.entries[s.segment(like)]
    new = entry._replace(t_ns=s.entries[at].t_ns)
    s.entries.insert(at + 1, new)
    s.faulty = new
    if changes:
        s.change(at + 1, lambda seg: seg._replace(**changes))  # type: ignore[arg-type]


def storm(s: Script, note: str) -> None:
    at = s.segment(note)
    for _ in range(20):
        s.insert(at)
    s.faulty = s.entries[at + 1]


def without_repeats(s: Script, note: str, *, first: bool = False) -> None:
    """All that came behind a note but the first segment is left out."""
    start = s.segment(note) + (not first)
    due = s.entries[start].t_ns
    rest = s.entries[start:]
    end = next((i for i, e in enumerate(rest) if e.kind == "note"), len(rest))
    kept = [e for e in rest[:end] if e.kind not in {"receive", "advance"}] + rest[end:]
    s.entries[start:] = kept
    s.faulty = next((e for e in kept if e.t_ns > due), s.entries[-1])


def gives_up(s: Script, after_s: int) -> None:
    """The connection is gone after so long: a recv() says so."""
    first = s.segment("send")
    at = s.entries[first].t_ns + after_s * 1_000_000_000
    call = s.entries[s.place("recv", "call")]._replace(t_ns=at)
    back = s.entries[s.place("recv", "return")]
    back = back._replace(t_ns=at, data=_returned(back)._replace(t_ns=at))
    s.entries = [e for e in s.entries if e.t_ns <= at and e.kind != "expect"]
    s.entries += [call, back]
    s.faulty = back


def isn(s: Script, number: Callable[[int], int]) -> None:
    at = [s.segment(f"syn {place}") for place in range(3)]
    keep = s.place("syn 3", "note")
    for place in at:
        s.change(place, lambda seg: seg._replace(seq=number(seg.seq)))
        follows = next(i for i in range(place, len(s.entries)) if s.entries[i].kind == "send")
        _acknowledge(s, follows)
    s.faulty = s.entries[at[2]]
    del s.entries[keep:]


def _acknowledge(s: Script, at: int) -> None:
    faulty = s.faulty
    s.change(at, lambda seg: seg._replace(ack=78), strict=False)
    s.faulty = faulty


def isn_again(s: Script, by: int) -> None:
    first, last = s.segment("syn 0"), s.segment("syn again")
    data = s.entries[first].data
    body = parse(data).body if isinstance(data, bytes) else None
    assert isinstance(body, Segment)
    number = body.seq + by & 0xFFFFFFFF
    s.change(last, lambda seg: seg._replace(seq=number))


def swapped(s: Script) -> None:
    one, two = s.place("accept 0", "return"), s.place("accept 1", "return")
    s.returns(one, out=_returned(s.entries[two]).out)


def no_signal(s: Script) -> None:
    at = s.place("send reset", "signal")
    del s.entries[at]
    back = s.place("send reset", "return")
    s.faulty = s.entries[back]


def _returned(entry: Entry) -> Returned:
    assert isinstance(entry.data, Returned)
    return entry.data


def other_cookie(options: Options) -> Options:
    """Options with every cookie for fast open turned round."""
    return tuple(FastOpen(o.cookie[::-1]) if isinstance(o, FastOpen) else o for o in options)
