"""What fast open means for one connection, and what it puts on a SYN (RFC 7413).

A connection that takes part has a `FastOpen` in its TCB until its handshake is over; all others
have None there, and pay nothing. What is done with it is in `fastopen_stack`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.options import MOST_OPTION_OCTETS, TIMESTAMP_OCTETS, build_fast_open, without_padding

if TYPE_CHECKING:
    from tcpref.fastopen_cookies import FastOpenQueue
    from tcpref.segment import Segment
    from tcpref.tcb import Tcb


class FastOpen:
    """Fast open on one connection.

    `option` is the cookie that the next SYN or SYN,ACK carries, empty to ask for one; None once it
    has gone. `early`: the application has a passive connection before its handshake is over, and
    `queue` counts it as pending. `text` octets went with our SYN; `offered` says that it had the
    option. `mss` is the server's as cached. `deferred`: the SYN waits for the first text.
    """

    __slots__ = ("answer", "deferred", "early", "mss", "offered", "option", "queue", "text")

    def __init__(self, option: bytes | None = None) -> None:
        self.option = option
        self.early = False
        self.queue: FastOpenQueue | None = None
        self.offered = False
        self.text = 0
        self.mss: int | None = None
        self.deferred = False
        self.answer: tuple[bytes | None, int | None] = (None, None)


def syn_extras(tcb: Tcb, options: bytes) -> tuple[bytes, bytes]:
    """The options of a SYN or SYN,ACK that has `options` besides, and its text.

    Once only: what goes again has neither. Without room for the option there is a plain handshake.
    """
    opening = tcb.fast_open
    if opening is None or opening.option is None:
        return options, b""
    cookie, opening.option = opening.option, None
    room = MOST_OPTION_OCTETS - (TIMESTAMP_OCTETS if tcb.timestamps else 0)
    extended = options + build_fast_open(cookie)
    if len(extended) > room:
        extended = without_padding(extended)
    if len(extended) > room:
        return options, b""
    if tcb.passive:
        return extended, b""
    opening.offered = True
    if not cookie:
        return extended, b""
    mss = min(tcb.announced_mss, opening.mss or tcb.default_mss)
    taken = MOST_OPTION_OCTETS - room + len(extended)
    text = tcb.send_buffer.read(0, max(0, mss - taken))
    opening.text = len(text)
    return extended, text


def answered(tcb: Tcb, segment: Segment) -> None:
    """Keep what the SYN,ACK says until the stack can remember it."""
    if tcb.fast_open is not None:
        tcb.fast_open.answer = (segment.options.fast_open, segment.options.mss)
