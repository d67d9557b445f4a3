"""Listeners that give one connection each time listen() is called: `limits.listen`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcpassay.conformance.outcome import Unsupported
from tcpassay.core.events import Datagram, Returned, Sent, StartCall
from tcpassay.wire import ACK, RST, SYN, ParseError, Segment, parse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.core.events import Command, StackEvent

_ACCEPTING: Final = frozenset({"accept", "accept4"})
#: A process, and a descriptor of its.
Owned = tuple[int, int]


class OneAtATime:
    """Watches which listeners are taken. `spent`: those to be armed again by listen().

    A listener is taken from its SYN,ACK on, until listen() is called again or the peer resets what
    took it. Another SYN to it meanwhile has no answer that anything could be judged by.
    """

    def __init__(self) -> None:
        self.spent: list[Owned] = []
        self._ports: dict[Owned, int] = {}
        self._taken: dict[int, tuple[str, int]] = {}
        self._accepting: dict[int, Owned] = {}

    def before(self, command: Command) -> None:
        """Take note of a command. Raises Unsupported: a second connection at once."""
        if isinstance(command, StartCall):
            self._call(command)
        elif isinstance(command, Datagram):
            self._datagram(command.octets)

    def after(self, events: Iterable[StackEvent]) -> None:
        """Take note of what came of it."""
        for event in events:
            if isinstance(event, Returned):
                owner = self._accepting.pop(event.call, None)
                if owner is not None and event.errno is None:
                    self.spent.append(owner)
            elif isinstance(event, Sent):
                self._sent(event.octets)

    def _call(self, command: StartCall) -> None:
        call = command.call
        values = dict(call.args)
        fd, address = values.get("fd"), values.get("address")
        if not isinstance(fd, int):
            return
        if call.name == "bind" and isinstance(address, tuple):
            self._ports[call.process, fd] = address[1]
        elif call.name == "listen":
            self._taken.pop(self._ports.get((call.process, fd), 0), None)
        elif call.name in _ACCEPTING:
            self._accepting[call.id] = (call.process, fd)

    def _datagram(self, octets: bytes) -> None:
        source, segment = _read(octets)
        if segment is None or segment.dport not in self._taken:
            return
        same = self._taken[segment.dport] == (source, segment.sport)
        if same and segment.flags & RST:
            del self._taken[segment.dport]
        elif not same and segment.flags & (SYN | ACK) == SYN:
            raise Unsupported(
                "the case needs two connections of a listener at once, and the manifest says "
                "listen = 'single_shot'"
            )

    def _sent(self, octets: bytes) -> None:
        segment = _read(octets)[1]
        if segment is None or not segment.has(SYN | ACK):
            return
        if segment.sport in self._ports.values():
            self._taken[segment.sport] = (parse(octets).ip.destination, segment.dport)


def _read(octets: bytes) -> tuple[str, Segment | None]:
    """Source and segment; None for what is no TCP."""
    try:
        datagram = parse(octets)
    except ParseError:
        return "", None
    return datagram.ip.src, datagram.body if isinstance(datagram.body, Segment) else None
