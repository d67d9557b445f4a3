"""Options about urgent data and about how long a connection is trusted: SO_OOBINLINE,
SO_KEEPALIVE and its times, TCP_USER_TIMEOUT.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.errors import CallError
from tcpref.settings import BOUNDS

if TYPE_CHECKING:
    from tcpref.arguments import Arguments
    from tcpref.sockets import Socket

LARGEST_INT = 0x7FFF_FFFF

#: Which setting an option needs; without it the stack does not know the option.
NEEDED_SETTING = {
    "SO_OOBINLINE": "urgent",
    "SO_KEEPALIVE": "keepalive",
    "TCP_KEEPIDLE": "keepalive",
    "TCP_KEEPINTVL": "keepalive",
    "TCP_KEEPCNT": "keepalive",
    "TCP_USER_TIMEOUT": "user_timeout",
    "TCP_FASTOPEN": "fast_open",
    "TCP_FASTOPEN_CONNECT": "fast_open",
}


def set_oob_inline(made: Socket, args: Arguments) -> None:
    """SO_OOBINLINE: the urgent octet stays in the stream."""
    made.oob_inline = bool(args.number("value"))


def set_keepalive(made: Socket, args: Arguments) -> None:
    """SO_KEEPALIVE: an idle connection is probed (MUST-24, MUST-25)."""
    made.keepalive = bool(args.number("value"))


def bounded(args: Arguments, setting: str) -> int:
    """A number that the setting of a new socket could be as well; raises EINVAL."""
    value = args.number("value")
    least, most = BOUNDS[setting]
    if value < least or (most is not None and value > most):
        raise CallError("EINVAL")
    return value


def set_idle(made: Socket, args: Arguments) -> None:
    """TCP_KEEPIDLE: seconds without a segment before the first probe (MUST-27)."""
    made.keepalive_times = made.keepalive_times._replace(idle=bounded(args, "keepalive_idle_s"))


def set_interval(made: Socket, args: Arguments) -> None:
    """TCP_KEEPINTVL: seconds from probe to probe."""
    seconds = bounded(args, "keepalive_interval_s")
    made.keepalive_times = made.keepalive_times._replace(interval=seconds)


def set_count(made: Socket, args: Arguments) -> None:
    """TCP_KEEPCNT: probes without an answer that end the connection."""
    made.keepalive_times = made.keepalive_times._replace(probes=bounded(args, "keepalive_count"))


def set_user_timeout(made: Socket, args: Arguments) -> None:
    """TCP_USER_TIMEOUT: milliseconds; 0 leaves R2 to the settings."""
    milliseconds = args.number("value")
    if not 0 <= milliseconds <= LARGEST_INT:
        raise CallError("EINVAL")
    made.user_timeout = milliseconds
    made.user_timeout_asked = milliseconds > 0
