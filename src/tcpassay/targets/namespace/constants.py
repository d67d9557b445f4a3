"""Numbers of the constants that calls name, and names of the numbers that they return."""

from __future__ import annotations

import fcntl
import os
import resource
import select
import socket
from functools import cache

from tcpassay.core.errors import AgentFault

#: Constants of <linux/in.h>, <linux/tcp.h>, <asm-generic/socket.h> and <linux/sockios.h> that
#: Python's modules lack, the same on every architecture that its `socket` module supports here.
_EXTRA = {
    "IP_PKTOPTIONS": 9,
    "IP_RECVERR": 11,
    "IPV6_RECVERR": 25,
    "FIONREAD": 0x541B,
    "FIONBIO": 0x5421,
    "SIOCATMARK": 0x8905,
    "SIOCINQ": 0x541B,
    "SIOCOUTQ": 0x5411,
    "SIOCOUTQNSD": 0x894B,
    "SO_MEMINFO": 55,
    "SO_TIMESTAMPNS": 35,
    "TCP_TIMESTAMP": 24,
    "TCP_NOTSENT_LOWAT": 25,
    "TCP_SAVE_SYN": 27,
    "TCP_SAVED_SYN": 28,
    "TCP_FASTOPEN_CONNECT": 30,
    "TCP_FASTOPEN_KEY": 33,
    "TCP_FASTOPEN_NO_COOKIE": 34,
    "TCP_INQ": 36,
    "TCP_TX_DELAY": 37,
    "TCP_RTO_MAX_MS": 44,
    "TCP_RTO_MIN_US": 45,
    "TCP_DELACK_MAX_US": 46,
    "MSG_FASTOPEN": 0x20000000,
    "MSG_SYN": 0x400,
    "MSG_FIN": 0x200,
    "MSG_RST": 0x1000,
}
_MODULES = (socket, os, fcntl, select, resource)


@cache
def number(name: str) -> int:
    """The number of the constant `name` ("AF_INET"). Raises AgentFault for an unknown one."""
    for module in _MODULES:
        found = getattr(module, name, None)
        if isinstance(found, int) and name.isupper():
            return int(found)
    if name in _EXTRA:
        return _EXTRA[name]
    msg = f"this system has no constant {name!r}: check its spelling in the case"
    raise AgentFault(msg)


@cache
def numbers(names: tuple[str, ...]) -> int:
    """The constants of `names` or-ed."""
    total = 0
    for name in names:
        total |= number(name)
    return total


def names(value: int, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Those of `candidates` whose bits are set in `value`."""
    return tuple(name for name in candidates if value & number(name) == number(name) != 0)


POLL_EVENTS = ("POLLIN", "POLLPRI", "POLLOUT", "POLLERR", "POLLHUP", "POLLNVAL", "POLLRDHUP")
MESSAGE_FLAGS = ("MSG_OOB", "MSG_TRUNC", "MSG_CTRUNC", "MSG_ERRQUEUE", "MSG_EOR")
STATUS_FLAGS = ("O_NONBLOCK", "O_APPEND", "O_ASYNC", "O_WRONLY", "O_RDWR")
