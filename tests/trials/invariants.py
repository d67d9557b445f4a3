"""What holds of a stack at any time, whatever has arrived (RFC 9293, 3.3.1 and 3.4).

A Watch is asked after each event. It remembers every connection it has seen, and compares: some
numbers only ever grow, some are bounded by settings, and each state has its timers. It is asked
often: rules are plain conditions, and words are found only for one that does not hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import OPENING, SENDING, State, Tcb
from tcpref.timers import Timer
from tests.trials.broken import BrokenError, demand

if TYPE_CHECKING:
    from tcpref.assay import Assay

MASK = 0xFFFFFFFF
HALF = 0x80000000
MS = 1_000_000
SECOND = 1_000_000_000
#: A window of 16 bits, scaled as far as RFC 7323 lets it.
LARGEST_WINDOW = 0xFFFF << 14
#: States in which text or a FIN of ours may be outstanding.
OUTSTANDING = frozenset(
    {State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK}
)
#: Events of one connection between two looks at all others.
ALL_EVERY = 8


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
        self.stack = assay.stack
        self.known: dict[Tcb, Before] = {}
        self._looks = 0

    def check(self, focus: Tcb | None = None) -> None:
        """Demand everything; raises BrokenError.

        With a focus, what happened was about that connection: others are looked at now and then.
        """
        connections = self.stack.connections
        self._looks += 1
        if focus is None or self._looks % ALL_EVERY == 0:
            for key, tcb in connections.items():
                if tcb.key != key:
                    raise BrokenError("a connection stands under its own ends", tcb.state)
                self.connection(tcb)
        elif connections.get(focus.key) is focus:
            self.connection(focus)
        if len(self.known) > len(connections):
            self.ended()
        self.tables()

    def ended(self) -> None:
        """Connections that are no longer in the table: nothing of them may go on."""
        connections = self.stack.connections
        for tcb in [tcb for tcb in self.known if connections.get(tcb.key) is not tcb]:
            demand(tcb.state is State.CLOSED, "what has left the table is CLOSED", tcb.state)
            for timer in timers(tcb):
                demand(not timer.running, "no timer of a CLOSED connection runs", timer.kind)
            demand(tcb.binding is None, "a CLOSED connection holds no port")
            del self.known[tcb]

    def tables(self) -> None:
        """Counts are within their bounds, and the tables agree."""
        stack, settings = self.stack, self.stack.settings
        if len(stack.connections) > settings.max_connections:
            raise BrokenError("connections are bounded", len(stack.connections))
        for listener in stack.listeners.values():
            half_open, complete = listener.syn_queue, listener.accept_queue
            if len(half_open) > settings.syn_queue:
                raise BrokenError("the SYN queue is bounded", len(half_open))
            if len(complete) > listener.accept_bound():
                raise BrokenError("the accept queue is bounded", len(complete))
            for tcb in (*half_open.values(), *complete):
                if stack.connections.get(tcb.key) is not tcb:
                    raise BrokenError("what waits in a queue is a connection", tcb.state)
            for tcb in half_open.values():
                if tcb.state is not State.SYN_RECEIVED:
                    raise BrokenError("what waits in the SYN queue is half open", tcb.state)
        at = stack.next_timeout()
        if at is not None and at < stack.now:
            raise BrokenError("no time-out is overdue", at)

    def connection(self, tcb: Tcb) -> None:
        """One connection: against its past, its bounds and its state."""
        before = self.known.get(tcb)
        if before is None:
            before = self.known[tcb] = Before(tcb)
        numbers(tcb, before)
        buffers(tcb, before)
        timers_fit(tcb)
        deadlines(tcb, self.stack.now)
        before.take(tcb)


def numbers(tcb: Tcb, before: Before) -> None:
    """SND.UNA <= SND.NXT, and nothing goes back."""
    flight = (tcb.snd_nxt - tcb.snd_una) & MASK
    if flight > len(tcb.send_buffer) + 2:
        raise BrokenError("SND.UNA =< SND.NXT =< queued", flight)
    if tcb.unsent < 0:
        raise BrokenError("no more is sent than was queued", tcb.unsent)
    if (tcb.snd_una - before.snd_una) & MASK >= HALF:
        raise BrokenError("SND.UNA never goes back", tcb.snd_una)
    if (tcb.snd_nxt - before.snd_nxt) & MASK >= HALF:
        raise BrokenError("SND.NXT never goes back", tcb.snd_nxt)
    if before.state is not State.SYN_SENT:
        if (tcb.rcv_nxt - before.rcv_nxt) & MASK >= HALF:
            raise BrokenError("RCV.NXT never goes back", tcb.rcv_nxt)
        if (tcb.rcv_edge - before.rcv_edge) & MASK >= HALF:
            raise BrokenError("the edge never goes back", tcb.rcv_edge)
    if tcb.fin_seq is not None and 1 < (tcb.rcv_nxt - tcb.fin_seq) & MASK < HALF:
        raise BrokenError("nothing follows the peer's FIN", tcb.rcv_nxt)


def buffers(tcb: Tcb, before: Before) -> None:
    """Windows and queues are within what the application allowed."""
    before.rcv_buffer = room = max(before.rcv_buffer, tcb.rcv_buffer)
    window = ((tcb.rcv_edge - tcb.rcv_nxt + HALF) & MASK) - HALF
    if window < -tcb.fin_received or window > min(room, LARGEST_WINDOW):
        raise BrokenError("the window is bounded", window)
    waiting = len(tcb.received)
    early = tcb.reassembly.octets() if tcb.reassembly else 0
    if waiting + early > room:
        raise BrokenError("received octets are bounded", f"{waiting} + {early}")
    if waiting + window > room:
        raise BrokenError("the window is what the buffer holds", f"{waiting} + {window}")
    if early > max(0, window):
        raise BrokenError("octets out of order lie in the window", early)
    if tcb.socket is not None and len(tcb.send_buffer) > tcb.socket.snd_buffer:
        raise BrokenError("queued octets are bounded", len(tcb.send_buffer))


def timers_fit(tcb: Tcb) -> None:
    """Each state has its timers: what can be lost is waited for, and nothing else is."""
    state = tcb.state
    resends, probes = tcb.retransmission.running, tcb.persist.running
    if resends and probes:
        raise BrokenError("retransmission and persist timer exclude each other", state)
    if tcb.unacked_octets and not tcb.delayed_ack.running:
        raise BrokenError("an acknowledgement that is owed is due", state)
    if state in OPENING:
        if not resends:
            raise BrokenError("a SYN that may be lost is sent again", state)
    elif state in OUTSTANDING:
        if bool(tcb.flight or tcb.unsent or tcb.fin_pending) is not (resends or probes):
            raise BrokenError("a timer runs while something waits", state)
    elif resends or probes:
        raise BrokenError("nothing waits in this state", state)
    abandoned = state is State.FIN_WAIT_2 and tcb.app_gone and tcb.settings.fin_wait_2_s
    if tcb.lingering.running is not (state is State.TIME_WAIT or bool(abandoned)):
        raise BrokenError("a state without end has a timer", state)
    if tcb.fin_sent and state in SENDING:
        raise BrokenError("a FIN leads out of the state", state)


def deadlines(tcb: Tcb, now: int) -> None:
    """No timer is set further ahead than its longest wait."""
    settings = tcb.settings
    longest_rto = now + settings.rto_max_ms * MS
    lingering = max(2 * settings.msl_s, settings.fin_wait_2_s) * SECOND
    for timer, latest in (
        (tcb.retransmission, longest_rto),
        (tcb.persist, longest_rto),
        (tcb.delayed_ack, now + settings.delayed_ack_ms * MS),
        (tcb.lingering, now + lingering),
    ):
        if timer.at is not None and timer.at > latest:
            raise BrokenError("a timer waits no longer than it may", timer.kind)


def timers(tcb: Tcb) -> list[Timer]:
    """All timers of a connection: its own, and those of what it has been asked for."""
    parts = [getattr(tcb, name) for name in Tcb.__slots__]
    parts += [getattr(part, "timer", None) for part in parts]
    return [part for part in parts if isinstance(part, Timer)]
