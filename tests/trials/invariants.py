"""What holds of a stack at any time, whatever has arrived (RFC 9293, 3.3.1 and 3.4).

A Watch is asked after each event. It remembers every connection it has seen, and compares: some
numbers only ever grow, some are bounded by settings, and each state has its timers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.trials.broken import demand
from tests.trials.observer import ahead

from tcpref.tcb import OPENING, SENDING, State, Tcb

if TYPE_CHECKING:
    from tcpref.assay import Assay
    from tcpref.timers import Timer

MS = 1_000_000
SECOND = 1_000_000_000
#: Octets by which a window's edge may be rounded.
LARGEST_WINDOW = 0xFFFF << 14
#: States in which text or a FIN of ours may be outstanding.
OUTSTANDING = frozenset(
    {State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK}
)


class Before:
    """What a connection was when it was looked at last."""

    __slots__ = ("rcv_buffer", "rcv_edge", "rcv_nxt", "snd_nxt", "snd_una", "state")

    def __init__(self, tcb: Tcb) -> None:
        self.rcv_buffer = tcb.rcv_buffer
        self.take(tcb)

    def take(self, tcb: Tcb) -> None:
        """Remember the numbers of now."""
        self.state = tcb.state
        self.snd_una = tcb.snd_una
        self.snd_nxt = tcb.snd_nxt
        self.rcv_nxt = tcb.rcv_nxt
        self.rcv_edge = tcb.rcv_edge


class Watch:
    """All connections of one stack."""

    def __init__(self, assay: Assay) -> None:
        self.assay = assay
        self.stack = assay.stack
        self.known: dict[Tcb, Before] = {}

    def check(self) -> None:
        """Demand everything; raises BrokenError."""
        connections = self.stack.connections
        for key, tcb in connections.items():
            demand(tcb.key == key, "a connection stands under its own ends")
            self.connection(tcb)
        if len(self.known) > len(connections):
            self.ended()
        self.tables()

    def ended(self) -> None:
        """Connections that are no longer in the table: nothing of them may go on."""
        connections = self.stack.connections
        gone = [tcb for tcb in self.known if connections.get(tcb.key) is not tcb]
        for tcb in gone:
            demand(tcb.state is State.CLOSED, "what has left the table is CLOSED", tcb.state)
            for timer in timers(tcb):
                demand(not timer.running, "no timer of a CLOSED connection runs", timer.kind)
            demand(tcb.binding is None, "a CLOSED connection holds no port")
            del self.known[tcb]

    def tables(self) -> None:
        """Counts are within their bounds, and the tables agree."""
        stack, settings = self.stack, self.stack.settings
        demand(
            len(stack.connections) <= settings.max_connections,
            "connections are bounded",
            len(stack.connections),
        )
        for listener in stack.listeners.values():
            half_open, complete = len(listener.syn_queue), len(listener.accept_queue)
            demand(half_open <= settings.syn_queue, "the SYN queue is bounded", half_open)
            demand(complete <= listener.accept_bound(), "the accept queue is bounded", complete)
            for tcb in (*listener.syn_queue.values(), *listener.accept_queue):
                kept = stack.connections.get(tcb.key) is tcb
                demand(kept, "what waits in a queue is a connection", tcb.state)
            for tcb in listener.syn_queue.values():
                opening = tcb.state is State.SYN_RECEIVED
                demand(opening, "what waits in the SYN queue is half open", tcb.state)
        at = stack.next_timeout()
        demand(at is None or at >= stack.now, "no time-out is overdue", at)

    def connection(self, tcb: Tcb) -> None:
        """One connection: against its past, its bounds and its state."""
        before = self.known.get(tcb)
        if before is None:
            before = self.known[tcb] = Before(tcb)
        self.numbers(tcb, before)
        self.buffers(tcb, before)
        self.timers_fit(tcb)
        before.take(tcb)

    @staticmethod
    def numbers(tcb: Tcb, before: Before) -> None:
        """SND.UNA <= SND.NXT, and nothing goes back."""
        flight = ahead(tcb.snd_nxt, tcb.snd_una)
        demand(0 <= flight <= len(tcb.send_buffer) + 2, "SND.UNA =< SND.NXT =< queued", flight)
        demand(tcb.unsent >= 0, "no more is sent than was queued", tcb.unsent)
        demand(ahead(tcb.snd_una, before.snd_una) >= 0, "SND.UNA never goes back")
        demand(ahead(tcb.snd_nxt, before.snd_nxt) >= 0, "SND.NXT never goes back")
        if before.state is not State.SYN_SENT:
            demand(ahead(tcb.rcv_nxt, before.rcv_nxt) >= 0, "RCV.NXT never goes back")
            demand(ahead(tcb.rcv_edge, before.rcv_edge) >= 0, "the edge never goes back")
        if tcb.fin_seq is not None:
            past = ahead(tcb.rcv_nxt, tcb.fin_seq)
            demand(past <= 1, "nothing follows the peer's FIN", past)

    @staticmethod
    def buffers(tcb: Tcb, before: Before) -> None:
        """Windows and queues are within what the application allowed."""
        before.rcv_buffer = room = max(before.rcv_buffer, tcb.rcv_buffer)
        window = ahead(tcb.rcv_edge, tcb.rcv_nxt)
        fin = int(tcb.fin_received)
        demand(-fin <= window <= min(room, LARGEST_WINDOW), "the window is bounded", window)
        waiting, early = len(tcb.received), tcb.reassembly.octets()
        demand(waiting + early <= room, "received octets are bounded", f"{waiting} + {early}")
        demand(waiting + window <= room, "the window is what the buffer holds", window)
        demand(early <= max(0, window), "octets out of order lie in the window", early)
        if tcb.socket is not None:
            queued = len(tcb.send_buffer)
            demand(queued <= tcb.socket.snd_buffer, "queued octets are bounded", queued)

    def timers_fit(self, tcb: Tcb) -> None:
        """Each state has its timers: what can be lost is waited for, and nothing else is."""
        state = tcb.state
        resends, probes = tcb.retransmission.running, tcb.persist.running
        demand(not (resends and probes), "retransmission and persist timer exclude each other")
        demand(
            tcb.delayed_ack.running or not tcb.unacked_octets,
            "an acknowledgement that is owed is due",
        )
        if state in OPENING:
            demand(resends, "a SYN that may be lost is sent again", state)
        elif state in OUTSTANDING:
            waits = bool(tcb.flight or tcb.unsent or tcb.fin_pending)
            demand(waits == (resends or probes), "a timer runs while something waits", state)
        else:
            demand(not (resends or probes), "nothing waits in this state", state)
        self.lingering_fits(tcb)
        self.deadlines(tcb)

    @staticmethod
    def lingering_fits(tcb: Tcb) -> None:
        """TIME-WAIT ends, and so does a FIN-WAIT-2 that nobody can read from."""
        abandoned = tcb.state is State.FIN_WAIT_2 and tcb.app_gone and tcb.settings.fin_wait_2_s
        wanted = tcb.state is State.TIME_WAIT or bool(abandoned)
        demand(tcb.lingering.running == wanted, "a state without end has a timer", tcb.state)
        if tcb.state in SENDING:
            demand(not tcb.fin_sent, "a FIN leads out of the state", tcb.state)

    def deadlines(self, tcb: Tcb) -> None:
        """No timer is set further ahead than its longest wait."""
        settings, now = tcb.settings, self.stack.now
        longest = (
            (tcb.retransmission, settings.rto_max_ms * MS),
            (tcb.persist, settings.rto_max_ms * MS),
            (tcb.delayed_ack, settings.delayed_ack_ms * MS),
            (tcb.lingering, max(2 * settings.msl_s, settings.fin_wait_2_s) * SECOND),
        )
        for timer, limit in longest:
            late = timer.at is not None and timer.at - now > limit
            demand(not late, "a timer waits no longer than it may", timer.kind)


def timers(tcb: Tcb) -> tuple[Timer, ...]:
    """All timers of a connection."""
    return tcb.retransmission, tcb.persist, tcb.delayed_ack, tcb.lingering
