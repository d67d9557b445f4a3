"""Sending: what goes out, when, and in how large pieces (RFC 9293, 3.7 and 3.8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import (
    cork,
    ecn,
    fastopen,
    loss_recovery,
    pmtu,
    rack,
    sack,
    seq,
    tail_loss,
    timestamps,
    urgent,
    user_timeout,
    uto,
    window,
)
from tcpref.ip_choices import dress
from tcpref.options import TIMESTAMP_OCTETS, build_mss, build_sack_permitted, build_window_scale
from tcpref.segment import ACK, FIN, PSH, SYN, URG, build_segment
from tcpref.tcb import OPENING, State, Tcb

if TYPE_CHECKING:
    from tcpref.rack import Rack
    from tcpref.stack import Stack

#: States in which text or a FIN may still have to be sent.
TRANSMITTING = frozenset(
    {State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK}
)


def transmit(
    stack: Stack,
    tcb: Tcb,
    number: int,
    flags: int,
    *,
    payload: bytes = b"",
    options: bytes = b"",
    fresh: bool = False,
) -> None:
    """Send one segment. It carries the newest ACK and window, so no other ACK is owed.

    `fresh`: its text has never been sent.
    """
    local, local_port, remote, remote_port = tcb.key
    if tcb.state in OPENING:
        wnd = window.field_while_opening(tcb, flags)
    else:
        window.advance_edge(tcb)
        wnd = window.field(tcb)
    if tcb.timestamps:
        options += timestamps.option(tcb, flags, stack.now)
    if tcb.uto is not None:
        options += uto.option(tcb, tcb.uto, flags, len(options), len(payload))
    if tcb.sack_report is not None:
        options += sack.option(tcb, len(options))
    if flags & ACK:
        tcb.last_ack_sent = tcb.rcv_nxt
        tcb.ack_due = False
        tcb.unacked_octets = 0
        tcb.delayed_ack.stop()
    if len(payload) > tcb.largest_sent:
        pmtu.larger_sent(tcb, number, len(options), len(payload))
    mark = 0
    if tcb.ecn is not None:
        flags, mark = ecn.stamp(tcb.ecn, flags, fresh=fresh)
    pointer = 0 if tcb.snd_up is None else urgent.pointer_of(tcb, number, flags)
    datagram = build_segment(
        local,
        remote,
        local_port,
        remote_port,
        seq=number,
        ack=tcb.rcv_nxt if flags & ACK else 0,
        flags=flags | URG if pointer else flags,
        wnd=wnd,
        options=options,
        payload=payload,
        urgent=pointer,
        ecn=mark,
    )
    stack.emit(datagram if tcb.ip is None else dress(datagram, tcb.ip))


def send_syn(stack: Stack, tcb: Tcb) -> None:
    """The SYN of an active open, or the SYN,ACK that answers one; also when sent again."""
    flags = SYN | ACK if tcb.state is State.SYN_RECEIVED else SYN
    if tcb.snd_nxt == tcb.iss:
        tcb.snd_nxt = seq.add(tcb.iss, 1)
    if tcb.ecn is not None:
        flags |= ecn.syn_flags(tcb, tcb.ecn, flags)
    options, text = build_mss(tcb.announced_mss), b""
    if tcb.window_scaling:
        options += build_window_scale(tcb.rcv_scale)
    if tcb.sack:
        options += build_sack_permitted()
    if tcb.fast_open is not None:
        options, text = fastopen.syn_extras(tcb, options)
        tcb.snd_nxt = seq.add(tcb.snd_nxt, len(text))
    transmit(stack, tcb, tcb.iss, flags, payload=text, options=options)


def send_ack(stack: Stack, tcb: Tcb) -> None:
    """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>."""
    transmit(stack, tcb, tcb.bare_seq, ACK)


def send_queued(stack: Stack, tcb: Tcb) -> None:
    """Send all text, and the FIN behind it, that may go now; then see to the timers."""
    held = tcb.ecn is not None and tcb.ecn.held
    if (tcb.state in TRANSMITTING or tcb.opened_early) and not held:
        if tcb.probing and tcb.snd_wnd > 0:
            resend_probe(stack, tcb)
        if tcb.recovery is not None:
            loss_recovery.send_lost(stack, tcb, tcb.recovery)
        while size := next_size(tcb):
            send_text(stack, tcb, size)
        if tcb.fin_queued and fin_may_go(tcb):
            send_fin(stack, tcb)
        if tcb.recovery is not None:
            loss_recovery.send_doubtful(stack, tcb, tcb.recovery)
    arrange_timers(stack, tcb)


def next_size(tcb: Tcb) -> int:
    """Octets of the next new segment; 0 when nothing may be sent now.

    Silly window avoidance and Nagle's algorithm (RFC 9293, 3.8.6.2.1 and 3.7.4), within the lesser
    of the congestion window and the peer's (RFC 5681, 3).
    """
    unsent = tcb.unsent
    if not unsent:
        return 0
    cwnd, wnd = tcb.congestion.cwnd + tcb.left_network, tcb.snd_wnd
    mss, room = full_size(tcb), (wnd if wnd < cwnd else cwnd) - tcb.flight
    if unsent >= mss <= room:
        return mss
    size = min(unsent, room)
    if size <= 0:
        return 0
    if size == unsent and may_send_small(tcb):
        return size
    if tcb.flight == 0 and size >= tcb.max_snd_wnd // 2:
        return size
    return 0


def full_size(tcb: Tcb) -> int:
    """Octets of a full segment that goes out now: its options go off (RFC 6691)."""
    told = tcb.uto is not None and tcb.uto.due
    if tcb.sack_report is None:
        return max(1, tcb.snd_mss - uto.OCTETS) if told else tcb.snd_mss
    taken = (TIMESTAMP_OCTETS if tcb.timestamps else 0) + (uto.OCTETS if told else 0)
    return max(1, tcb.snd_mss - sack.octets(tcb, taken) - (uto.OCTETS if told else 0))


def may_send_small(tcb: Tcb) -> bool:
    """Nagle: less than a full segment goes only when nothing is outstanding (SHLD-7).

    TCP_NODELAY lifts that (MUST-17), and so does a FIN: no more octets can join the last ones.
    Urgent text does not wait either. Before the handshake is over the SYN alone is outstanding.
    """
    if tcb.corked:
        return cork.lets_small_out(tcb)
    return (
        tcb.flight == 0
        or tcb.nodelay
        or tcb.fin_queued
        or tcb.snd_up is not None
        or (tcb.flight == 1 and tcb.state in OPENING)
    )


def send_text(stack: Stack, tcb: Tcb, size: int) -> None:
    """Send `size` octets of new text. The last ones queued carry PSH (MUST-61)."""
    offset = (tcb.snd_nxt - tcb.data_seq) & seq.MASK
    text = tcb.send_buffer.read(offset, size)
    last = size == tcb.unsent
    number = tcb.snd_nxt
    note_sending(stack, tcb, size)
    flags = ACK | PSH if last else ACK
    if last and tcb.fin_queued and fin_may_go(tcb):
        flags |= FIN
        mark_fin_sent(stack, tcb)
    if tcb.rack is not None:
        note_time(stack, tcb, tcb.rack, number)
    transmit(stack, tcb, number, flags, payload=text, fresh=True)


def note_time(stack: Stack, tcb: Tcb, times: Rack, number: int) -> None:
    """Numbers from `number` on have gone out for the first time; a loss probe waits anew."""
    rack.transmitted(tcb, times, number, stack.now)
    if tcb.tail_loss is not None:
        tcb.tail_loss.timer.stop()


def note_sending(stack: Stack, tcb: Tcb, numbers: int) -> None:
    """New sequence numbers go out: SND.NXT moves, a round trip is timed.

    After a pause cwnd no longer tells of the path (RFC 5681, 4.1).
    """
    now = stack.now
    if tcb.snd_una == tcb.snd_nxt:
        tcb.stalled_since = now
        if now - tcb.sent_at > tcb.rto.rto:
            tcb.congestion.idle(tcb)
    tcb.sent_at = now
    tcb.snd_nxt = seq.add(tcb.snd_nxt, numbers)
    tcb.rto.start_timing(tcb.snd_nxt, now)


def fin_may_go(tcb: Tcb) -> bool:
    """Whether all text has been sent, the window has room for the FIN and the handshake is over."""
    ready = tcb.fin_pending and tcb.unsent == 0 and tcb.usable_window > 0
    return ready and tcb.state not in OPENING


def mark_fin_sent(stack: Stack, tcb: Tcb) -> None:
    """Count the FIN into the sequence space; from CLOSE-WAIT it leads to LAST-ACK."""
    note_sending(stack, tcb, 1)
    tcb.fin_sent = True
    if tcb.state is State.CLOSE_WAIT:
        stack.enter(tcb, State.LAST_ACK)


def send_fin(stack: Stack, tcb: Tcb) -> None:
    """Send a FIN that no text could carry."""
    number = tcb.snd_nxt
    mark_fin_sent(stack, tcb)
    if tcb.rack is not None:
        note_time(stack, tcb, tcb.rack, number)
    transmit(stack, tcb, number, FIN | ACK)


def resend(stack: Stack, tcb: Tcb, number: int, size: int) -> int:
    """Send again from `number`: `size` octets of text, and the FIN if it comes right behind.

    Returns one past the last number sent.
    """
    tcb.rto.stop_timing()
    tcb.sent_at = stack.now
    offset = seq.distance(number, tcb.data_seq)
    text = tcb.send_buffer.read(offset, size)
    ends = offset + len(text) == len(tcb.send_buffer)
    flags = ACK | PSH if ends and text else ACK
    end = seq.add(number, len(text))
    if ends and tcb.fin_sent:
        flags |= FIN
        end = tcb.snd_nxt
    if tcb.rack is not None:
        rack.retransmitted(tcb, tcb.rack, number, end, stack.now)
    transmit(stack, tcb, number, flags, payload=text)
    return end


def send_probe(stack: Stack, tcb: Tcb) -> None:
    """Probe a window of zero with one octet, or with the FIN when no octet is left (MUST-36)."""
    if tcb.flight == 0:
        if tcb.unsent:
            note_sending(stack, tcb, 1)
        else:
            mark_fin_sent(stack, tcb)
        if tcb.rack is not None:
            note_time(stack, tcb, tcb.rack, tcb.snd_una)
    tcb.probing = True
    resend(stack, tcb, tcb.snd_una, 1)


def resend_probe(stack: Stack, tcb: Tcb) -> None:
    """The window has opened: what the probe carried goes again, with what fits behind it."""
    tcb.probing = False
    size = min(len(tcb.send_buffer), full_size(tcb), tcb.snd_wnd)
    tcb.stalled_since = stack.now
    if size > tcb.flight and not tcb.fin_sent:
        tcb.snd_nxt = seq.add(tcb.snd_una, size)
        if tcb.rack is not None:
            note_time(stack, tcb, tcb.rack, tcb.snd_una)
    resend(stack, tcb, tcb.snd_una, size)


def arrange_timers(stack: Stack, tcb: Tcb) -> None:
    """Run the timer that the connection needs now: retransmission, persist or neither."""
    outstanding = tcb.snd_una != tcb.snd_nxt
    if tcb.state in OPENING:
        if tcb.snd_nxt != tcb.iss:
            start_retransmission(stack, tcb)
    elif outstanding and tcb.snd_wnd:
        stop_persist(tcb)
        start_retransmission(stack, tcb)
        if tcb.tail_loss is not None and tcb.tail_loss.timer.at is None:
            tail_loss.schedule(stack, tcb, tcb.tail_loss)
    elif not outstanding and not tcb.unsent and not tcb.fin_pending:
        stop_persist(tcb)
        tcb.retransmission.at = None
    elif tcb.snd_wnd:
        start_override(stack, tcb)
    else:
        tcb.retransmission.stop()
        start_probing(stack, tcb)
    if tcb.patience is not None:
        user_timeout.watch(stack, tcb)


def start_retransmission(stack: Stack, tcb: Tcb) -> None:
    """RFC 6298, 5.1: start the timer unless it runs."""
    if tcb.retransmission.at is None:
        stack.timers.start(tcb.retransmission, stack.now + tcb.rto.rto)


def start_probing(stack: Stack, tcb: Tcb) -> None:
    """The window has closed: the first probe waits for one RTO (SHLD-29).

    Each probe doubles `probe_wait` (SHLD-30), which is 0 while the window is open.
    """
    if tcb.probe_wait and tcb.persist.running:
        return
    if not tcb.probe_wait:
        tcb.probe_wait = tcb.rto.rto
        tcb.orphan_probes = 0
        tcb.stalled_since = stack.now
    stack.timers.start(tcb.persist, stack.now + tcb.probe_wait)


def start_override(stack: Stack, tcb: Tcb) -> None:
    """The window is open, but for a silly little: wait for more, not for long (3.8.6.2.1).

    With a congestion window of one segment a mark lets out the next after RTO (RFC 3168, 6.1.2).
    """
    if tcb.probe_wait or not tcb.persist.running:
        tcb.probe_wait = 0
        held = tcb.ecn is not None and tcb.ecn.held
        wait = tcb.rto.rto if held else tcb.settings.sws_override_ms * 1_000_000
        if tcb.corked and not held:
            wait = min(wait, cork.LONGEST)
        stack.timers.start(tcb.persist, stack.now + wait)


def stop_persist(tcb: Tcb) -> None:
    """The window is open, and nothing waits for more of it."""
    tcb.persist.stop()
    tcb.probe_wait = 0
