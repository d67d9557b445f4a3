"""What may be true of the target's end of one connection (RFC 9293, 3.3.1 and 3.3.2).

The names are the RFC's, the numbers plain integers modulo 2^32.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

MASK = 0xFFFF_FFFF
HALF = 0x8000_0000

#: Whether the application reads what comes, has shut that direction down, or is gone.
Read = Literal["open", "shut", "gone"]

#: The states of RFC 9293, 3.3.2, in the order in which it names them.
State = Literal[
    "LISTEN",
    "SYN-SENT",
    "SYN-RECEIVED",
    "ESTABLISHED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "CLOSE-WAIT",
    "CLOSING",
    "LAST-ACK",
    "TIME-WAIT",
    "CLOSED",
]

#: States in which both ends know each other's initial number (RFC 9293, 3.5).
SYNCHRONIZED = frozenset(
    {"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}
)
#: States in which the peer may still send text (RFC 9293, 3.10.7.4, seventh).
RECEIVING = frozenset({"ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"})
#: States in which the peer's FIN has been taken.
FIN_TAKEN = frozenset({"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"})


def offset(number: int, origin: int) -> int:
    """Octets from `origin` to `number` on the circle: -2^31 to 2^31 - 1 (RFC 9293, 3.4)."""
    return ((number - origin + HALF) & MASK) - HALF


class Tcb(NamedTuple):
    """One connection of the target, as far as its RFC variables go.

    `snd_wnd` and `rcv_wnd` are octets, scaled. `rcv_wnd` reaches to the right edge last announced.
    `fin_sent` says that our FIN is the last thing before SND.NXT. `read` is how the application
    stands to what arrives: "open", "shut" once it has shut down that direction, "gone" once nobody
    can read it any more (3.6.1). `held` are
    the ranges above RCV.NXT that have arrived, and `fin` is the number of a FIN that has.
    `ts_offered`, `ts_recent` (None: no timestamps) and `last_ack` are RFC 7323's: whether our SYN
    had the option, TS.Recent and Last.ACK.sent. `early` says that the application has a passive
    connection before its handshake is over (RFC 7413).
    """

    state: State
    passive: bool = True
    iss: int = 0
    snd_una: int = 0
    snd_nxt: int = 0
    snd_wnd: int = 0
    snd_wl1: int = 0
    snd_wl2: int = 0
    max_snd_wnd: int = 0
    fin_sent: bool = False
    irs: int = 0
    rcv_nxt: int = 0
    rcv_wnd: int = 0
    read: Read = "open"
    held: tuple[tuple[int, int], ...] = ()
    fin: int | None = None
    ts_offered: bool = False
    ts_recent: int | None = None
    last_ack: int = 0
    early: bool = False

    def acks_our_fin(self, ack: int) -> bool:
        """Whether an acceptable ACK number covers our FIN."""
        return self.fin_sent and ack == self.snd_nxt

    @property
    def reset_numbers(self) -> tuple[int, ...]:
        """Where a reset of ours may stand: SND.NXT (3.10.5), what it was when an ACK is on its way,
        and the edge of a window that has shrunk below what is in flight.
        """
        in_flight, offered = offset(self.snd_nxt, self.snd_una), self.offered
        if offered >= in_flight:
            return self.snd_nxt, self.snd_una
        return self.snd_nxt, self.snd_una, (self.snd_una + offered) & MASK

    @property
    def offered(self) -> int:
        """Octets from SND.UNA on that the peer has offered to take.

        SEG.WND counts from "the one indicated in the acknowledgment field" beside it (3.1): what an
        older segment has acknowledged since then has used it up.
        """
        since = 0 if self.state == "SYN-RECEIVED" else offset(self.snd_wl2, self.snd_una)
        return max(0, self.snd_wnd + min(since, 0))

    @property
    def syn_heard(self) -> bool:
        """Whether the peer's SYN has come, so that `irs` is its number: 0 is a number as any."""
        return self.rcv_nxt != self.irs

    @property
    def fin_taken(self) -> bool:
        """Whether the peer's FIN lies below RCV.NXT."""
        return self.fin is not None and offset(self.rcv_nxt, self.fin) > 0


def text_in_order(tcb: Tcb) -> int:
    """Octets of the peer's text up to RCV.NXT or its FIN; 0 before its SYN."""
    if not tcb.syn_heard:
        return 0
    end = tcb.fin if tcb.fin is not None and tcb.fin_taken else tcb.rcv_nxt
    return offset(end, tcb.irs) - 1


def advance(tcb: Tcb, octets: int) -> Tcb:
    """RCV.NXT over `octets` and what was held behind them; the right edge stays (TEXT-EDGE)."""
    edge = (tcb.rcv_nxt + tcb.rcv_wnd) & MASK
    nxt = (tcb.rcv_nxt + octets) & MASK
    held = tcb.held
    while held and offset(held[0][0], nxt) <= 0:
        if offset(held[0][1], nxt) > 0:
            nxt = held[0][1]
        held = held[1:]
    return tcb._replace(rcv_nxt=nxt, rcv_wnd=max(0, offset(edge, nxt)), held=held)
