"""TCP Fast Open: text on a SYN, for peers that have shown a cookie (RFC 7413).

Server (4.2): a listener takes part once TCP_FASTOPEN has given it a queue. A SYN with a valid
cookie opens the connection early: its text is delivered, accept() returns it in SYN-RECEIVED, and
what the application answers follows the SYN,ACK. Any other cookie gets a plain handshake with a
cookie in the SYN,ACK, and the text on the SYN is dropped.

Client: MSG_FASTOPEN, or TCP_FASTOPEN_CONNECT with the first text, puts cookie and text on the SYN,
or asks for a cookie where none is known. A SYN that goes again has neither (4.2.2), nor has a
SYN,ACK. What the server leaves unacknowledged goes again with the first ACK.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_cookies, output, seq
from tcpref.fastopen import FastOpen
from tcpref.states import steps
from tcpref.tcb import OPENING, State

if TYPE_CHECKING:
    from tcpref.fastopen_cookies import FastOpenQueue
    from tcpref.listener import Listener
    from tcpref.segment import Segment
    from tcpref.stack import Stack
    from tcpref.tcb import Key, Tcb

SECOND = 1_000_000_000


# Server.
def syn_arrives(stack: Stack, listener: Listener, tcb: Tcb, segment: Segment) -> None:
    """Steps 1 to 4 of RFC 7413, 4.2.2: whether the SYN opens the connection at once."""
    queue, cookie = listener.socket.fast_open, segment.options.fast_open
    if queue is None or cookie is None or not queue.limit or not stack.settings.fast_open:
        return
    admitted = queue.admits(stack.now)
    period = stack.now // (stack.settings.fast_open_key_s * SECOND)
    client = tcb.key[2]
    age = fastopen_cookies.age_of(cookie, stack.secret, client, period) if admitted else None
    tcb.fast_open = FastOpen()
    if age is None:
        steps.drop_held_text(tcb)
    else:
        open_early(stack, listener, tcb, queue)
    if admitted and age != 0:
        tcb.fast_open.option = fastopen_cookies.make(stack.secret, client, period)


def open_early(stack: Stack, listener: Listener, tcb: Tcb, queue: FastOpenQueue) -> None:
    """Deliver the text and let accept() have the connection; a FIN waits for the handshake."""
    if tcb.fast_open is not None:
        tcb.fast_open.early, tcb.fast_open.queue = True, queue
    queue.pending += 1
    steps.deliver(tcb, tcb.reassembly.take(tcb.rcv_nxt))
    tcb.congestion.opened(tcb)  # RFC 7413, 4.2.2: what follows keeps to the initial window.
    listener.complete(tcb)
    stack.wake(tcb)


# Client.
def for_open(stack: Stack, key: Key) -> FastOpen | None:
    """What an active open brings along; None for a path that fast open has not passed lately."""
    if stack.fast_opens.avoids(key, stack.now):
        return None
    grant = stack.fast_opens.grant_for(key)
    if grant is None:
        return FastOpen(b"")
    opening = FastOpen(grant.cookie)
    opening.mss = grant.mss
    return opening


def deferred_open(stack: Stack, key: Key) -> FastOpen | None:
    """For TCP_FASTOPEN_CONNECT: without a cookie the SYN asks for one at once."""
    opening = for_open(stack, key)
    if opening is not None:
        opening.deferred = bool(opening.option)
    return opening


def begin_deferred(stack: Stack, tcb: Tcb) -> None:
    """The first text is here: the SYN goes (TCP_FASTOPEN_CONNECT)."""
    if tcb.fast_open is not None:
        tcb.fast_open.deferred = False
    stack.start_handshake(tcb)


def learn(stack: Stack, tcb: Tcb, opening: FastOpen) -> None:
    """The handshake of a client is over: what it has shown (4.1.3, 4.1.3.1).

    A SYN whose text was not taken, and which brought no cookie, has failed; so has one that got
    through only without the option.
    """
    cookie, mss = opening.answer
    taken = opening.text and seq.after(tcb.snd_una, seq.add(tcb.iss, 1))
    if cookie:
        stack.fast_opens.learn(tcb.key, cookie, mss)
    elif taken:
        stack.fast_opens.works(tcb.key)
    elif opening.text or (opening.offered and tcb.syn_lost):
        stack.fast_opens.fails(tcb.key, stack.now, stack.settings.fast_open_retry_s)


def resend(stack: Stack, tcb: Tcb) -> None:
    """Text of our SYN that the SYN,ACK has left out goes with the first ACK (4.2.2)."""
    number = tcb.snd_una
    end = seq.add(number, min(tcb.flight, len(tcb.send_buffer), tcb.snd_wnd))
    while seq.before(number, end):
        size = min(seq.distance(end, number), tcb.snd_mss)
        number = output.resend(stack, tcb, number, size)


# Both.
def send(stack: Stack, tcb: Tcb) -> None:
    """The application has given text before the handshake is over."""
    opening = tcb.fast_open
    if opening is None:
        return
    if opening.deferred:
        begin_deferred(stack, tcb)
    elif opening.early:
        output.send_queued(stack, tcb)


def established(stack: Stack, tcb: Tcb) -> None:
    """The handshake is over."""
    opening = tcb.fast_open
    if opening is None:
        return
    if opening.queue is not None:
        opening.queue.leave(stack.now, reset=False)
        opening.queue = None
    if not tcb.passive:
        learn(stack, tcb, opening)


def after_segment(stack: Stack, tcb: Tcb) -> None:
    """Behind the segment that has ended the handshake the connection is as any other."""
    if tcb.state in OPENING:
        return
    opening, tcb.fast_open = tcb.fast_open, None
    if opening is not None and opening.text:
        resend(stack, tcb)


def ended(stack: Stack, tcb: Tcb, errno: str | None) -> None:
    """The connection has ended, perhaps before its handshake was over."""
    opening, tcb.fast_open = tcb.fast_open, None
    if opening is None:
        return
    if opening.queue is not None:
        opening.queue.leave(stack.now, reset=errno == "ECONNRESET")
    elif opening.offered and errno is not None and tcb.state is State.SYN_SENT:
        stack.fast_opens.fails(tcb.key, stack.now, stack.settings.fast_open_retry_s)
