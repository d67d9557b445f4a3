"""Urgent data (RFC 9293, 3.8.5; RFC 6093).

The urgent pointer names the octet behind the last urgent one (MUST-62). Of any length of urgent
data (MUST-31) the socket interface shows one octet, the last: the mark stands in front of it.
Unless SO_OOBINLINE is on, that octet is not part of the stream: recv() with MSG_OOB takes it, and
whoever reads past the mark without having done so has lost it. A pointer that moves forward moves
the mark, and the octet that was marked before stays in the stream like any other.

RFC 9293, 3.10.7.4 lets the pointer count while the octet is still to come, or when it has come and
has not been read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.segment import SYN, URG, Segment

if TYPE_CHECKING:
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

LARGEST_POINTER = 0xFFFF


class Mark:
    """Where the urgent octet is, from the reader's side.

    `pointer` is RCV.UP; `ahead` counts the octets of the stream, here or still to come, in front
    of the mark; `taken` says that MSG_OOB has taken the octet, `told` that the application knows.
    """

    __slots__ = ("ahead", "pointer", "taken", "told")

    def __init__(self, pointer: int, ahead: int) -> None:
        self.pointer = pointer
        self.ahead = ahead
        self.taken = False
        self.told = False


# The sender.
def point_behind_queue(tcb: Tcb) -> None:
    """SEND with the urgent flag (3.10.2): SND.UP is the number behind all that is queued."""
    tcb.snd_up = seq.add(tcb.data_seq, len(tcb.send_buffer))


def pointer_of(tcb: Tcb, number: int, flags: int) -> int:
    """The urgent pointer field of a segment that begins at `number`; 0 for one without URG.

    The field says at most 65535; a pointer farther ahead is approached segment by segment.
    """
    up = tcb.snd_up
    if up is None or flags & SYN:
        return 0
    if not seq.after(up, tcb.snd_una):
        tcb.snd_up = None
        return 0
    return min(max(0, seq.distance(up, number)), LARGEST_POINTER)


def unannounced(tcb: Tcb) -> bool:
    """Whether urgent text waits that no window has let out yet.

    The peer looks at URG whatever its window (MUST-66), so it can be told before the text goes.
    """
    return tcb.snd_up is not None and seq.after(tcb.snd_up, tcb.snd_nxt)


# The receiver.
def arrives(tcb: Tcb, segment: Segment) -> None:
    """RCV.UP <- max(RCV.UP, SEG.UP), unless what it points to has been read (3.10.7.4)."""
    if not segment.flags & URG or not tcb.settings.urgent:
        return
    pointer = seq.add(segment.seq, segment.urgent)
    ahead = len(tcb.received) + seq.distance(pointer, tcb.rcv_nxt) - 1
    if ahead >= 0 and (tcb.mark is None or seq.after(pointer, tcb.mark.pointer)):
        tcb.mark = Mark(pointer, ahead)


def tell(stack: Stack, tcb: Tcb) -> None:
    """Tell the application once for each advance of the pointer (MUST-32): SIGURG."""
    mark, socket = tcb.mark, tcb.socket
    if mark is None or mark.told or socket is None:
        return
    mark.told = True
    if socket.owner is not None and socket.owner.alive:
        stack.events.append(("signal", socket.owner.number, "SIGURG"))


def octet_waits(tcb: Tcb) -> bool:
    """Whether the urgent octet has come and nobody has taken it."""
    mark = tcb.mark
    return mark is not None and not mark.taken and mark.ahead < len(tcb.received)


def exceptional(tcb: Tcb) -> bool:
    """POSIX, select(): the octet can be taken, or the mark is in the receive queue."""
    return octet_waits(tcb) or (tcb.mark is not None and tcb.mark.taken)


def at_mark(tcb: Tcb) -> bool:
    """POSIX, sockatmark(): all in front of the mark has been read (MUST-33)."""
    return tcb.mark is not None and tcb.mark.ahead == 0


def skipped(tcb: Tcb, *, inline: bool) -> int:
    """Octets that a read from here leaves out: the urgent one, where reading begins at it."""
    return int(not inline and at_mark(tcb) and octet_waits(tcb))


def readable(tcb: Tcb, *, inline: bool) -> int:
    """How many octets one read may give: it never crosses the mark."""
    waiting = len(tcb.received)
    mark = tcb.mark
    if mark is None:
        return waiting
    if mark.ahead:
        return min(waiting, mark.ahead)
    return waiting - skipped(tcb, inline=inline)


def passed(tcb: Tcb, count: int) -> None:
    """`count` octets have been read: the mark comes nearer, or lies behind."""
    mark = tcb.mark
    if mark is not None and count:
        if mark.ahead:
            mark.ahead -= count
        else:
            tcb.mark = None


def take_octet(tcb: Tcb, *, peek: bool) -> bytes:
    """The urgent octet, which has come; the mark stays until the stream is read beyond it."""
    mark = tcb.mark
    if mark is None:
        return b""
    octet = bytes(tcb.received[mark.ahead : mark.ahead + 1])
    if not peek:
        del tcb.received[mark.ahead]
        mark.taken = True
    return octet
