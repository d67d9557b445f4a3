"""One connection of a capture: what may be true of the target's end, by its segments alone.

Nobody tells when the target takes a segment that the capture shows as arrived, and at another
vantage than its own not even whether it ever arrives. So two ends are kept apart: what has to be
true because the target has said it (`acked`, and what `stamps` have echoed), and what may be true
at most, as if all that was captured had been taken at once (`tcb`, `received`, `edge`). A departure
is put to the rules with those values between the two ends that suit it best; what they refuse then,
no order of events allows. The application may send, close and abort at any time.

Here is what is known, and the questions about it. `wire_arrivals` and `wire_departures` learn and
judge, `wire_due` watches for answers, `wire_suspects` for numbers that come too early.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.oracle import wire_begin
from tcpassay.model.oracle.wire_credit import Credit
from tcpassay.model.oracle.wire_numbers import Received, SentText
from tcpassay.model.oracle.wire_options import Offer
from tcpassay.model.oracle.wire_report import Finding
from tcpassay.model.oracle.wire_stamps import Stamps
from tcpassay.model.oracle.wire_timers import Repeats
from tcpassay.model.tcb import FIN_TAKEN, MASK, SYNCHRONIZED, Tcb
from tcpassay.wire import ACK

if TYPE_CHECKING:
    from tcpassay.model.oracle.wire_due import Due
    from tcpassay.model.oracle.wire_report import Connection, Vantage
    from tcpassay.model.oracle.wire_suspects import Suspect
    from tcpassay.model.rules.departure import Refusal
    from tcpassay.wire import Segment

#: For so long after a beginning in mid-connection older segments may still matter.
LEARNING_NS = 3 * NS_PER_S
#: After so long a silence a connection may have been given up by either end.
FORGOTTEN_NS = 10 * NS_PER_S


class WireFlow:
    """Everything known of one connection.

    Numbers without the wrap: `high` is SND.NXT, `una` SND.UNA and `edge` the right edge of the
    peer's window, all at most; `beyond` is what the peer has acknowledged of the target's text,
    seen or not. `acked` is RCV.NXT and `right` the right edge of its own window as the target has
    last told them, `fin_at` the peer's FIN. `evident`: the target has shown that it is there.
    """

    def __init__(self, seen: Connection, default_mss: int, vantage: Vantage) -> None:
        self.seen = seen
        self.exact = vantage == "target"
        self.default_mss = default_mss
        self.tcb = Tcb("CLOSED")
        self.peer, self.own = Offer(), Offer()
        #: The peer's last SYN without ACK.
        self.syn: Segment | None = None
        #: When the last segment was seen, and when the state has last changed.
        self.last_ns = self.since_ns = seen.began_ns
        #: When the target has last sent anything.
        self.silent_since = 0
        self.evident = False
        #: By which clause the connection has ended, when, and as what it was until then.
        self.closed_by = ""
        self.closed_ns = 0
        self.alive = self.tcb
        # The peer's octets.
        self.received: Received | None = None
        self.fin_at: int | None = None
        self.acked: int | None = None
        self.right: int | None = None
        # The target's.
        self.high = self.una = self.beyond = 0
        self.edge: int | None = None
        self.text = SentText()
        #: Packet, octets and MSS where text was longer than that.
        self.oversize: list[tuple[int, int, int]] = []
        # What a reset, an ACK or an echo may refer to.
        self.edges: deque[int] = deque(maxlen=64)
        self.acks: deque[int] = deque(maxlen=256)
        self.ends: deque[int] = deque(maxlen=256)
        self.stamps = Stamps()
        #: The peer's last segment.
        self.heard: Segment | None = None
        self.credit, self.repeats = Credit(), Repeats()
        # What is not decided yet.
        self.due: Due | None = None
        self.lied: Suspect | None = None
        self.gap: Suspect | None = None

    # -- questions ---------------------------------------------------------------------------------

    @property
    def begun(self) -> bool:
        """Whether anything of a connection has been seen."""
        return self.tcb.state != "CLOSED" or bool(self.closed_by)

    def over(self, now: int) -> bool:
        """Whether the connection has ended, or may have been given up unseen."""
        if self.closed_by or now - self.last_ns > FORGOTTEN_NS:
            return True
        return self.tcb.state == "TIME-WAIT" or (not self.exact and self.tcb.state in FIN_TAKEN)

    def makes_room(self, syn: Segment, now: int) -> bool:
        """Whether a SYN of the peer's is of another connection, whatever the target answers."""
        if self.closed_by:
            return True
        again = self.syn is not None and self.syn.seq == syn.seq
        return self.tcb.state in SYNCHRONIZED - {"TIME-WAIT"} and self.over(now) and not again

    def is_new(self, own: Segment) -> bool:
        """Whether a SYN of the target's is not the one that began this connection."""
        return own.seq != self.tcb.iss or (bool(self.closed_by) and not own.flags & ACK)

    def may_reopen(self, now: int) -> bool:
        """Whether a new handshake may take the place of this connection."""
        uncertain = not self.exact or self.seen.holes or self.seen.midway
        return bool(self.over(now) or uncertain)

    def learning(self, now: int) -> bool:
        """Whether the capture has begun in mid-connection, and not long ago."""
        return self.seen.midway and now - self.seen.began_ns < LEARNING_NS

    def scale(self, offer: Offer) -> int:
        """By how much windows of that side are shifted; 0 while it is not known."""
        if self.peer.scale is None or self.own.scale is None:
            return 0
        return offer.scale or 0

    # -- what becomes of it ------------------------------------------------------------------------

    def learn(self, iss: int, irs: int) -> None:
        """The capture begins in mid-connection: numbers from the first segment that is seen."""
        self.seen.midway = True
        self.to(wire_begin.midway(iss & MASK, irs & MASK))
        self.high = self.una = self.tcb.iss + 1
        self.received = Received(self.tcb.irs + 1)

    def to(self, tcb: Tcb) -> None:
        """Go on with other variables."""
        self.tcb = tcb
        states = self.seen.states
        if not states or states[-1] != tcb.state:
            states.append(tcb.state)
            self.since_ns = self.last_ns

    def closes(self, clause: str, now: int) -> None:
        """The connection has ended, by a clause."""
        if self.closed_by:
            return
        self.alive = self.tcb
        self.closed_by, self.closed_ns = clause, now
        self.to(self.tcb._replace(state="CLOSED"))

    def sent_up_to(self, number: int) -> None:
        """The target has sent all below a number, seen or not."""
        if number > self.high:
            self.high = number
            self.tcb = self.tcb._replace(snd_nxt=number & MASK)
            self.alive = self.alive._replace(snd_nxt=number & MASK)

    # -- what there is to say of it ----------------------------------------------------------------

    def hole(self, what: str) -> None:
        """The capture lacks something."""
        if what not in self.seen.holes:
            self.seen.holes.append(what)

    def found(self, finding: Finding) -> None:
        """A violation."""
        self.seen.findings.append(finding)

    def refused(self, refusal: Refusal, n: int, *, whole: bool) -> None:
        """A violation that the rules have told, in packet `n`."""
        self.seen.count(refusal.clause)
        self.found(Finding(n, refusal.clause, refusal.why, refusal.allowed, whole))
