"""The reference stack with something around it that goes wrong once a case has asked for it.

A case asks by a segment without URG whose urgent pointer is `SIGNAL` or above: nothing that a
stack in order would look at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send
from tcpassay.fuzz.playing.reach import opened
from tcpassay.targets.inprocess import InProcessTarget
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, Segment, build, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tcpassay.targets.inprocess import PythonStack

SIGNAL = 0xBEE0


class Around:
    """A stack that does as the one inside does."""

    def __init__(self, inside: PythonStack) -> None:
        self.inside = inside
        self.asked: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.inside, name)

    def on_datagram(self, octets: bytes, now_ns: int) -> None:
        if len(octets) >= 40 and octets[0] == 0x45 and octets[9] == 6:
            pointer = int.from_bytes(octets[38:40], "big")
            if pointer >= SIGNAL and not octets[33] & 0x20:
                self.asked.append(pointer - SIGNAL)
                self.on_signal(pointer - SIGNAL)
        if self.lets_in(octets):
            self.inside.on_datagram(octets, now_ns)

    def on_signal(self, number: int) -> None:
        """The case asks."""

    def lets_in(self, octets: bytes) -> bool:
        """Whether a datagram reaches the stack."""
        return bool(octets)

    def take_output(self) -> list[tuple[object, ...]]:
        return self.inside.take_output()


class FaultyTarget(InProcessTarget):
    """The reference target with `around` around each stack."""

    def __init__(self, around: type[Around]) -> None:
        super().__init__(open_target("reference").manifest)
        self._around = around

    def _make(
        self, seed: int, addresses: tuple[str, ...], settings: dict[str, object]
    ) -> PythonStack:
        return self._around(super()._make(seed, addresses, settings))  # type: ignore[return-value]


def case(*signals: int, text: int = 100) -> FuzzCase:
    """Text both ways on an open connection, with signals before it."""
    asking = tuple(Send(0, ACK, 1, 1, urgent=SIGNAL + number) for number in signals)
    steps = (
        *opened().steps,
        *asking,
        Send(0, ACK, 1, 1, data=text),
        Do("recv", "c0", args=(("length", 4096), ("flags", ()))),
        Do("send", "c0", args=(("text", text), ("flags", ()))),
        Send(0, ACK, 1 + text, 1 + text),
    )
    return FuzzCase(steps, f"test/{signals}")


def cases(count: int, odd: Mapping[int, Sequence[int]]) -> list[tuple[int, FuzzCase]]:
    """Numbered cases, of which some give signals."""
    return [(number, case(*odd.get(number, ()))) for number in range(count)]


def with_other_text(octets: bytes) -> bytes:
    """The segment with its first octet of text another one, and a right checksum."""
    datagram = parse(octets)
    body = datagram.body
    if not isinstance(body, Segment) or not body.payload:
        return octets
    payload = bytes((body.payload[0] ^ 0x55,)) + body.payload[1:]
    return build(datagram._replace(body=body._replace(payload=payload)))
