"""What a capture shows of work that was left to the network card.

Where a host leaves checksums to its card, a capture on it has the sum of the pseudo-header alone
in their place; where it leaves segmentation, segments larger than any MSS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tcpassay.model.oracle.wire_report import Finding
from tcpassay.wire.checksum import number_of

if TYPE_CHECKING:
    from tcpassay.wire import IPv4, IPv6, Segment

#: So many wrong checksums and not one right one are a habit, no accident.
_HABIT = 5


def unfinished(ip: IPv4 | IPv6, segment: Segment, size: int) -> bool:
    """Whether a wrong checksum is the sum over the pseudo-header only; `size` is of the segment."""
    number = number_of(ip.src) + number_of(ip.dst) + 6 + size
    return segment.checksum is not None and segment.checksum % 0xFFFF == number % 0xFFFF


@dataclass(slots=True)
class Checksums:
    """The checksums of one side of a capture."""

    right: int = 0
    unfinished: int = 0
    wrong: list[tuple[int, int]] = field(default_factory=list)

    @property
    def left_out(self) -> bool:
        """Whether this side does not write its checksums itself, as far as it was seen."""
        return bool(self.unfinished) or (not self.right and len(self.wrong) >= _HABIT)


@dataclass(slots=True)
class Sizes:
    """Segments of the target larger than the peer's MSS: packet, octets and MSS, by connection."""

    over: list[tuple[int, int, int, int]] = field(default_factory=list)

    @property
    def offloaded(self) -> bool:
        """Whether a card has been left to cut them: some hold two segments and more."""
        return any(size >= 2 * (mss - 12) for _, _, size, mss in self.over)

    def findings(self) -> list[tuple[int, Finding]]:
        """What stands where nothing was left to a card: index of the connection, and finding."""
        return [
            (index, Finding(n, "RFC9293:MUST-16", f"{size} octets of text", f"at most {mss}"))
            for index, n, size, mss in self.over
        ]
