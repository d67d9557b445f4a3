"""Scapy, loaded once and only where a test compares with it; traces written segment by segment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.core.trace import Trace
from tcpassay.wire import Datagram, Segment, build, flags_value, scapy_edge

if TYPE_CHECKING:
    from tcpassay.core.trace import Entry, Kind
    from tcpassay.wire import Icmp


@pytest.fixture(scope="session")
def scapy() -> None:
    """Scapy's IP layers are imported, without their warnings."""
    scapy_edge.load()


class Wire:
    """Writes a trace segment by segment; the peer is 192.0.2.1, the stack 192.0.2.2."""

    peer, stack = "192.0.2.1", "192.0.2.2"

    def __init__(self) -> None:
        self.trace = Trace(case="a/case", target="reference", seed=7, stack_addresses=(self.stack,))
        self.now_ns = 0

    def note(self, kind: Kind, data: object, process: int = 0) -> Entry:
        """Append any entry."""
        return self.trace.append(self.now_ns, kind, data, process)

    def send(self, flags: str, seq: int, ack: int = 0, **fields: Any) -> Entry:
        """The peer sends a segment from port 5000 to port 80."""
        ports: dict[str, Any] = {"sport": 5000, "dport": 80} | fields
        body = Segment(seq=seq, ack=ack, flags=flags_value(flags), **{"window": 65535} | ports)
        return self.note("send", build(Datagram.between(self.peer, self.stack, body)))

    def receive(self, flags: str, seq: int, ack: int = 0, **fields: Any) -> Entry:
        """The stack sends a segment from port 80 to port 5000."""
        ports: dict[str, Any] = {"sport": 80, "dport": 5000} | fields
        body = Segment(seq=seq, ack=ack, flags=flags_value(flags), **{"window": 64240} | ports)
        return self.note("receive", build(Datagram.between(self.stack, self.peer, body)))

    def send_icmp(self, message: Icmp) -> Entry:
        """The peer sends an ICMP message."""
        return self.note("send", build(Datagram.between(self.peer, self.stack, message)))


@pytest.fixture
def wire() -> Wire:
    """A trace to write."""
    return Wire()
