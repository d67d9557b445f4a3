"""The reference stack with one fault each, to show that a trial finds it.

They are faults of bookkeeping and of streams, which no single exchange shows; the ones that an
exchange shows are in `targets/mutants/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tcpref import output, recovery, segment, seq, window
from tcpref.disposition import RESET, Disposition
from tcpref.listener import Listener
from tcpref.ports import PortTable
from tcpref.reassembly import Reassembly
from tcpref.send_buffer import SendBuffer
from tcpref.stack import Stack
from tcpref.states import closed, steps
from tcpref.tcb import State, Tcb

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.ports import Binding

Fault = Callable[["Patch"], None]


def delivers_twice(patch: Patch) -> None:
    """What comes again is handed on again."""

    def deliver(tcb: Tcb, text: bytes) -> None:
        kept(tcb, text)
        if tcb.reassembly and text:
            tcb.received += text[-1:]

    kept = steps.deliver
    patch(steps, "deliver", deliver)


def misplaces_early_octets(patch: Patch) -> None:
    """What arrives ahead of its turn is kept one octet too early."""

    def insert(queue: Reassembly, start: int, octets: bytes) -> None:
        kept(queue, seq.add(start, -1), octets)

    kept = Reassembly.insert
    patch(Reassembly, "insert", insert)


def leaks_a_timer(patch: Patch) -> None:
    """A connection ends, its delayed ACK does not."""

    def stop_timers(tcb: Tcb) -> None:
        tcb.retransmission.stop()
        tcb.persist.stop()
        tcb.lingering.stop()

    patch(Tcb, "stop_timers", stop_timers)


def forgets_an_octet(patch: Patch) -> None:
    """An acknowledgement of part of a segment frees one octet too many."""

    def acknowledge(buffer: SendBuffer, count: int) -> None:
        kept(buffer, count + 1 if 0 < count < len(buffer) and count % 7 == 3 else count)

    kept = SendBuffer.acknowledge
    patch(SendBuffer, "acknowledge", acknowledge)


def never_resends_fin(patch: Patch) -> None:
    """A FIN that is lost stays lost."""

    def resend(stack: Stack, tcb: Tcb, number: int, size: int) -> int:
        sent, tcb.fin_sent = tcb.fin_sent, False
        end = kept(stack, tcb, number, size)
        tcb.fin_sent = sent
        return end

    kept = output.resend
    patch(output, "resend", resend)


def never_probes(patch: Patch) -> None:
    """A window that stays closed is never probed."""

    def start_probing(_stack: Stack, _tcb: Tcb) -> None:
        return

    patch(output, "start_probing", start_probing)


def stays_in_time_wait(patch: Patch) -> None:
    """TIME-WAIT has no end."""

    def start_lingering(stack: Stack, tcb: Tcb) -> None:
        if tcb.state is not State.TIME_WAIT:
            kept(stack, tcb)
        else:
            tcb.retransmission.stop()
            tcb.persist.stop()

    kept = recovery.start_lingering
    patch(recovery, "start_lingering", start_lingering)


def holds_the_port(patch: Patch) -> None:
    """A port stays taken when its last holder has gone."""

    def release(_table: PortTable, binding: Binding) -> None:
        binding.holders -= 1

    patch(PortTable, "release", release)


def keeps_the_dead(patch: Patch) -> None:
    """Records of connections that have ended are kept."""

    def close_connection(stack: Stack, tcb: Tcb, errno: str | None) -> None:
        kept(stack, tcb, errno)
        vars(stack).setdefault("graves", []).append(tcb)

    kept = Stack.close_connection
    patch(Stack, "close_connection", close_connection)


def takes_back_the_window(patch: Patch) -> None:
    """Octets out of order count as if they had used the window up."""

    def advance_edge(tcb: Tcb) -> None:
        room = window.free_space(tcb) - tcb.reassembly.octets()
        tcb.rcv_edge = seq.add(tcb.rcv_nxt, max(0, room))

    patch(window, "advance_edge", advance_edge)


def keeps_every_block(patch: Patch) -> None:
    """Octets beyond the window are kept as well."""

    def queue_text(tcb: Tcb, arrived: segment.Segment) -> None:
        if seq.after(arrived.seq, tcb.rcv_nxt):
            tcb.reassembly.insert(arrived.seq, arrived.payload)
        else:
            kept(tcb, arrived)

    kept = steps.queue_text
    patch(steps, "queue_text", queue_text)


def queues_without_bound(patch: Patch) -> None:
    """The accept queue takes whatever completes."""

    def admits_connection(_listener: Listener) -> bool:
        return True

    patch(Listener, "admits_connection", admits_connection)


def answers_resets(patch: Patch) -> None:
    """What belongs to no connection is answered with a reset, even if it is one."""

    def segment_arrives(_arrived: segment.Segment) -> Disposition:
        return RESET

    patch(closed, "segment_arrives", segment_arrives)


def loses_an_octet(patch: Patch) -> None:
    """Text that waits for its reader loses an octet when more comes."""

    def deliver(tcb: Tcb, text: bytes) -> None:
        kept(tcb, text)
        if len(tcb.received) > 2_000:
            del tcb.received[-1]

    kept = steps.deliver
    patch(steps, "deliver", deliver)


def takes_damaged_segments(patch: Patch) -> None:
    """The checksum is not looked at."""

    def checksum_holds(_src: bytes, _dst: bytes, _octets: bytes) -> bool:
        return True

    patch(segment, "checksum_holds", checksum_holds)


def sends_beyond_the_window(patch: Patch) -> None:
    """An acknowledgement moves the edge of the window, however old the segment that brings it."""

    def acknowledge(tcb: Tcb, arrived: segment.Segment, now: int) -> None:
        offered = tcb.snd_wnd
        kept(tcb, arrived, now)
        tcb.snd_wnd = offered

    kept = steps.acknowledge
    patch(steps, "acknowledge", acknowledge)


def raises_on_odd_text(patch: Patch) -> None:
    """A stack that stops in the middle of a segment."""

    def deliver(tcb: Tcb, text: bytes) -> None:
        if len(text) % 16 == 13:
            msg = "thirteen"
            raise IndexError(msg)
        kept(tcb, text)

    kept = steps.deliver
    patch(steps, "deliver", deliver)


#: Found by a duel, and by fuzzing; some need the one or the other.
BY_DUELS: tuple[Fault, ...] = (
    delivers_twice,
    misplaces_early_octets,
    leaks_a_timer,
    forgets_an_octet,
    never_resends_fin,
    never_probes,
    stays_in_time_wait,
    holds_the_port,
    keeps_the_dead,
    takes_back_the_window,
    takes_damaged_segments,
    sends_beyond_the_window,
    raises_on_odd_text,
)
BY_FUZZING: tuple[Fault, ...] = (
    answers_resets,
    loses_an_octet,
    delivers_twice,
    misplaces_early_octets,
    leaks_a_timer,
    forgets_an_octet,
    never_probes,
    stays_in_time_wait,
    holds_the_port,
    keeps_the_dead,
    takes_back_the_window,
    keeps_every_block,
    queues_without_bound,
    takes_damaged_segments,
    raises_on_odd_text,
)
