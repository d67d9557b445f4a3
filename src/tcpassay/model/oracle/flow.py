"""One connection's tuple: what may be true of the target's end, and what both sides have sent.

Here is what is known, and the questions about it. `flow_begin` starts a connection; `flow_arrivals`
puts the peer's segments to the rules, and `flow_spread` follows all that these leave open;
`flow_departures` rules out what the target's segments contradict, and `flow_sent` looks at what
those mean; `flow_calls` is the application's side, `flow_due` what has to come in time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.oracle.headers import Headers
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis
from tcpassay.model.oracle.network import Network
from tcpassay.model.oracle.report import Violation
from tcpassay.model.oracle.stream import Stream
from tcpassay.model.oracle.transmission import Transmission
from tcpassay.model.rules.departure import Sender
from tcpassay.model.tcb import Tcb, offset, text_in_order
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from tcpassay.model.oracle.limits import Limits
    from tcpassay.model.oracle.report import Report
    from tcpassay.model.ranges import Range
    from tcpassay.model.rules.departure import Refusal
    from tcpassay.wire import Segment

#: RFC 9293, 3.8.3 (MUST-20): after fewer retransmissions than R1 nobody gives up.
LEAST_RETRIES = 1
#: RFC 9293, 3.7.1: what a peer that says nothing takes, by IP version.
DEFAULT_MSS = {4: 536, 6: 1220}
#: What a SYN cookie may tell by numbers next to it (RFC 4987, 3.6): the place in a table of sizes.
COOKIES = 4
#: States in which no listener matters.
SETTLED = frozenset({"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"})
#: States in which a SYN of the target's may be one that it sends again.
OPENING = frozenset({"SYN-SENT", "SYN-RECEIVED"})


class Flow:
    """Everything known of one tuple.

    `opaque` is a flow of which nothing is said any more: nobody can tell what is true of it.
    """

    def __init__(self, ip: int, report: Report, limits: Limits) -> None:
        self.report = report
        self.limits = limits
        self.hypotheses: list[Hypothesis] = [Hypothesis(Tcb("CLOSED"))]
        #: Whether hypotheses have been let go that might have been true.
        self.cut = False
        self.opaque = False
        #: What was true before the peer's last segment or the application's last call, and when.
        self.before: list[Hypothesis] = []
        self.before_at = 0
        self.headers = Headers()
        self.network = Network(ip, report.count, limits.slack)
        self.transmission = Transmission(limits)
        # The handshake: the peer's last SYN, and the number of the target's once it has gone.
        self.syn_heard: Segment | None = None
        #: The one whose options count.
        self.syn_taken: Segment | None = None
        self.syn_gone: int | None = None
        self.mss = self.default_mss = DEFAULT_MSS[ip]
        self.peer_scale: int | None = None
        self.stack_scale: int | None = None
        #: Whether the cookie of the peer's SYN lets its text be taken early; None without one.
        self.fast_open: bool | None = None
        #: The entry with which the handshake may have been over at the earliest, by the likeliest
        #: hypothesis, and for sure.
        self.first_completed = self.completed = self.surely_completed = 0
        # The listener.
        self.listening = False
        self.queue_may_be_full = False
        #: Whether the listener may have answered by a cookie (RFC 4987, 3.6).
        self.cookies = limits.cookies
        #: How the target stands for whoever brings that cookie back: it has no record of its own.
        self.offered: Tcb | None = None
        self.accepted = False
        #: Whether an earlier connection of this tuple may still wait in the accept queue.
        self.follows_waiting = False
        # The peer: when it was last heard, when it last changed anything, when it last reset.
        self.heard = self.moved = 0
        self.reset_at = -1
        #: Whether the peer's FIN has been taken for sure.
        self.peer_ended = False
        #: Whether something has come from an address that no host may have.
        self.from_nowhere = False
        #: Whether ICMP has told of an error.
        self.icmp = False
        #: The numbers of the peer's segments that have any, whatever has become of them.
        self.came: list[Range] = []
        #: Where segments with text have ended that have come while a FIN waits above a hole.
        self.ends_above: list[int] = []
        #: Numbers of the peer's FINs, wherever they were.
        self.fins: set[int] = set()
        #: The right edge of the receive window as last announced.
        self.edge: int | None = None
        #: How often the target has sent again what nothing has answered.
        self.retries = 0
        #: Whether the connection may have been given up before something came for it, and whether
        #: timestamps have left that were not agreed on.
        self.lapsed = self.stamped_unasked = False
        #: Whether text or FIN may wait for what is not followed here: a call that has not returned,
        #: an MTU of the path that another connection was told of (RFC 1191, 6.2).
        self.may_wait = False
        #: When what the application has given goes out at the latest, where nothing holds it back.
        self.send_by = NEVER
        # The application: what it has given and taken, and how far it has read.
        self.sender = Sender(octets=0, ended=False, aborted=False, urgent=False)
        self.given, self.taken = Stream(), Stream()
        #: Behind a cookie that may hold for several numbers of the peer's SYN: its text by each.
        self.taken_from: dict[int, Stream] = {}
        self.read = 0
        #: Whether it has shut down the peer's direction.
        self.deaf = False
        #: Whether a call has told it of the connection's end.
        self.reported = False
        #: After how long a silence it wants keep-alives (ns); None for none.
        self.keepalive: int | None = None
        self.pushed_later = False
        #: After how long (ns) it wants to give up what is not acknowledged; 0 for R2.
        self.user_timeout = 0
        #: Whether it has said how many SYNs an attempt is worth (TCP_SYNCNT), and has shut down
        #: sending or receiving in vain, before there was a connection.
        self.counts_syns = self.shut_in_vain = self.deaf_in_vain = False
        #: Since when something may have been waiting for its acknowledgement (ns), at the earliest.
        self.waiting_since = 0
        #: Whether it has set how much its receive buffer holds.
        self.buffer_set = False
        #: Whether it has asked for ACKs that are delayed (TCP_QUICKACK of 0, TCP_DEFER_ACCEPT).
        self.lazy = False

    # -- questions ---------------------------------------------------------------------------------

    @property
    def may_be_given_up(self) -> bool:
        """Whether enough has gone unanswered, or ICMP has said enough, to give up."""
        own = bool(self.user_timeout) or self.counts_syns
        return self.icmp or own or self.lapsed or self.retries >= LEAST_RETRIES

    def time_may_be_up(self, now: int) -> bool:
        """Whether the application's own time-out may be over: it runs from when data was submitted
        (RFC 9293, 3.9.1.1).
        """
        if self.counts_syns and any(h.tcb.state == "SYN-SENT" for h in self.hypotheses):
            return True
        waited = now - self.waiting_since + self.limits.slack
        return 0 < self.user_timeout <= waited

    @property
    def unread(self) -> int:
        """Octets of the peer's text that the application could still read, at least."""
        if self.taken.loose or self.deaf:
            return 0
        return min(text_in_order(h.tcb) for h in self.hypotheses) - self.read

    @property
    def deadline(self) -> int:
        """The first moment at which something is due (ns); never where nobody can tell."""
        if self.opaque:
            return NEVER
        due = min(self.transmission.due, self.send_by)
        for h in self.hypotheses:
            due = min(due, h.ack_by, h.due_by)
        return due

    @property
    def over(self) -> bool:
        """Whether there has been a connection, and there is none any more; nobody can tell of one
        that is `opaque`.
        """
        return bool(self.completed and not self.opaque) and self._ended

    @property
    def may_have_ended_waiting(self) -> bool:
        """Whether there may be no connection, and accept() still hand out one that has ended."""
        ended = any(h.tcb.state == "CLOSED" and h.due is None for h in self.hypotheses)
        return ended and bool(self.first_completed and not self.accepted)

    @property
    def _ended(self) -> bool:
        return all(h.tcb.state == "CLOSED" and h.due_by == NEVER for h in self.hypotheses)

    @property
    def settled(self) -> bool:
        """Whether there is a connection for sure, beyond its handshake and before its end."""
        tcb = self.hypotheses[0].tcb
        return len(self.hypotheses) == 1 and tcb.state in SETTLED

    @property
    def opening(self) -> bool:
        """Whether there may be a handshake that is not over."""
        return any(h.tcb.state == "SYN-RECEIVED" for h in self.hypotheses)

    @property
    def was_opening(self) -> bool:
        """Whether there may be an older connection whose handshake is not over."""
        return any(h.bound and h.tcb.state == "SYN-RECEIVED" for h in self.hypotheses)

    @property
    def may_be_over(self) -> bool:
        """Whether a SYN may be one for the listener, as there is no connection or TIME-WAIT."""
        return any(h.tcb.state in {"CLOSED", "TIME-WAIT"} for h in self.hypotheses)

    @property
    def open(self) -> bool:
        """Whether there may be a connection."""
        return any(h.tcb.state != "CLOSED" for h in self.hypotheses)

    def may_repeat(self, syn: Segment, *, by_the_rules: bool = False) -> bool:
        """Whether a SYN of the target's may be one that it sends again; with `by_the_rules` without
        any way past them.

        The number alone does not tell: it goes by the clock (RFC 9293, 3.4.1), and two SYNs of one
        moment may be answered with the same. What is acknowledged does.
        """
        acks = syn.flags & ACK
        return any(
            h.bound
            and h.tcb.iss == syn.seq
            and h.tcb.state in OPENING
            and not (acks and h.tcb.syn_heard and h.tcb.rcv_nxt != syn.ack)
            for h in self.hypotheses
            if not (by_the_rules and h.variants)
        )

    def holds_cookie(self, segment: Segment) -> bool:
        """Whether a segment may be good for a connection again, as its listener keeps no state."""
        if not self.cookies or self.syn_gone is None or segment.flags & (SYN | RST | ACK) != ACK:
            return False
        by = offset(segment.ack, self.syn_gone + 1)
        if self.offered is not None:
            # It is the sum of what it stands for and the peer's number: both may have moved.
            by -= offset(segment.seq, self.offered.rcv_nxt)
        gone = any(h.tcb.state == "CLOSED" or not h.bound for h in self.hypotheses)
        return abs(by) < COOKIES and gone

    def built_by(self, segment: Segment) -> Tcb | None:
        """What a segment would build by its cookie (RFC 4987, 3.6)."""
        return self.offered if self.holds_cookie(segment) else None

    def may_be_given_back(self, syn: Segment) -> bool:
        """Whether an attempt may be over, so that a SYN with another number is of another."""
        gone = any(h.tcb.state == "CLOSED" and h.due_by == NEVER for h in self.hypotheses)
        return gone and not self.may_repeat(syn)

    # -- what becomes of it ------------------------------------------------------------------------

    def changes(self, now: int) -> None:
        """Something is about to happen that a segment of the target's may cross."""
        self.before, self.before_at = self.hypotheses, now

    def violated(self, violation: Violation) -> None:
        """A violation."""
        self.report.violations.append(violation)

    def refused(self, refusal: Refusal, n: int) -> None:
        """A violation that the rules have told, in entry `n`."""
        self.violated(Violation(n, refusal.clause, refusal.why, refusal.allowed))
