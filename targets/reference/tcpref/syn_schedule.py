"""When the SYN of an active open goes again: RFC 6298's back-off, or waits that are laid down.

4.4BSD sent its SYN at 0, 6 and 30 s and gave up at 75 s, whatever the round trip: the waits "6 24
45" of the setting `syn_waits_s`. The last of them ends in failure. Without the setting the waits
double from the first time-out on and R2 ends them (RFC 6298, 5.5; RFC 9293, MUST-23).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tcpref.tcb import OPENING

if TYPE_CHECKING:
    from tcpref.tcb import Tcb

SECOND = 1_000_000_000


@cache
def parse_waits(text: str) -> tuple[int, ...]:
    """Whole seconds in words, as nanoseconds. Raises ValueError for what is no such number."""
    words = text.split()
    if not all(word.isascii() and word.isdigit() and int(word) > 0 for word in words):
        msg = f"setting 'syn_waits_s': wanted whole seconds such as \"6 24 45\", got {text!r}"
        raise ValueError(msg)
    return tuple(int(word) * SECOND for word in words)


def waits_of(tcb: Tcb) -> tuple[int, ...]:
    """The waits that this connection keeps to now; none where back-off decides."""
    if tcb.passive or tcb.state not in OPENING:
        return ()
    return parse_waits(tcb.settings.syn_waits_s)


def begin(tcb: Tcb) -> None:
    """The SYN goes out for the first time: what is laid down takes the place of the first RTO."""
    waits = waits_of(tcb)
    if waits:
        tcb.rto.rto = waits[0]


def next_wait(tcb: Tcb) -> None:
    """The SYN goes again: the wait after it, laid down or twice the last (RFC 6298, 5.5)."""
    waits = waits_of(tcb)
    if waits:
        tcb.rto.rto = waits[tcb.retransmissions]
    else:
        tcb.rto.back_off()


def is_over(tcb: Tcb) -> bool | None:
    """Whether the last wait has passed, or TCP_SYNCNT is used up; None where neither counts."""
    if tcb.syn_limit and not tcb.passive and tcb.state in OPENING:
        return tcb.retransmissions >= tcb.syn_limit
    waits = waits_of(tcb)
    return tcb.retransmissions >= len(waits) - 1 if waits else None
