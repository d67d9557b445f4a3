"""What a case wants of a segment, and how a segment differs from it, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.seq import Seq
from tcpassay.core.trace import FieldDiff
from tcpassay.wire import MaximumSegmentSize, Timestamps, WindowScale, flags_text, flags_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcpassay.wire import Segment


class _Any:
    """Stands for "not looked at"."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "any"


ANY: Final = _Any()

#: Flags compared when a pattern gives flags. PSH is compared only where the pattern has it:
#: whether a segment carries it is the sender's choice (RFC 9293, 3.9.1.2).
_COMPARED = flags_value("FSRAU")
_PSH = flags_value("P")


class Between(NamedTuple):
    """Any number from `low` to `high`, both included, on the sequence circle."""

    low: int
    high: int

    def holds(self, number: int) -> bool:
        """Whether `number` lies in the range."""
        return (number - int(self.low)) % 2**32 <= (int(self.high) - int(self.low)) % 2**32

    def __repr__(self) -> str:
        return f"{int(self.low)} to {int(self.high)}"


Number = int | Between | _Any
#: Octets, a number of octets, or ANY.
Payload = bytes | int | _Any
#: The value of an option, None for "no such option", or ANY.
OptionValue = int | _Any | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """A segment wanted: what is left out is not looked at, but a payload is none unless given.

    `flags` in Scapy's letters ("SA"); PSH counts only where named. `payload` is octets, ANY, or a
    number of octets. `mss`, `scale` and `tsecr` are values of options (of timestamps the echo),
    None for "no such option".
    """

    flags: str | None = None
    seq: Number = ANY
    ack: Number = ANY
    window: Number = ANY
    urgent: Number = ANY
    payload: Payload = b""
    mss: OptionValue = ANY
    scale: OptionValue = ANY
    tsecr: OptionValue = ANY

    @property
    def octets(self) -> int:
        """How many octets of text are wanted, 0 where the number is left open."""
        if isinstance(self.payload, _Any):
            return 0
        return self.payload if isinstance(self.payload, int) else len(self.payload)

    def diff(self, segment: Segment) -> tuple[FieldDiff, ...]:
        """The fields in which a segment differs; empty when it matches."""
        out: list[FieldDiff] = []
        if self.flags is not None and not _flags_match(self.flags, segment.flags):
            out.append(FieldDiff("flags", flags_text(segment.flags) or "none", self.flags))
        for field in ("seq", "ack", "window", "urgent"):
            wanted, got = getattr(self, field), getattr(segment, field)
            if not _number_matches(wanted, got):
                out.append(FieldDiff(field, str(got), repr(wanted)))
        out.extend(_payload_diff(self.payload, segment.payload))
        for field, read in _OPTIONS.items():
            wanted, got = getattr(self, field), read(segment)
            if not isinstance(wanted, _Any) and got != wanted:
                out.append(FieldDiff(field, str(got), str(wanted)))
        return tuple(out)

    def matches(self, segment: Segment) -> bool:
        """Whether nothing differs."""
        return not self.diff(segment)

    def as_want(self) -> dict[str, object]:
        """The fields that are looked at, as plain values for the trace."""
        want: dict[str, object] = {}
        if self.flags is not None:
            want["flags"] = self.flags
        for field in ("seq", "ack", "window", "urgent", "payload", *_OPTIONS):
            value = getattr(self, field)
            if isinstance(value, Between):
                want[field] = [int(value.low), int(value.high)]
            elif isinstance(value, Seq):
                want[field] = int(value)
            elif not isinstance(value, _Any):
                want[field] = value
        return want

    def __str__(self) -> str:
        shown = (f"{name}={_show(value)}" for name, value in self.as_want().items())
        return " ".join(part for part in shown if part != "payload=nothing") or "any segment"


def pattern_from(want: Mapping[str, object]) -> Pattern:
    """The pattern that `as_want` described; keys it does not know are left out."""
    fields = {
        name: _from_plain(want[name]) for name in Pattern.__dataclass_fields__ if name in want
    }
    if "payload" not in want:
        fields["payload"] = ANY
    return Pattern(**fields)  # type: ignore[arg-type]


def mss_of(segment: Segment) -> int | None:
    """The value of a segment's MSS option, None without one."""
    for option in segment.options:
        if isinstance(option, MaximumSegmentSize):
            return option.value
    return None


def scale_of(segment: Segment) -> int | None:
    """The shift of a segment's window scale option, None without one."""
    for option in segment.options:
        if isinstance(option, WindowScale):
            return option.shift
    return None


def stamps_of(segment: Segment) -> Timestamps | None:
    """A segment's timestamps option, None without one."""
    for option in segment.options:
        if isinstance(option, Timestamps):
            return option
    return None


def _echo_of(segment: Segment) -> int | None:
    stamps = stamps_of(segment)
    return None if stamps is None else stamps.tsecr


#: Options that a pattern may name, and how their value is read.
_OPTIONS: Final = {"mss": mss_of, "scale": scale_of, "tsecr": _echo_of}


def _from_plain(value: object) -> object:
    return Between(*value) if isinstance(value, list) else value


def _show(value: object) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} octets" if value else "nothing"
    return f"{value[0]} to {value[1]}" if isinstance(value, list) else str(value)


def _flags_match(wanted: str, got: int) -> bool:
    want = flags_value(wanted)
    compared = _COMPARED | (want & _PSH)
    return (want & compared) == (got & compared)


def _number_matches(wanted: Number, got: int) -> bool:
    if isinstance(wanted, _Any):
        return True
    if isinstance(wanted, Between):
        return wanted.holds(got)
    return int(wanted) == got


def _payload_diff(wanted: bytes | int | _Any, got: bytes) -> list[FieldDiff]:
    if isinstance(wanted, _Any):
        return []
    if isinstance(wanted, int):
        return [] if len(got) == wanted else [_lengths(len(got), wanted)]
    if got == wanted:
        return []
    if len(got) != len(wanted):
        return [_lengths(len(got), len(wanted))]
    first = next(i for i, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b)
    return [FieldDiff(f"payload[{first}]", f"{got[first]:#04x}", f"{wanted[first]:#04x}")]


def _lengths(got: int, want: int) -> FieldDiff:
    return FieldDiff("payload", f"{got} octets", f"{want} octets")
