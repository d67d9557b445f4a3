"""What the oracle has to say of a capture: connections, findings, and what it could not judge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tcpassay.model.tcb import State

#: Where the capture was made: at the target, at its peer, or somewhere between.
Vantage = Literal["target", "path", "peer"]


class Finding(NamedTuple):
    """A violation in packet `packet`; `allowed` is what would have been right.

    `whole`: it stands only if the capture holds every packet that the target has seen.
    """

    packet: int
    requirement: str
    why: str
    allowed: str = ""
    whole: bool = True

    def __str__(self) -> str:
        right = f"; right: {self.allowed}" if self.allowed else ""
        return f"packet {self.packet}: {self.why}{right} ({self.requirement})"


@dataclass(slots=True)
class Connection:
    """One connection, numbered from 1 in the order in which the capture shows them.

    `local` is the target's end. `arrived` and `sent` count segments; times are ns since 1970.
    `judged` counts by requirement, `withheld` by reason. `holes` are places that the capture lacks.
    """

    number: int
    local: tuple[str, int]
    remote: tuple[str, int]
    first: int
    began_ns: int
    ended_ns: int
    midway: bool = False
    arrived: int = 0
    sent: int = 0
    states: list[State] = field(default_factory=list)
    judged: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    withheld: dict[str, int] = field(default_factory=dict)
    holes: list[str] = field(default_factory=list)

    def count(self, requirement: str) -> None:
        """A requirement was judged once more."""
        self.judged[requirement] = self.judged.get(requirement, 0) + 1

    def withhold(self, reason: str) -> None:
        """A verdict that cannot be had, and why."""
        self.withheld[reason] = self.withheld.get(reason, 0) + 1


@dataclass(slots=True)
class CaptureReport:
    """All connections of the target in a capture. `declared` is what holds for all of it."""

    vantage: Vantage
    addresses: tuple[str, ...]
    packets: int = 0
    segments: int = 0
    connections: list[Connection] = field(default_factory=list)
    declared: list[str] = field(default_factory=list)
    strangers: dict[str, int] = field(default_factory=dict)
