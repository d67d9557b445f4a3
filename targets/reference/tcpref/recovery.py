"""Timers that expire, and when to give up (RFC 6298; RFC 9293, 3.8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import (
    black_hole,
    loss_recovery,
    output,
    pmtu,
    quiet,
    soft_errors,
    syn_schedule,
    user,
    user_timeout,
)
from tcpref.tcb import OPENING, State, Tcb

if TYPE_CHECKING:
    from tcpref.stack import Stack

SECOND = 1_000_000_000


def retransmission_timeout(stack: Stack, tcb: Tcb) -> None:
    """The retransmission timer expired (RFC 6298, 5.4 to 5.6; RFC 9293, 3.10.8)."""
    if quiet.is_put_off(tcb):
        quiet.open_now(stack, tcb)
        return
    if exhausted(tcb, stack.now):
        give_up(stack, tcb)
        return
    tcb.retransmissions += 1
    soft_errors.retransmitted(stack, tcb)
    syn_schedule.next_wait(tcb)
    tcb.rto.stop_timing()
    if tcb.state in OPENING:
        tcb.syn_lost = True
        output.send_syn(stack, tcb)
    else:
        if tcb.path is not None:
            pmtu.segment_timed_out(stack, tcb, tcb.path)
            if tcb.settings.black_hole_timeouts:
                black_hole.segment_timed_out(stack, tcb)
        if tcb.ecn is not None:
            tcb.ecn.held = False
        loss_recovery.timed_out(stack, tcb)
    output.arrange_timers(stack, tcb)


def r2(tcb: Tcb) -> int:
    """R2 in nanoseconds: for a SYN at least three minutes (MUST-23), else 100 s (SHLD-11)."""
    settings = tcb.settings
    return (settings.syn_r2_s if tcb.state in OPENING else settings.data_r2_s) * SECOND


def exhausted(tcb: Tcb, now: int) -> bool:
    """Whether R2 has passed without progress, R1 retransmissions included (MUST-20, SHLD-10).

    The waits of `syn_waits_s`, where there are any, take the place of both.
    """
    over = syn_schedule.is_over(tcb)
    if over is not None:
        return over
    tried = tcb.retransmissions >= tcb.settings.r1_retransmissions
    return tried and stalled_too_long(tcb, now)


def stalled_too_long(tcb: Tcb, now: int) -> bool:
    """Whether R2 has passed; where the application has set its own, that one's timer tells."""
    return not user_timeout.counts(tcb) and now - tcb.stalled_since >= r2(tcb)


def give_up(stack: Stack, tcb: Tcb) -> None:
    """Delete the connection; a soft error tells more than ETIMEDOUT does (SHLD-25)."""
    stack.close_connection(tcb, tcb.soft_error or "ETIMEDOUT")


def persist_timeout(stack: Stack, tcb: Tcb) -> None:
    """Probe a closed window, or override silly window avoidance on a small one."""
    if tcb.ecn is not None and tcb.ecn.held:
        tcb.ecn.held = False
        output.send_queued(stack, tcb)
        return
    if tcb.snd_wnd > 0:
        override(stack, tcb)
    elif stalled_too_long(tcb, stack.now):
        give_up(stack, tcb)
        return
    elif orphan_exhausted(tcb):
        user.abort(stack, tcb, None)
        return
    else:
        output.send_probe(stack, tcb)
        tcb.probe_wait = min(tcb.probe_wait * 2, tcb.settings.rto_max_ms * 1_000_000)
    output.arrange_timers(stack, tcb)


def orphan_exhausted(tcb: Tcb) -> bool:
    """Whether a connection that no application holds has been probed for long enough.

    RFC 9293, 3.8.6.1 keeps it open as long as probes are answered; RFC 6429, 3 lets the system
    that lacks resources end it nevertheless, and here no application is left to do so.
    """
    if not tcb.app_gone:
        return False
    tcb.orphan_probes += 1
    return 0 < tcb.settings.orphan_probes < tcb.orphan_probes


def override(stack: Stack, tcb: Tcb) -> None:
    """Case 4 of RFC 9293, 3.8.6.2.1: send what fits, although it is little."""
    size = min(tcb.unsent, tcb.usable_window, output.full_size(tcb))
    if size > 0:
        output.send_text(stack, tcb, size)


def lingering_timeout(stack: Stack, tcb: Tcb) -> None:
    """TIME-WAIT (or an abandoned FIN-WAIT-2) is over: the record goes (RFC 9293, 3.10.8)."""
    stack.close_connection(tcb, None)


def start_lingering(stack: Stack, tcb: Tcb) -> None:
    """Limit the states that no segment need ever end."""
    if tcb.state is State.TIME_WAIT:
        tcb.retransmission.stop()
        tcb.persist.stop()
        if tcb.keepalive is not None:
            tcb.keepalive.timer.stop()
        stack.timers.start(tcb.lingering, stack.now + 2 * tcb.settings.msl_s * SECOND)
    elif tcb.state is State.FIN_WAIT_2 and tcb.app_gone and tcb.settings.fin_wait_2_s:
        stack.timers.start(tcb.lingering, stack.now + tcb.settings.fin_wait_2_s * SECOND)
