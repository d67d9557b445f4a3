"""When the target may send again what it has sent, and when it has to: RFC 6298 as intervals.

A tester does not know the target's estimate of the round trip. It knows the floor of every
time-out, and that none is longer than five times the longest round trip so far, doubled for each
time-out that has passed since (2.2, 2.3, 5.5).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.model.rules.departure import Refusal
from tcpassay.model.tcb import offset
from tcpassay.wire import SYN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.model.oracle.limits import Limits
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment

NEVER = 1 << 62
#: RFC 6298, 5.7: the time-out of data after a SYN that was lost; no first one is longer.
FIRST_RTO = 3 * NS_PER_S
#: 4.4BSD's wait between two SYNs is the longest that any document has.
LONGEST_SYN_WAIT = 24 * NS_PER_S
#: RFC 6298, 2.5: a ceiling of the time-out is at least this.
CEILING = 60 * NS_PER_S
#: RFC 1122, 4.2.3.1: the lower bound is a fraction of a second; below this none is one.
FRACTION = NS_PER_S // 5
#: How many of the target's timestamps are remembered, to know an echo of them.
STAMPS = 64
#: RFC 5681, 3.2.
DUPLICATE_ACKS = 3
#: RFC 9293, 3.8.3: R1 (SHLD-10), R2 of data (SHLD-11) and of a SYN (MUST-23).
R1, R2, R2_SYN = 3, 100 * NS_PER_S, 180 * NS_PER_S


class Transmission:
    """What is in flight: ends and times of its pieces, and how its earliest has been sent again.

    `first` is when the waiting for an answer began, `last` when the earliest piece last went out
    or an ACK of new data has restarted its timer, `due` when it goes again at the latest.
    """

    __slots__ = (
        "_backed_off",
        "_disturbed",
        "_duplicates",
        "_earliest",
        "_gap",
        "_heard_at",
        "_left_out",
        "_limits",
        "_longest",
        "_pieces",
        "_probed",
        "_probed_at",
        "_recovering",
        "_shut",
        "_stamps",
        "_sure",
        "_una",
        "clause",
        "due",
        "first",
        "last",
        "retries",
    )

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        #: First number, number behind the last, when sent, and whether more than once.
        self._pieces: deque[tuple[int, int, int, bool]] = deque()
        self._backed_off = self._duplicates = self._gap = self._longest = self._probed = 0
        self._probed_at = 0
        #: When the earliest piece may have gone out at the earliest: `last` on a virtual clock.
        self._earliest = 0
        self._recovering = self._shut = self._disturbed = self._left_out = False
        self.first = self.last = self.retries = self._heard_at = 0
        self._sure = True
        self._una = 0
        self._stamps: dict[int, int] = {}
        self.due = NEVER
        self.clause = ""

    def waits_too_short(self, now: int, state: str) -> bool:
        """Whether R2 has not passed yet: too early to give up. A SYN,ACK has no R2."""
        if not self._limits.timed or not self._pieces or state == "SYN-RECEIVED":
            return False
        return now - self.first < (R2_SYN if state == "SYN-SENT" else R2)

    def leaves(self, tcb: Tcb, segment: Segment, now: int) -> Refusal | None:
        """Text, SYN or FIN of the target's, sent with the variables `tcb` before it."""
        start, size = segment.seq, segment.seg_len
        if self._pieces and offset(self._pieces[0][1], tcb.snd_una) <= 0:
            self._shown(tcb.snd_una)
        if not self._pieces or offset(start, self._pieces[-1][1]) >= 0:
            if not self._pieces:
                self.first = self.last = now
                self._earliest = self._limits.earliest(now)
                self.retries = self._gap = 0
                self._una = start if tcb.state in _OPENING else tcb.snd_una
            end = (start + size) & 0xFFFFFFFF
            if segment.flags & SYN and size > 1:
                # RFC 7413, 4.2.2: text that the SYN,ACK leaves out goes again with the first ACK.
                behind = (start + 1) & 0xFFFFFFFF
                self._pieces.append((start, behind, now, False))
                start, self._left_out = behind, True
            self._pieces.append((start, end, now, False))
            if self._limits.probes and now > self._heard_at:
                # New text may be a tail loss probe, which starts the timer anew (RFC 8985, 7.3).
                self._probed_at = now
            self._disturbed = False
            if tcb.state not in _OPENING and offset(end, tcb.snd_una) > tcb.snd_wnd:
                self._shut = True
            self._arrange(tcb)
            return None
        earliest = self._pieces[0]
        if offset(start, tcb.snd_una) > 0 and offset(start, earliest[0]) > 0:
            if self._limits.probes and not self.retries:
                self._probed_at = now  # So may the last segment sent again.
            return None
        if tcb.state in _OPENING and self._answers(now):
            # A SYN,ACK for the peer's SYN: the timer of ours runs on (RFC 6298, 5.1).
            self._pieces[0] = (*earliest[:3], True)
            return None
        wrong = self._repeated(tcb, now)
        self._probed += self._shut
        self._pieces[0] = (earliest[0], earliest[1], now, True)
        self.last, self.retries = now, self.retries + 1
        self._backed_off += 1
        self._disturbed = False
        self._arrange(tcb)
        return wrong

    def leaves_unjudged(self, segment: Segment, now: int) -> None:
        """Something that nobody can hold against a timer: the wait for the next begins with it, and
        where it is a repetition may be twice as long as the one before.
        """
        self.last, self._gap = now, 0
        if self._pieces and offset(segment.seq, self._pieces[0][0]) <= 0:
            self.retries += 1
            self._backed_off += 1
        self._earliest = self._limits.earliest(now)

    def _shown(self, una: int) -> None:
        """Only what goes out now shows that the peer's last ACK has been taken: up to `una`."""
        while self._pieces and offset(self._pieces[0][1], una) <= 0:
            self._pieces.popleft()
        self.first = self.last = self._earliest = self._heard_at
        self._una, self.retries, self._gap = una, 0, 0
        self._recovering, self._left_out = self._recovering or self._left_out, False

    def _answers(self, now: int) -> bool:
        return self._disturbed and now - self._heard_at <= self._limits.slack

    def _repeated(self, tcb: Tcb, now: int) -> Refusal | None:
        wait, before, earliest = now - self._pieces[0][2], self._gap, self._limits.earliest(now)
        self._gap = max(0, earliest - max(self.last, self._probed_at))
        longest, self._earliest = now - self._earliest, earliest
        if self._shut or not self._limits.timed or self._recovering:
            self._gap = 0
            return None
        opening = tcb.state in _OPENING
        if self._limits.probes and not (opening or self.retries) and len(self._pieces) == 1:
            self._gap = 0  # A tail loss probe, whose wait is not that of the time-out behind it.
            return None
        if wait < self._limits.least_rto and not (opening and self._disturbed):
            clause = "RFC6298:5-NOT-EARLY" if wait < FRACTION else "RFC6298:2.4-FLOOR"
            clause = "RFC6298:2.1-INITIAL" if opening else clause
            why = f"sent again after {wait / NS_PER_S:g} s"
            return Refusal(clause, why, f"after {self._limits.least_rto / NS_PER_S:g} s")
        if self._disturbed or not before or wait >= CEILING - FIRST_RTO:
            return None
        wait = longest + self._limits.slack
        if 2 * wait < 3 * before:
            clause = "RFC1122:4.2.3.1-SYN-SAME" if opening else "RFC6298:5.5-BACKOFF"
            why = f"sent again after {wait / NS_PER_S:g} s and before that {before / NS_PER_S:g} s"
            return Refusal(clause, why, f"after {2 * before / NS_PER_S:g} s")
        return None

    def hears(self, tcb: Tcb, now: int, *, sure: bool) -> bool:
        """The peer has said something, after which the variables are `tcb`, if `sure` so.

        Whether that is what has been waited for: something new, or anything in answer to a probe.
        Where there is no connection any more nothing is acknowledged, and nothing begins anew.
        """
        waited, self._heard_at = bool(self._pieces), now
        self._disturbed = True
        if tcb.state == "CLOSED":
            self.due = NEVER
            return False
        pieces, una = self._pieces, tcb.snd_una
        progress, self._una = una != self._una, una
        samples = []
        while pieces and offset(pieces[0][1], una) <= 0:
            _, _, sent, again = pieces.popleft()
            self._longest = max(self._longest, now - sent)
            samples.append(not again)
        if samples and all(samples):
            self._backed_off = 0  # Karn: only now a new sample for sure (RFC 6298, 3 and 5.7).
        if progress:
            # A partial ACK in recovery shows the next hole (RFC 6582, 3.2).
            self._recovering = bool(pieces) and (
                self._recovering
                or self._left_out
                or self.retries > 0
                or self._duplicates >= DUPLICATE_ACKS
            )
            self._left_out = False
            self.first = self.last = self._earliest = now
            self._duplicates = self.retries = self._gap = self._probed = 0
        elif pieces:
            self._duplicates += 1
            self._recovering = self._recovering or self._duplicates >= DUPLICATE_ACKS
        self._shut = bool(pieces) and self._shut
        if pieces and tcb.state not in _OPENING and tcb.snd_wnd < offset(pieces[-1][1], una):
            self._shut = True
        self._sure = sure
        if sure:
            self._arrange(tcb)
        else:
            self.due = NEVER
        return progress or not waited

    def selected(self, blocks: Iterable[tuple[int, int]]) -> None:
        """The peer reports what it has beyond the earliest piece (RFC 2018).

        That piece counts as lost once three blocks, or text of more than two segments, lie beyond
        it (RFC 6675, 4: IsLost); with RACK any that was sent after it is enough (RFC 8985, 6.2).
        """
        una = self._una
        beyond = [offset(right, left) for left, right in blocks if offset(left, una) > 0]
        if beyond and self._limits.rack:
            self._recovering = bool(self._pieces)
            return
        largest = max((offset(end, start) for start, end, _, _ in self._pieces), default=0)
        if len(beyond) >= DUPLICATE_ACKS or sum(beyond) > (DUPLICATE_ACKS - 1) * largest:
            self._recovering = bool(self._pieces)

    def stamps(self, tsval: int, now: int) -> None:
        """The target has sent a timestamp."""
        self._stamps.setdefault(tsval, now)
        if len(self._stamps) > STAMPS:
            del self._stamps[next(iter(self._stamps))]

    def echoed(self, tsecr: int, now: int) -> None:
        """The peer has echoed one: a round trip of that length, or of any length (RFC 7323, 4)."""
        self._longest = max(self._longest, now - self._stamps.get(tsecr, now - CEILING))

    def forget(self) -> None:
        """Nothing is in flight any more, or nobody can tell."""
        self._pieces.clear()
        self.due = NEVER

    def _arrange(self, tcb: Tcb) -> None:
        if not (self._pieces and self._sure and self._limits.timed) or self._shut:
            self.due = NEVER
            return
        opening = tcb.state in _OPENING
        longest = LONGEST_SYN_WAIT if opening else max(FIRST_RTO, 5 * self._longest)
        if self._limits.cookies and tcb.state == "SYN-RECEIVED":
            self.due = NEVER  # A cookie is not sent again (RFC 4987, 3.6).
            return
        last = max(self.last, self._probed_at)
        self.due = last + (longest << max(self.retries, self._backed_off)) + self._limits.slack
        self.clause = _LATE.get(tcb.state, "RFC9293:3.10.8-RETRANS")
        if self.retries >= R1 and self.due - self.first > (R2_SYN if opening else R2):
            self.due = NEVER

    def wants_probe(self, tcb: Tcb, now: int) -> None:
        """Text waits behind a closed window, and nothing is in flight."""
        if not self._pieces and not tcb.snd_wnd and self._limits.timed and self.due == NEVER:
            longest = max(FIRST_RTO, 5 * self._longest)
            self.due = now + (longest << (self._probed + self._backed_off)) + self._limits.slack
            self.clause = "RFC9293:MUST-36"

    def probes(self) -> None:
        """A segment without text of its own has gone out."""
        if not self._pieces:
            self.due = NEVER
            self._probed += 1


_OPENING = frozenset({"SYN-SENT", "SYN-RECEIVED"})

#: What an answer that stays away for too long breaks; elsewhere it is text.
_LATE = {
    "SYN-SENT": "RFC9293:MUST-22",
    "SYN-RECEIVED": "RFC9293:MUST-22",
    "FIN-WAIT-1": "RFC9293:3.10.8-RETRANS-FIN",
    "CLOSING": "RFC9293:3.10.8-RETRANS-FIN",
    "LAST-ACK": "RFC9293:3.10.8-RETRANS-FIN",
}
