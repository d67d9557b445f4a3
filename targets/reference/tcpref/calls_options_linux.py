"""Options that Linux has beyond POSIX (tcp(7), socket(7)): SO_REUSEPORT, TCP_CORK, TCP_QUICKACK,
TCP_SYNCNT, TCP_DEFER_ACCEPT, TCP_WINDOW_CLAMP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import quickack
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpref.arguments import Arguments
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

MOST_SYNS = 127
SMALLEST_WINDOW = 256


def set_reuseport(made: Socket, args: Arguments) -> None:
    """SO_REUSEPORT: may share its address with others that have it, listeners included."""
    made.reuseport = bool(args.number("value"))
    if made.binding is not None:
        made.binding.shared = made.reuseport


def set_cork(made: Socket, args: Arguments) -> None:
    """TCP_CORK: less than a full segment waits."""
    made.corked = bool(args.number("value"))


def set_quickack(made: Socket, args: Arguments) -> None:
    """TCP_QUICKACK: acknowledgements at once, for a while."""
    made.quickack = bool(args.number("value"))


def get_quickack(made: Socket) -> bool:
    """Whether the connection is in the quick mode still; what was asked for before there is one."""
    return made.quickack if made.tcb is None else made.tcb.quick_acks > 0


def apply_quickack(stack: Stack, made: Socket, tcb: Tcb) -> None:
    """An acknowledgement that is owed goes with the switch."""
    quickack.switch(stack, tcb, on=made.quickack)


def set_syn_count(made: Socket, args: Arguments) -> None:
    """TCP_SYNCNT: how often connect() sends its SYN again."""
    count = args.number("value")
    if not 1 <= count <= MOST_SYNS:
        raise CallError("EINVAL")
    made.syn_count = count


def set_defer_accept(made: Socket, args: Arguments) -> None:
    """TCP_DEFER_ACCEPT: seconds to wait for the client's text; 0, and below, for none."""
    made.defer_accept = max(0, args.number("value"))


def set_window_clamp(made: Socket, args: Arguments) -> None:
    """TCP_WINDOW_CLAMP: octets that a window may show; 0 leaves it to the buffer."""
    octets = args.number("value")
    if octets < 0:
        raise CallError("EINVAL")
    made.window_clamp = max(SMALLEST_WINDOW, octets) if octets else 0
