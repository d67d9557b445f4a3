"""Options about urgent data and about how long a connection is trusted: SO_OOBINLINE,
SO_KEEPALIVE and its times, TCP_USER_TIMEOUT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpref.arguments import Arguments
    from tcpref.sockets import Socket

#: What the times and the count of SO_KEEPALIVE may be, from 1 on (as Linux has it).
LONGEST_TIME_S = 32_767
MOST_PROBES = 127
LARGEST_INT = 0x7FFF_FFFF

#: Which setting an option needs; without it the stack does not know the option.
NEEDED_SETTING = {
    "SO_OOBINLINE": "urgent",
    "SO_KEEPALIVE": "keepalive",
    "TCP_KEEPIDLE": "keepalive",
    "TCP_KEEPINTVL": "keepalive",
    "TCP_KEEPCNT": "keepalive",
    "TCP_USER_TIMEOUT": "user_timeout",
}


def set_oob_inline(made: Socket, args: Arguments) -> None:
    """SO_OOBINLINE: the urgent octet stays in the stream."""
    made.oob_inline = bool(args.number("value"))


def set_keepalive(made: Socket, args: Arguments) -> None:
    """SO_KEEPALIVE: an idle connection is probed (MUST-24, MUST-25)."""
    made.keepalive = bool(args.number("value"))


def bounded(args: Arguments, most: int) -> int:
    """A number from 1 to `most`; raises EINVAL."""
    value = args.number("value")
    if not 1 <= value <= most:
        raise CallError("EINVAL")
    return value


def set_idle(made: Socket, args: Arguments) -> None:
    """TCP_KEEPIDLE: seconds without a segment before the first probe (MUST-27)."""
    made.keepalive_times = made.keepalive_times._replace(idle=bounded(args, LONGEST_TIME_S))


def set_interval(made: Socket, args: Arguments) -> None:
    """TCP_KEEPINTVL: seconds from probe to probe."""
    made.keepalive_times = made.keepalive_times._replace(interval=bounded(args, LONGEST_TIME_S))


def set_count(made: Socket, args: Arguments) -> None:
    """TCP_KEEPCNT: probes without an answer that end the connection."""
    made.keepalive_times = made.keepalive_times._replace(probes=bounded(args, MOST_PROBES))


def set_user_timeout(made: Socket, args: Arguments) -> None:
    """TCP_USER_TIMEOUT: milliseconds; 0 leaves R2 to the settings."""
    milliseconds = args.number("value")
    if not 0 <= milliseconds <= LARGEST_INT:
        raise CallError("EINVAL")
    made.user_timeout = milliseconds
