"""The oracle: one pass over a trace, entry by entry."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from tcpassay.model.oracle.application import Application
from tcpassay.model.oracle.flow import Flow
from tcpassay.model.oracle.limits import Limits
from tcpassay.model.oracle.report import Report, Violation
from tcpassay.wire import ACK, SYN, Icmp, IPv4, IPv6, ParseError, Segment, parse
from tcpassay.wire.connections import quote_of

if TYPE_CHECKING:
    from tcpassay.core.trace import Entry, Trace

FlowKey = tuple[str, int, str, int]

#: Entries that are only there once the stack has become idle after what stands before them.
_AFTER_IDLE = frozenset(
    {"send", "call", "cancel", "advance", "read-state", "read-stats", "spawn", "kill", "expect"}
)


class Oracle:
    """Judges a trace, entry by entry; `addresses` are the target's own."""

    def __init__(self, addresses: tuple[str, ...], limits: Limits | None = None) -> None:
        self.report = Report()
        self._addresses = frozenset(addresses)
        self._limits = limits or Limits()
        self._flows: dict[FlowKey, Flow] = {}
        self._opaque: set[tuple[str, str]] = set()
        self._application = Application(self)
        self._live: set[FlowKey] = set()

    def take(self, entry: Entry) -> None:
        """The next entry of the trace."""
        kind, now, data = entry.kind, entry.t_ns, entry.data
        if kind in _AFTER_IDLE:
            # Whatever was due at the moment of an earlier command is late now.
            late = now + 1 - self._limits.slack
            for flow in self._flows.values():
                flow.passes(late, entry.n)
        if kind == "send" and isinstance(data, bytes):
            self._arrives(data, now, entry.n)
        elif kind == "receive" and isinstance(data, bytes):
            self._leaves(data, now, entry.n)
        else:
            self._application.take(entry)

    # -- segments --------------------------------------------------------------------------------

    def _arrives(self, octets: bytes, now: int, n: int) -> None:
        try:
            datagram = parse(octets)
        except ParseError:
            return
        ip, body = datagram.ip, datagram.body
        if ip.dst not in self._addresses:
            return
        if not _plain(ip):
            self._opaque.add((ip.dst, ip.src))
            for key, flow in self._flows.items():
                flow.opaque = flow.opaque or (key[0], key[2]) in self._opaque
        if isinstance(body, Icmp):
            self._icmp(body)
        if not isinstance(body, Segment) or (ip.dst, ip.src) in self._opaque:
            return
        if body.checksum is not None or body.data_offset is not None or _ignored(ip):
            return
        flow = self.flow((ip.dst, body.dport, ip.src, body.sport))
        listener = self._application.listener(ip.dst, body.dport)
        flow.listening = listener is not None
        flow.queue_may_be_full = False
        if listener is not None:
            flow.queue_may_be_full = self._application.may_be_full(listener, flow)
            if not flow.open:
                flow.accepted = False
                if flow not in listener.made:
                    listener.made.append(flow)
        flow.arrives(body, now, n)

    def _icmp(self, message: Icmp) -> None:
        """An error about a segment of the target's: its connection may be given up."""
        quote = quote_of(message.data)
        if quote is None:
            return
        flow = self._flows.get((quote.src, quote.sport, quote.dst, quote.dport))
        if flow is not None:
            flow.icmp = True

    def _leaves(self, octets: bytes, now: int, n: int) -> None:
        try:
            datagram = parse(octets)
        except ParseError as error:
            self.report.violations.append(Violation(n, "RFC9293:MUST-2", str(error)))
            return
        ip, body = datagram.ip, datagram.body
        if not isinstance(body, Segment) or (ip.src, ip.dst) in self._opaque:
            return
        if body.checksum is not None:
            self.report.violations.append(Violation(n, "RFC9293:MUST-2", "a wrong checksum"))
            return
        flow = self.flow((ip.src, body.sport, ip.dst, body.dport))
        if (
            body.flags & (SYN | ACK) == SYN
            and not flow.open
            and self._application.connects(flow, (ip.src, body.sport), (ip.dst, body.dport))
        ):
            flow.opens(body, now)
            return
        flow.leaves(body, now, n)

    def flow(self, key: FlowKey) -> Flow:
        """What is known of a tuple: local and remote address and port as the stack sees them."""
        flow = self._flows.get(key)
        if flow is None:
            ip = 6 if ":" in key[0] else 4
            flow = self._flows[key] = Flow(ip, self.report, self._limits)
            flow.opaque = (key[0], key[2]) in self._opaque
        return flow

    def flows(self) -> dict[FlowKey, Flow]:
        """All tuples."""
        return self._flows


def judge_trace(trace: Trace, limits: Limits | None = None) -> Report:
    """The oracle's report on a whole trace."""
    oracle = Oracle(trace.stack_addresses, limits)
    for entry in trace:
        oracle.take(entry)
    return oracle.report


def _plain(ip: IPv4 | IPv6) -> bool:
    """Whether a datagram is whole and bare: what comes in pieces or behind options is left."""
    if ip.is_fragment:
        return False
    if isinstance(ip, IPv4):
        return not ip.options and ip.ihl is None
    return not ip.extensions


def _ignored(ip: IPv4 | IPv6) -> bool:
    """Whether a host discards a datagram for its IP header (RFC 1122, 3.2.1; RFC 9293, MUST-63)."""
    if isinstance(ip, IPv4) and (ip.checksum is not None or ip.total_length is not None):
        return True
    source = ip_address(ip.src)
    if ip.src == ip.dst or source.is_unspecified or source.is_multicast or source.is_loopback:
        return True
    return source.version == 4 and (source.is_reserved or ip.src.endswith(".255"))
