"""What the rows of the matrix range over, and the numbers that the edges stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.tcb import MASK, offset

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.model.tcb import Tcb

#: How far "far" is: beyond any window, short of half the circle.
FAR = 1 << 30
#: Octets of text where a row has some.
TEXT = b"ten octets"
#: How far inside the window "inside" is.
INSIDE = 100


class Control(NamedTuple):
    """One flag set of the matrix; `flags` in Scapy's letters."""

    name: str
    flags: str
    text: bytes = b""

    @property
    def length(self) -> int:
        """SEG.LEN."""
        return len(self.text) + ("S" in self.flags) + ("F" in self.flags)

    @property
    def has_ack(self) -> bool:
        """Whether SEG.ACK counts."""
        return "A" in self.flags


CONTROLS = (
    Control("none", ""),
    Control("SYN", "S"),
    Control("SYN-ACK", "SA"),
    Control("SYN-FIN", "SF"),
    Control("ACK", "A"),
    Control("ACK-data", "PA", TEXT),
    Control("FIN", "F"),
    Control("FIN-ACK", "FA"),
    Control("RST", "R"),
    Control("RST-ACK", "RA"),
    Control("URG-ACK", "UPA", TEXT),
    Control("data", "P", TEXT),
)

SeqEdge = tuple[str, "Callable[[Tcb, int], int]"]

#: SEG.SEQ by the receive window; the second argument is SEG.LEN.
SEQ_EDGES: dict[str, Callable[[Tcb, int], int]] = {
    "far-below": lambda tcb, _: tcb.rcv_nxt - FAR,
    "outside-left": lambda tcb, length: tcb.rcv_nxt - max(length, 1),
    "rcv.nxt": lambda tcb, _: tcb.rcv_nxt,
    "inside": lambda tcb, _: tcb.rcv_nxt + INSIDE,
    "right-edge": lambda tcb, _: tcb.rcv_nxt + tcb.rcv_wnd - 1,
    "outside-right": lambda tcb, _: tcb.rcv_nxt + tcb.rcv_wnd,
    "far-above": lambda tcb, _: tcb.rcv_nxt + FAR,
}

#: SEG.ACK by what is in flight.
ACK_EDGES: dict[str, Callable[[Tcb], int]] = {
    "far-below": lambda tcb: tcb.snd_una - FAR,
    "snd.una-1": lambda tcb: tcb.snd_una - 1,
    "snd.una": lambda tcb: tcb.snd_una,
    "in-flight": lambda tcb: tcb.snd_una + max(1, offset(tcb.snd_nxt, tcb.snd_una) // 2),
    "snd.nxt": lambda tcb: tcb.snd_nxt,
    "snd.nxt+1": lambda tcb: tcb.snd_nxt + 1,
    "far-above": lambda tcb: tcb.snd_nxt + FAR,
}


def seq_at(edge: str, tcb: Tcb, length: int) -> int:
    """The number that a sequence edge stands for."""
    return SEQ_EDGES[edge](tcb, length) & MASK


def ack_at(edge: str, tcb: Tcb) -> int:
    """The number that an ACK edge stands for."""
    return ACK_EDGES[edge](tcb) & MASK
