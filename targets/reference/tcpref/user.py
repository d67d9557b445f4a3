"""The user calls of RFC 9293, 3.10.1 to 3.10.5, on connections that exist.

Which errors an application gets is decided above, in the socket calls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ecn, fastopen_stack, output, pmtu, resets, urgent, window
from tcpref.tcb import RECEIVING, SENDING, Key, State, Tcb

if TYPE_CHECKING:
    from tcpref.fastopen import FastOpen
    from tcpref.ports import Binding
    from tcpref.sockets import Socket
    from tcpref.stack import Stack

#: States in which ABORT sends a reset (RFC 9293, 3.10.5).
RESETTABLE = frozenset(
    {
        State.SYN_RECEIVED,
        State.ESTABLISHED,
        State.FIN_WAIT_1,
        State.FIN_WAIT_2,
        State.CLOSE_WAIT,
    }
)


def open_actively(
    stack: Stack,
    socket: Socket,
    key: Key,
    binding: Binding,
    opening: FastOpen | None = None,
    text: bytes = b"",
) -> Tcb:
    """OPEN (3.10.1): a SYN goes out and the connection is in SYN-SENT.

    `text` is what fast open may put on the SYN; a deferred `opening` waits with the SYN for some.
    """
    tcb = Tcb(key, stack.settings, stack.choose_iss(key), passive=False)
    socket.configure(tcb)
    pmtu.begin(stack, tcb)
    ecn.offer(tcb)
    tcb.socket = socket
    tcb.binding = stack.ports.share(binding)
    stack.connections[key] = tcb
    tcb.fast_open = opening
    if opening is not None and opening.option:
        tcb.send_buffer.append(text)
    stack.enter(tcb, State.SYN_SENT)
    if opening is None or not opening.deferred:
        stack.start_handshake(tcb)
    return tcb


def send(stack: Stack, tcb: Tcb, octets: bytes) -> None:
    """SEND (3.10.2): queue text, and send what may go. Before ESTABLISHED it only queues."""
    tcb.send_buffer.append(octets)
    if tcb.state in SENDING:
        output.send_queued(stack, tcb)
    elif tcb.fast_open is not None:
        fastopen_stack.send(stack, tcb)


def send_urgent(stack: Stack, tcb: Tcb, octets: bytes) -> None:
    """SEND with the urgent flag: the peer is told at once, whatever its window lets out."""
    tcb.send_buffer.append(octets)
    urgent.point_behind_queue(tcb)
    if tcb.state in SENDING:
        output.send_queued(stack, tcb)
        if urgent.unannounced(tcb):
            output.send_ack(stack, tcb)
    elif tcb.fast_open is not None:
        fastopen_stack.send(stack, tcb)


def receive(stack: Stack, tcb: Tcb, count: int, *, peek: bool) -> bytes:
    """RECEIVE (3.10.3): at most `count` octets in order; the window may open by them.

    Never across the mark of urgent data, and without the octet behind it unless SO_OOBINLINE is on.
    """
    if not tcb.received:
        return b""
    start = 0
    if tcb.mark is not None:
        inline = tcb.socket is not None and tcb.socket.oob_inline
        count = min(count, urgent.readable(tcb, inline=inline))
        start = urgent.skipped(tcb, inline=inline) if count else 0
    octets = bytes(tcb.received[start : start + count])
    if octets and not peek:
        del tcb.received[: start + count]
        urgent.passed(tcb, len(octets))
        announce_room(stack, tcb)
    return octets


def receive_urgent(stack: Stack, tcb: Tcb, *, peek: bool) -> bytes:
    """The urgent octet, which has come."""
    octet = urgent.take_octet(tcb, peek=peek)
    if not peek:
        announce_room(stack, tcb)
    return octet


def announce_room(stack: Stack, tcb: Tcb) -> None:
    """Tell the peer of a window that has opened; after its FIN it has no more use for one."""
    if tcb.state in RECEIVING and window.update_wanted(tcb):
        output.send_ack(stack, tcb)


def stop_receiving(stack: Stack, tcb: Tcb) -> None:
    """Nobody will read: what waits is thrown away, and so is all that is still to come."""
    tcb.discard_received()
    announce_room(stack, tcb)


def close(stack: Stack, tcb: Tcb) -> None:
    """CLOSE (3.10.4): no more SENDs; the FIN follows what is queued.

    From CLOSE-WAIT the next state is entered when the FIN goes out; in SYN-RECEIVED the FIN waits
    for the handshake.
    """
    if tcb.fin_queued or tcb.state is State.CLOSED:
        return
    if tcb.state is State.SYN_SENT:
        stack.close_connection(tcb, None)
        return
    tcb.fin_queued = True
    if tcb.state is State.ESTABLISHED:
        stack.enter(tcb, State.FIN_WAIT_1)
    if tcb.state is not State.SYN_RECEIVED:
        output.send_queued(stack, tcb)


def abandon(stack: Stack, tcb: Tcb) -> None:
    """Nobody can read any more: close, or reset if text is lost by it (SHLD-3)."""
    tcb.app_gone = True
    if tcb.received and tcb.state in RESETTABLE:
        abort(stack, tcb, None)
        return
    tcb.discard_received()
    close(stack, tcb)
    if tcb.state is State.FIN_WAIT_2:
        stack.enter(tcb, State.FIN_WAIT_2)  # Its time is limited from now on.


def abort(stack: Stack, tcb: Tcb, errno: str | None) -> None:
    """ABORT (3.10.5): throw away what is queued; tell the peer unless it has closed already."""
    if tcb.state in RESETTABLE:
        stack.emit(resets.abort_of(tcb, stack.now))
    tcb.flush()
    stack.close_connection(tcb, errno)
