"""Storms: answers against inputs, in one step and in a case; and what comes of its own accord."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.verdict import Level
from tcpassay.fuzz.alarms import Alarm, Key
from tcpassay.fuzz.classes import STIMULI, answer_class, input_class
from tcpassay.fuzz.judges.streams import argument
from tcpassay.fuzz.robustness import NO_STORM
from tcpassay.wire import SYN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry

#: Answers without text to one input, beside two for each connection.
IN_ONE_STEP = 16
#: Datagrams of its own accord in a case at least, and a second and connection.
AT_LEAST, A_SECOND = 64, 20
#: How often each octet that the application has written may go out in one step.
TEXT_TIMES = 2
#: Entries a step of a case that need no second look.
_USUAL, _SPARE = 4, 24


def storm_alarms(entries: Sequence[Entry], steps: int) -> list[Alarm]:
    """A storm in a case of `steps` steps, at its worst step. Free where there are few entries."""
    if len(entries) <= _USUAL * steps + _SPARE:
        return []
    count = _Count()
    for at, entry in enumerate(entries):
        count.take(at, entry)
    count.step_ends(len(entries))
    if count.worst > IN_ONE_STEP + 2 * count.connections:
        why = f"{count.worst} answers to one input, {count.why}"
    elif count.own > AT_LEAST + A_SECOND * max(1, count.connections) * count.seconds:
        why = f"{count.own} datagrams of its own accord in {count.seconds:g} s"
    else:
        return []
    at = count.worst_at
    key = Key(NO_STORM, "any", input_class(entries[at], None), answer_class(entries, at))
    allowed = f"at most {IN_ONE_STEP + 2 * count.connections} in a step"
    return [Alarm("storm", key, why, allowed, at, Level.ROBUSTNESS)]


class _Count:
    """Answers step by step. `worst` is the greatest number of answers, to the input `worst_at`."""

    def __init__(self) -> None:
        self.worst = self.worst_at = self.own = 0
        self.why = ""
        self._ports: set[bytes] = set()
        self._first = self._last = 0
        self._at, self._kind = 0, ""
        self._bare = self._text = self._textful = self._written = 0

    @property
    def connections(self) -> int:
        """Connections that either side has begun."""
        return len(self._ports)

    @property
    def seconds(self) -> float:
        """What the case has taken."""
        return (self._last - self._first) / NS_PER_S

    def take(self, at: int, entry: Entry) -> None:
        kind, data = entry.kind, entry.data
        self._first = self._first or entry.t_ns
        self._last = entry.t_ns
        if kind in STIMULI:
            self.step_ends(at)
            self._kind = kind
            if kind == "call":
                self._written += len(argument(data, "octets", b""))  # type: ignore[arg-type]
        if isinstance(data, bytes) and kind in {"send", "receive"}:
            self._datagram(kind, data)

    def _datagram(self, kind: str, octets: bytes) -> None:
        start = 20 if octets[:1] == b"\x45" else 40
        bare = len(octets) < start + 20
        if not bare and octets[start + 13] & SYN:
            ports = octets[start : start + 4]
            self._ports.add(ports if kind == "send" else ports[2:] + ports[:2])
        if kind == "receive":
            text = 0 if bare else len(octets) - start - (octets[start + 12] >> 4) * 4
            self._bare += text <= 0
            self._textful += text > 0
            self._text += max(0, text)

    def step_ends(self, at: int) -> None:
        """What one step has led to is complete; the next begins at entry `at`."""
        if self._kind == "advance":
            self.own += self._bare + self._textful
        elif self._bare > self.worst:
            self.worst, self.worst_at, self.why = self._bare, self._at, "none of them with text"
        if self._text > TEXT_TIMES * self._written + _SPARE and self._textful > self.worst:
            self.worst, self.worst_at = self._textful, self._at
            self.why = f"with {self._text} octets of text, of {self._written} written"
        self._at, self._bare, self._text, self._textful = at, 0, 0, 0
