"""The oracle on a capture: wire events only, nobody's socket calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle import (
    checksum,
    wire_arrivals,
    wire_departures,
    wire_due,
    wire_isn,
    wire_suspects,
)
from tcpassay.model.oracle.numbers import ALIKE
from tcpassay.model.oracle.wire_flow import WireFlow
from tcpassay.model.oracle.wire_offload import Checksums, Sizes, unfinished
from tcpassay.model.oracle.wire_report import CaptureReport, Connection, Finding
from tcpassay.wire import ACK, SYN, Icmp, IPv4, ParseError, Segment, encode_options, parse
from tcpassay.wire.connections import quote_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.model.oracle.wire_report import Vantage
    from tcpassay.wire import Datagram, IPv6
    from tcpassay.wire.capture_file import CapturedPacket

#: RFC 9293, 3.7.1: what a peer that says nothing takes, by IP version.
DEFAULT_MSS = {4: 536, 6: 1220}
_MOST_STRANGERS = 50

_Key = tuple[str, int, str, int]


class WireOracle:
    """Judges the packets of a capture; `addresses` are the target's."""

    def __init__(self, addresses: tuple[str, ...], vantage: Vantage = "target") -> None:
        self.report = CaptureReport(vantage, addresses)
        self._addresses = frozenset(addresses)
        self._flows: dict[_Key, WireFlow] = {}
        self._all: list[WireFlow] = []
        self._picked: list[wire_isn.Picked] = []
        self._sides = {True: Checksums(), False: Checksums()}
        self._latest = 0
        self._counts = {"fragments": 0, "cut": 0, "unreadable": 0}

    def take(self, packet: CapturedPacket) -> None:
        """The next packet of the capture."""
        self.report.packets += 1
        if packet.octets is None:
            return
        octets = packet.octets
        whole = _filled(octets) if packet.cut else octets
        try:
            datagram = parse(whole)
        except ParseError:
            self._counts["unreadable"] += 1
            return
        ip, body = datagram.ip, datagram.body
        leaves, arrives = ip.src in self._addresses, ip.dst in self._addresses
        if isinstance(body, Icmp) and arrives:
            self._icmp(body)
        if not isinstance(body, Segment):
            if (leaves or arrives) and ip.is_fragment and ip.upper_protocol == 6:
                self._counts["fragments"] += 1
            return
        if leaves == arrives:
            self._stranger(ip, both=leaves)
            return
        if packet.cut:
            if len(octets) < _headers(datagram):
                self._counts["unreadable"] += 1
                return
            self._counts["cut"] += 1
        self.report.segments += 1
        self._latest = max(self._latest, packet.t_ns)
        if leaves:
            self._leaves(datagram, body, packet)
        elif packet.cut or self._sound(datagram, body, packet.n):
            self._arrives(ip, body, packet)

    def _stranger(self, ip: IPv4 | IPv6, *, both: bool) -> None:
        strangers = self.report.strangers
        for address in (ip.src,) if both else (ip.src, ip.dst):
            if address in strangers or len(strangers) < _MOST_STRANGERS:
                strangers[address] = strangers.get(address, 0) + 1

    # -- checksums ---------------------------------------------------------------------------------

    def _sound(self, datagram: Datagram, segment: Segment, n: int) -> bool:
        """Whether the target takes a segment of the peer's for its checksum."""
        side = self._sides[False]
        if self._right(side, datagram, segment):
            return True
        side.wrong.append((n, -1))
        return side.left_out

    @staticmethod
    def _right(side: Checksums, datagram: Datagram, segment: Segment) -> bool:
        if checksum.holds(datagram, segment):
            side.right += 1
            return True
        size = _segment_size(segment)
        if unfinished(datagram.ip, segment, size):
            side.unfinished += 1
            return True
        return False

    # -- segments ----------------------------------------------------------------------------------

    def _arrives(self, ip: IPv4 | IPv6, segment: Segment, packet: CapturedPacket) -> None:
        key = (ip.dst, segment.dport, ip.src, segment.sport)
        flow, now = self._flows.get(key), packet.t_ns
        syn = segment.flags & (SYN | ACK) == SYN
        if flow is None or (syn and flow.makes_room(segment, now)):
            flow = self._begin(key, packet)
        wire_arrivals.arrives(flow, segment, now, packet.n)
        flow.seen.ended_ns = now

    def _leaves(self, datagram: Datagram, segment: Segment, packet: CapturedPacket) -> None:
        ip = datagram.ip
        key = (ip.src, segment.sport, ip.dst, segment.dport)
        flow, now = self._flows.get(key), packet.t_ns
        if flow is None:
            flow = self._begin(key, packet)
        elif segment.flags & SYN and flow.begun and flow.is_new(segment):
            flow = self._reopened(flow, key, segment, packet)
        flow.seen.ended_ns = now
        if not packet.cut:
            side = self._sides[True]
            flow.seen.count("RFC9293:MUST-2")
            if not self._right(side, datagram, segment):
                side.wrong.append((packet.n, flow.seen.number - 1))
        if segment.flags & SYN and not flow.begun:
            number = flow.seen.number - 1
            self._picked.append(wire_isn.Picked(number, key, packet.n, segment.seq, now))
        wire_departures.leaves(flow, segment, now, packet.n, cut=packet.cut)

    def _icmp(self, message: Icmp) -> None:
        """An error about a segment of the target's may change when that is sent again."""
        quote = quote_of(message.data)
        if quote is not None:
            flow = self._flows.get((quote.src, quote.sport, quote.dst, quote.dport))
            if flow is not None:
                flow.repeats.disturbed()

    def _reopened(
        self, flow: WireFlow, key: _Key, segment: Segment, packet: CapturedPacket
    ) -> WireFlow:
        """A SYN of the target's with another number: a new connection, where there may be one."""
        if not flow.may_reopen(packet.t_ns):
            return flow
        syn = flow.syn
        if not segment.flags & ACK:
            return self._begin(key, packet)
        if syn is None or segment.ack != (syn.seq + 1) & 0xFFFFFFFF:
            return flow
        new = self._begin(key, packet)
        wire_arrivals.arrives(new, syn, flow.last_ns, packet.n)
        return new

    def _begin(self, key: _Key, packet: CapturedPacket) -> WireFlow:
        local, remote = (key[0], key[1]), (key[2], key[3])
        number = len(self._all) + 1
        seen = Connection(number, local, remote, packet.n, packet.t_ns, packet.t_ns)
        self.report.connections.append(seen)
        mss = DEFAULT_MSS[6 if ":" in key[0] else 4]
        flow = self._flows[key] = WireFlow(seen, mss, self.report.vantage)
        self._all.append(flow)
        return flow

    # -- the end -----------------------------------------------------------------------------------

    def finish(self) -> CaptureReport:
        """The capture is over: what hangs on all of it is decided."""
        sizes = Sizes(
            [(i, *over) for i, flow in enumerate(self._all) for over in flow.oversize]
        )  # fmt: skip
        report = self.report
        self._finish_checksums()
        if sizes.over and (sizes.offloaded or self._sides[True].left_out):
            self._declare_sizes(sizes)
        else:
            for index, finding in sizes.findings():
                report.connections[index].findings.append(finding)
        for flow in self._all:
            wire_due.passes(flow, self._latest)
            wire_suspects.decide(flow)
        self._finish_numbers()
        self._declare_rest()
        return report

    def _finish_numbers(self) -> None:
        """Initial numbers are judged where a clock can be compared: at the target's own end."""
        if self.report.vantage != "target" or len(self._picked) < ALIKE:
            return
        connections = self.report.connections
        for one in self._picked:
            connections[one.connection].count(wire_isn.CLAUSE)
        for index, finding in wire_isn.alike(self._picked):
            connections[index].findings.append(finding)

    def _finish_checksums(self) -> None:
        own, theirs = self._sides[True], self._sides[False]
        connections, declare = self.report.connections, self.report.declared.append
        if own.left_out:
            declare(
                f"the target's checksums are left to its network card ({own.unfinished} hold the "
                "sum of the pseudo-header only): no verdict on checksums (RFC9293:MUST-2)"
            )
            for connection in connections:
                connection.judged.pop("RFC9293:MUST-2", None)
        else:
            for n, index in own.wrong:
                finding = Finding(n, "RFC9293:MUST-2", "a wrong checksum", "", whole=False)
                connections[index].findings.append(finding)
        if theirs.left_out:
            declare("the peer's checksums are left to its network card: they are taken as right")
        elif theirs.wrong:
            declare(
                f"segments of the peer's with a wrong checksum are ignored: {len(theirs.wrong)}"
            )

    def _declare_sizes(self, sizes: Sizes) -> None:
        largest = max(size for _, _, size, _ in sizes.over)
        self.report.declared.append(
            f"segmentation is left to the network card ({len(sizes.over)} segments of up to "
            f"{largest} octets): no verdict on the MSS (RFC9293:MUST-16)"
        )
        for connection in self.report.connections:
            connection.judged.pop("RFC9293:MUST-16", None)

    def _declare_rest(self) -> None:
        declare, counts = self.report.declared.append, self._counts
        if counts["cut"]:
            declare(
                f"{counts['cut']} packets were cut by a snap length: no verdict on their checksum "
                "and text"
            )
        if counts["fragments"]:
            declare(f"{counts['fragments']} fragments of TCP segments: not judged")
        if counts["unreadable"]:
            declare(f"{counts['unreadable']} packets hold less than their headers: not judged")
        if self.report.vantage != "target":
            declare(
                f"vantage {self.report.vantage}: what the peer sent may not have reached the "
                "target, and what the target sent may be seen late: no verdict on silence where an "
                "answer was due, nor on the order of the target's segments"
            )


def check_packets(
    packets: Iterable[CapturedPacket], addresses: tuple[str, ...], vantage: Vantage = "target"
) -> CaptureReport:
    """The oracle's report on the packets of a capture."""
    oracle = WireOracle(addresses, vantage)
    for packet in packets:
        oracle.take(packet)
    return oracle.finish()


def _segment_size(segment: Segment) -> int:
    options = len(encode_options(segment.options)) if segment.options else 0
    if segment.data_offset is not None:
        return 20 + len(segment.payload)
    return 20 + options + len(segment.payload)


def _headers(datagram: Datagram) -> int:
    """Octets of a datagram before its text."""
    ip, body = datagram.ip, datagram.body
    text = len(body.payload) if isinstance(body, Segment) else 0
    if isinstance(ip, IPv4):
        return (
            20 + len(ip.options) + (_segment_size(body) - text if isinstance(body, Segment) else 0)
        )
    return 40 + (_segment_size(body) - text if isinstance(body, Segment) else 0)


def _filled(octets: bytes) -> bytes:
    """A datagram that a snap length has cut, zeros in place of what is missing."""
    if len(octets) < 20:
        return octets
    four = octets[0] >> 4 == 4
    length = int.from_bytes(octets[2:4] if four else octets[4:6], "big") + (0 if four else 40)
    return octets + bytes(max(0, length - len(octets)))
