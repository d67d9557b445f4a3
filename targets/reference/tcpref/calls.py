"""The socket calls by name."""

from __future__ import annotations

from tcpref.calls_accept import accept_into_room
from tcpref.calls_connection import close, connect, dup, exit_process, shutdown
from tcpref.calls_control import fcntl, ioctl, setrlimit
from tcpref.calls_data import recv, recvmsg, send
from tcpref.calls_fastopen import sendmsg
from tcpref.calls_names import (
    freeaddrinfo,
    gai_strerror,
    get_address_info,
    get_name_info,
    gethostbyaddr,
    gethostbyname,
    getservbyname,
    getservbyport,
)
from tcpref.calls_naming import bind, getpeername, getsockname, listen, socket
from tcpref.calls_options import getsockopt, setsockopt
from tcpref.calls_ready import poll, select
from tcpref.kernel import Call

CALLS: dict[str, Call] = {
    "_exit": exit_process,
    "accept": accept_into_room,
    "accept4": accept_into_room,
    "bind": bind,
    "close": close,
    "connect": connect,
    "dup": dup,
    "fcntl": fcntl,
    "freeaddrinfo": freeaddrinfo,
    "gai_strerror": gai_strerror,
    "getaddrinfo": get_address_info,
    "gethostbyaddr": gethostbyaddr,
    "gethostbyname": gethostbyname,
    "getnameinfo": get_name_info,
    "getpeername": getpeername,
    "getservbyname": getservbyname,
    "getservbyport": getservbyport,
    "getsockname": getsockname,
    "getsockopt": getsockopt,
    "ioctl": ioctl,
    "listen": listen,
    "poll": poll,
    "recv": recv,
    "recvmsg": recvmsg,
    "select": select,
    "send": send,
    "sendmsg": sendmsg,
    "setrlimit": setrlimit,
    "setsockopt": setsockopt,
    "shutdown": shutdown,
    "socket": socket,
}
