"""The oracle: one pass over a trace, entry by entry."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from tcpassay.model.oracle import checksum, datagrams, flow_begin, flow_departures, flow_due
from tcpassay.model.oracle.application import Application
from tcpassay.model.oracle.fast_open import FastOpens, sent_again
from tcpassay.model.oracle.flow import Flow
from tcpassay.model.oracle.hypothesis import NEVER
from tcpassay.model.oracle.limits import Limits
from tcpassay.model.oracle.numbers import InitialNumbers
from tcpassay.model.oracle.report import Report, Violation
from tcpassay.model.tcb import Tcb
from tcpassay.wire import ACK, SYN, Icmp, IPv4, IPv6, ParseError, Segment, parse
from tcpassay.wire.connections import quote_of

if TYPE_CHECKING:
    from tcpassay.core.trace import Entry, Trace
    from tcpassay.model.oracle.descriptors import Socket

FlowKey = tuple[str, int, str, int]

#: Entries that are only there once the stack has become idle after what stands before them.
_AFTER_IDLE = frozenset(
    {"send", "call", "cancel", "advance", "read-state", "read-stats", "spawn", "kill", "expect"}
)
#: RFC 9293, 3.1: over the pseudo-header as well.
_SUM = "the sum of header, text and pseudo-header"

#: Kinds of the options of RFC 2385 and RFC 5925.
_SIGNATURES = frozenset({19, 29})

#: Entries of the tester's own, with which no step begins and nothing is read.
_REMARKS = frozenset({"expect", "measure", "note"})


class Oracle:
    """Judges a trace, entry by entry; `addresses` are the target's own.

    Nothing is said of connections to `elsewhere`, an address of another interface: RFC 1122,
    3.3.4.2 leaves it open whether a host takes them over this one.
    """

    def __init__(
        self, addresses: tuple[str, ...], limits: Limits | None = None, *, elsewhere: str = ""
    ) -> None:
        self.report = Report()
        self._addresses = frozenset(addresses)
        self._elsewhere = elsewhere
        self._limits = limits or Limits()
        self._flows: dict[FlowKey, Flow] = {}
        self._opaque: set[tuple[str, str]] = set()
        #: Ends of paths of which a router has told an MTU.
        self._narrow: set[tuple[str, str]] = set()
        self._application = Application(self)
        self._numbers = InitialNumbers()
        self.fast_opens = FastOpens()
        #: Flows that owe something, and when the first of it is due.
        self._owing: dict[Flow, int] = {}
        self._now = 0
        #: Real time: the newest stamp of this step, and the end of its wait if nothing has come.
        self._seen = self._until = 0

    @property
    def virtual(self) -> bool:
        """Whether the clock is virtual: what is at once is in the trace at once."""
        return not self._limits.slack

    def take(self, entry: Entry) -> None:
        """The next entry of the trace."""
        kind, now, data = entry.kind, entry.t_ns, entry.data
        if not self.virtual:
            self._take_real(entry)
        elif self._owing and (now > self._now or kind in _AFTER_IDLE):
            # Time has moved on, or a command says that the stack has become idle before.
            self._passes(now + (kind in _AFTER_IDLE), entry.n)
        if kind in _AFTER_IDLE and self._application.signals:
            self._application.idle()
        self._now = now
        if kind == "send" and isinstance(data, bytes):
            self._arrives(data, now, entry.n)
        elif kind == "receive" and isinstance(data, bytes):
            self._leaves(data, now, entry.n)
        else:
            self._application.take(entry)

    def _take_real(self, entry: Entry) -> None:
        """Real time: a command tells that all has been read that has left before its step.

        What the line gives while the tester waits comes in order, at most the slack late.
        """
        limits, kind = self._limits, entry.kind
        if kind in _REMARKS:
            return
        if kind not in _AFTER_IDLE:
            if kind == "receive" and self._owing:
                self._passes(limits.earliest(entry.t_ns), entry.n)
            self._seen = max(self._seen, entry.t_ns)
            self._until = 0
            return
        limits.drained = max(self._seen, self._until)
        if self._owing:
            self._passes(limits.drained + 1, entry.n)
        # The step of this command ends with nothing left to read: it counts for the next one.
        self._seen = max(self._seen, entry.t_ns)
        until = entry.data if kind == "advance" and isinstance(entry.data, int) else 0
        self._until = until
        limits.waiting = (entry.t_ns, until) if until else None

    def ends(self, entry: Entry) -> None:
        """The trace is over; `entry` is its last: time has passed to the end of what it says."""
        until = entry.data if entry.kind == "advance" and isinstance(entry.data, int) else 0
        last = max(entry.t_ns, until) if self.virtual else max(self._seen, self._until)
        self._passes(last + 1, entry.n)

    def _passes(self, late: int, n: int) -> None:
        for flow, due in list(self._owing.items()):
            if due < late:
                if not flow.opaque:
                    flow_due.passes(flow, late, n)
                self.owes(flow)

    def owes(self, flow: Flow) -> None:
        """Note when the next thing is due that a flow owes."""
        due = flow.deadline
        if due < NEVER:
            self._owing[flow] = due
        else:
            self._owing.pop(flow, None)

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
            self._leave_opaque((ip.dst, ip.src))
        if isinstance(body, Icmp):
            self._icmp(body, now, heard=_plain(ip) and not _from_nowhere(ip))
        if not isinstance(body, Segment) or (ip.dst, ip.src) in self._opaque:
            return
        if not checksum.holds(datagram, body) or body.data_offset is not None or _damaged(ip):
            return
        key = (ip.dst, body.dport, ip.src, body.sport)
        flow = self.flow(key)
        if _from_nowhere(ip):
            flow.from_nowhere = True
            return
        if body.flags & (SYN | ACK) == SYN:
            flow = self._met_again(flow, key)
        listener = self._application.listener(ip.dst, body.dport)
        shut = listener is not None and listener.shut
        flow.opaque = flow.opaque or shut or _signed(body) or ip.dst == self._elsewhere
        if flow.opaque:
            if listener is not None and body.flags & SYN:
                _may_wait_again(listener, flow)
            return
        flow.listening = listener is not None
        anew = listener is not None and self._may_begin_anew(flow, body, now)
        if listener is not None and (anew or not flow.settled):
            waits = anew or not flow.accepted or flow.may_be_over or flow.opening
            flow.queue_may_be_full = waits and self._application.may_be_full(listener, flow)
            listener.overflowed = listener.overflowed or flow.queue_may_be_full
            if not flow.open:
                _may_wait_again(listener, flow)
        if listener is not None and self._leaves_no_record(listener, flow, body):
            return
        flow.fast_open = self.fast_opens.arrives(ip.src, body) if body.flags & SYN else None
        datagrams.arrives(flow, ip, body, now, n)
        self.owes(flow)

    def _may_begin_anew(self, flow: Flow, segment: Segment, now: int) -> bool:
        """Whether a connection may have been given up, and the listener take this for another."""
        begins = bool(segment.flags & SYN) or self._limits.cookies_when_full
        return begins and bool(flow_due.lapsed(flow, now))

    def _leaves_no_record(self, listener: Socket, flow: Flow, segment: Segment) -> bool:
        """Whether a cookie may build a connection from a segment of which no more can be told."""
        if listener.overflowed:
            flow.cookies = self._limits.cookies_when_full
        if listener.overflowed or flow.surely_completed:
            flow.opaque = flow.holds_cookie(segment)
        return flow.opaque

    def _leave_opaque(self, ends: tuple[str, str]) -> None:
        """What comes in pieces is not put together here: nothing is said of these two hosts."""
        if ends not in self._opaque:
            self._opaque.add(ends)
            for key, flow in self._flows.items():
                flow.opaque = flow.opaque or (key[0], key[2]) in self._opaque

    def _icmp(self, message: Icmp, now: int, *, heard: bool) -> None:
        """An error about a segment of the target's: its connection may be given up."""
        quote = quote_of(message.data)
        if quote is None:
            return
        if _tells_mtu(message, six=quote.six):
            self._narrow.add((quote.src, quote.dst))
            for key, other in self._flows.items():
                other.may_wait = other.may_wait or (key[0], key[2]) in self._narrow
        flow = self._flows.get((quote.src, quote.sport, quote.dst, quote.dport))
        if flow is not None:
            flow.icmp = True
            if heard and message.checksum is None and _tells_mtu(message, six=quote.six):
                mtu = message.mtu6 if quote.six else message.mtu
                flow.network.too_big(quote.seq, mtu, now)

    def _leaves(self, octets: bytes, now: int, n: int) -> None:
        try:
            datagram = parse(octets)
        except ParseError as error:
            self.report.violations.append(Violation(n, "RFC9293:MUST-2", str(error), "a datagram"))
            return
        ip, body = datagram.ip, datagram.body
        if not isinstance(body, Segment) or (ip.src, ip.destination) in self._opaque:
            return
        if not checksum.holds(datagram, body):
            self.report.violations.append(Violation(n, "RFC9293:MUST-2", "a wrong checksum", _SUM))
            return
        key = (ip.src, body.sport, ip.destination, body.dport)
        flow = self.flow(key)
        if flow.opaque:
            return
        if 0 < self._limits.mtu < len(octets):
            why = f"a datagram of {len(octets)} octets"
            most = f"at most {self._limits.mtu}, which the link carries"
            self.report.violations.append(Violation(n, "RFC9293:MUST-16", why, most))
        if body.flags & SYN:
            again = body.seq == flow.syn_gone and flow.may_repeat(body)
            # A number of the same moment: it may answer a new SYN as well.
            again = again and all(h.bound for h in flow.hypotheses)
            wrong = sent_again(body) if again else self.fast_opens.leaves(ip.dst, body)
            if wrong is not None:
                self.report.violations.append(Violation(n, wrong.clause, wrong.why, wrong.allowed))
        if not (body.flags & SYN and self._opens(flow, key, body, now, n)):
            flow = self._flows[key]
            flow_departures.leaves(flow, body, now, n)
            self.owes(flow)
        datagrams.leaves(self._flows[key], ip, body, len(octets), now, n)

    def _opens(self, flow: Flow, key: FlowKey, syn: Segment, now: int, n: int) -> bool:
        """A SYN of the target's: whether it is that of a connect(). Its number is a new one."""
        if not syn.flags & ACK and (not flow.open or flow.may_be_given_back(syn)):
            used = flow.over or flow.open or flow.syn_gone is not None
            flow = self._renewed(key) if used else flow
            if self._application.connects(flow, key[:2], key[2:]):
                self._picked(key, syn, now, n)
                flow_begin.opens(flow, syn, now, n)
                self.owes(flow)
                return True
        if not flow.may_repeat(syn) and any(not h.bound for h in flow.hypotheses):
            if syn.flags & ACK and (flow.completed or flow.was_opening):
                self._reborn(flow, key)
            self._picked(key, syn, now, n)
        return False

    def _reborn(self, old: Flow, key: FlowKey) -> None:
        new = self._renewed(key)
        flow_begin.reborn(new, old)
        listener = self._application.listener(key[0], key[1])
        if listener is not None:
            listener.made[new] = None

    def _picked(self, key: FlowKey, segment: Segment, now: int, n: int) -> None:
        if self._flows[key].cookies:
            return
        wrong = self._numbers.picked(key, segment.seq, now, self._limits.earliest(now))
        if wrong is not None:
            self.report.violations.append(Violation(n, wrong.clause, wrong.why, wrong.allowed))

    def _met_again(self, old: Flow, key: FlowKey) -> Flow:
        """The connection of a SYN of the peer's: where the old one is over, a new one."""
        waiting = old.may_have_ended_waiting
        flow = self._renewed(key) if old.over else old
        flow.follows_waiting = flow.follows_waiting or waiting
        return flow

    def _renewed(self, key: FlowKey) -> Flow:
        """A new connection between two ends that have had one; its socket keeps the old one."""
        old = self._flows.pop(key)
        self._owing.pop(old, None)
        new = self.flow(key)
        new.follows_waiting = not old.accepted and (bool(old.completed) or old.follows_waiting)
        if old.cookies:
            # A cookie holds for longer than what it has built (RFC 4987, 3.6).
            new.cookies, new.offered, new.syn_gone = old.cookies, old.offered, old.syn_gone
        return new

    def flow(self, key: FlowKey) -> Flow:
        """What is known of a tuple: local and remote address and port as the stack sees them."""
        flow = self._flows.get(key)
        if flow is None:
            ip = 6 if ":" in key[0] else 4
            flow = self._flows[key] = Flow(ip, self.report, self._limits)
            flow.opaque = (key[0], key[2]) in self._opaque
            flow.may_wait = (key[0], key[2]) in self._narrow
        return flow

    def standing(self, key: FlowKey) -> Tcb | None:
        """How the likeliest hypothesis has a tuple stand; None for one that nobody has opened."""
        flow = self._flows.get(key)
        if flow is not None and flow.open:
            return flow.hypotheses[0].tcb
        listener = self._application.listener(key[0], key[1])
        return None if listener is None else Tcb("LISTEN")

    def flow_to(self, port: int, remote: tuple[str, int]) -> Flow | None:
        """The newest tuple of a local port and a remote end, whichever address of the target."""
        for address in self._addresses:
            flow = self._flows.get((address, port, *remote))
            if flow is not None and not flow.accepted:
                return flow
        return None


def _may_wait_again(listener: Socket, flow: Flow) -> None:
    """A new connection of this tuple may come to wait in the queue: the last one is over, or nobody
    can tell.
    """
    flow.accepted = False
    listener.made[flow] = None


def judge_trace(trace: Trace, limits: Limits | None = None) -> Report:
    """The oracle's report on a whole trace."""
    elsewhere = trace.stack_addresses[-1] if "other_interface" in trace.settings else ""
    oracle = Oracle(trace.stack_addresses, limits, elsewhere=elsewhere)
    for entry in trace:
        oracle.take(entry)
    if trace.entries:
        oracle.ends(trace.entries[-1])
    return oracle.report


def _tells_mtu(message: Icmp, *, six: bool) -> bool:
    """Whether a datagram was too big for a link (RFC 4443, 3.2; RFC 1191, 4)."""
    return message.type == 2 if six else (message.type, message.code) == (3, 4)


def _plain(ip: IPv4 | IPv6) -> bool:
    """Whether a datagram is whole and bare: what comes in pieces or behind options is left."""
    if ip.is_fragment:
        return False
    if isinstance(ip, IPv4):
        return not ip.options and ip.ihl is None
    return not ip.extensions


def _damaged(ip: IPv4 | IPv6) -> bool:
    """Whether a host discards a datagram for its IP header (RFC 1122, 3.2.1; RFC 8200, 3)."""
    if isinstance(ip, IPv6):
        return ip.payload_length is not None
    return ip.checksum is not None or ip.total_length is not None


def _from_nowhere(ip: IPv4 | IPv6) -> bool:
    """Whether the source address is none that a host may have (RFC 9293, MUST-63)."""
    return ip.src == ip.dst or _nobodys(ip.src)


@lru_cache(maxsize=1024)
def _nobodys(address: str) -> bool:
    source = ip_address(address)
    if source.is_unspecified or source.is_multicast or source.is_loopback:
        return True
    if isinstance(source, IPv6Address):
        return source.ipv4_mapped is not None  # It stands for IPv4 in calls (RFC 3493, 3.7).
    return source.is_reserved or address.endswith(".255")


def _signed(segment: Segment) -> bool:
    """Whether a segment carries a signature (RFC 2385, RFC 5925).

    A stack that knows signatures may refuse one that it has no key for; others ignore it.
    """
    return any(option.kind in _SIGNATURES for option in segment.options)
