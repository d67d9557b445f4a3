"""What all connections of a target share in the oracle's eyes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S

if TYPE_CHECKING:
    from tcpassay.wire import Segment

#: RFC 5961, 7 (SHOULD): challenge ACKs may be limited; the document's example is 10 in 5 s.
CHALLENGES, THROTTLE_NS = 5, 5 * NS_PER_S

#: Beginnings of the names of settings that change when segments are sent again.
_OTHER_TIMES = ("fast_", "short_rto", "doubling_syn", "quiet_time")


#: Capabilities of a target that are arguments here.
DECLARED = ("rack", "rfc5961", "syn_cookies")


class Limits:
    """Times and settings of a target, and how many challenges it has met.

    `msl_s` is the MSL in seconds. `slack_ns` is how late the target's timers and the tester's
    reader may be: 0 where the clock is virtual. `settings` are the named settings that the stack
    was started with. `rack` says whether the target finds losses by time (RFC 8985),
    `rfc5961` whether it challenges blind resets and SYNs; RFC 793 holds where it does not.
    `mtu` is what the target's own link carries (octets), 0 where that is not known.
    `syn_cookies`: where a queue is full it answers a SYN by a cookie.

    On a real clock a stamp says when something was *read*; it has left between that moment and the
    last one up to which the line is known to be empty (`drained`). So what is due at once has to
    be there when the step ends, as the step contract has it, however long the step has taken; what
    is due in time may be late by the slack; what is too early is judged by `earliest`, and what
    crosses on the line is forgiven.
    """

    def __init__(
        self,
        msl_s: float = 120.0,
        slack_ns: int = 0,
        settings: tuple[str, ...] = (),
        *,
        rack: bool = False,
        rfc5961: bool = True,
        syn_cookies: bool = False,
        mtu: int = 0,
    ) -> None:
        self.mtu = mtu
        self.time_wait = int(2 * msl_s * NS_PER_S)
        self.slack = slack_ns
        #: Whether the timers of retransmission are those of the RFCs, not of a setting.
        self.timed = not any(name.startswith(_OTHER_TIMES) for name in settings)
        #: Whether one reported segment is enough for what was sent before it to go again, after a
        #: reordering window (RFC 8985, 6.2), and a lone one may go again before the time-out (7).
        self.rack = rack and "no_rack" not in settings
        self.probes = self.rack and "no_tail_loss_probe" not in settings
        #: RFC 6298, 2.4: no time-out is shorter. In real time a tail loss probe (RFC 8985, 7) may
        #: come within a round trip, and none is too early.
        self.least_rto = 0 if slack_ns else NS_PER_S
        #: A listener may keep no state of a SYN (RFC 4987, 3.6).
        self.cookies = any(name.startswith("syn_cookies") for name in settings)
        #: It may keep none once its queue was full.
        self.cookies_when_full = self.cookies or (syn_cookies and "no_syn_cookies" not in settings)
        #: The stack may keep silent for a while after its start (RFC 9293, 3.4.3).
        self.quiet = "quiet_time" in settings
        #: Variants of the rules that a setting asks for, or that stand without RFC 5961.
        self.variants = frozenset(
            ({"RFC 1337"} if "rfc1337" in settings else set()) | (set() if rfc5961 else {"RFC 793"})
        )
        #: Everything that has left before this moment (ns) has been seen.
        self.drained = -1
        #: From when to when the tester waits in this step; None in a step of another kind.
        self.waiting: tuple[int, int] | None = None
        #: A setting of that name is a throttle of the target's own, of whatever size.
        self.throttle = "challenge_ack_limit" in settings
        self._challenges: deque[int] = deque(maxlen=1 if self.throttle else CHALLENGES)
        self._challenger: Segment | None = None
        self._throttled = False

    def earliest(self, now: int) -> int:
        """When what is seen at `now` may have left at the earliest.

        A waiting tester reads at most its slack late, unless it has overslept; one that gives a
        command reads when that is over, however long that has taken.
        """
        if not self.slack:
            return now
        if self.waiting is not None and self.waiting[0] + self.slack < now <= self.waiting[1]:
            return now - self.slack
        return self.drained

    def challenged(self, segment: Segment, now: int) -> bool:
        """Whether a throttle may keep back the challenge ACK that is due for a segment.

        One is counted a segment, however many hypotheses want it.
        """
        if segment is not self._challenger:
            met, self._challenger = self._challenges, segment
            self._throttled = len(met) == met.maxlen and now - met[0] < THROTTLE_NS
            met.append(now)
        return self._throttled
