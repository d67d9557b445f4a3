"""Options: setsockopt and getsockopt.

An option is an entry of OPTIONS. What the stack does not have is no entry: ENOPROTOOPT.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tcpref import calls_fastopen, cork, keepalive, output, user, uto
from tcpref import calls_options_ip as of_ip
from tcpref import calls_options_linux as for_linux
from tcpref import calls_options_user as for_user
from tcpref.calls_naming import target
from tcpref.errors import CallError
from tcpref.tcb import SENDING
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpref.arguments import Arguments, Tagged
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb
    from tcpref.waiting import PendingCall

SOCK_STREAM = 1
IPPROTO_TCP = 6
FAMILIES = {"AF_INET": 2, "AF_INET6": 10}
SMALLEST_BUFFER, LARGEST_BUFFER = 256, 1 << 24
SMALLEST_MSS, LARGEST_MSS = 48, 32_767


class Option(NamedTuple):
    """How an option is read, how it is set where it may be, and what that does to a connection."""

    get: Callable[[Socket], tuple[Tagged, ...]]
    set: Callable[[Socket, Arguments], None] | None = None
    apply: Callable[[Stack, Socket, Tcb], None] | None = None


def number(value: int) -> tuple[Tagged, ...]:
    """A result that is one number."""
    return (("value", int(value)),)


def set_reuse(made: Socket, args: Arguments) -> None:
    """SO_REUSEADDR: may share a port with others that have it."""
    made.reuse = bool(args.number("value"))
    if made.binding is not None:
        made.binding.reuse = made.reuse


def set_linger(made: Socket, args: Arguments) -> None:
    """SO_LINGER: (onoff, seconds)."""
    onoff, seconds = args.pair("linger")
    if not isinstance(onoff, int) or not isinstance(seconds, int) or seconds < 0:
        raise CallError("EINVAL")
    made.linger = (int(bool(onoff)), seconds)


def buffer_size(args: Arguments) -> int:
    """A size asked for, made to fit between the smallest and the largest one."""
    return min(max(SMALLEST_BUFFER, args.number("value")), LARGEST_BUFFER)


def set_rcv_buffer(made: Socket, args: Arguments) -> None:
    """SO_RCVBUF: octets."""
    made.rcv_buffer = buffer_size(args)


def resize_rcv_buffer(stack: Stack, made: Socket, tcb: Tcb) -> None:
    """A window that has been offered is not taken back (SHLD-14); one that opens is announced."""
    tcb.rcv_buffer = made.receive_room()
    user.announce_room(stack, tcb)


def set_snd_buffer(made: Socket, args: Arguments) -> None:
    """SO_SNDBUF: octets."""
    made.snd_buffer = buffer_size(args)


def set_rcv_timeout(made: Socket, args: Arguments) -> None:
    """SO_RCVTIMEO: milliseconds; 0 waits for ever."""
    made.rcv_timeout = max(0, args.number("timeout"))


def set_snd_timeout(made: Socket, args: Arguments) -> None:
    """SO_SNDTIMEO: milliseconds; 0 waits for ever."""
    made.snd_timeout = max(0, args.number("timeout"))


def set_nodelay(made: Socket, args: Arguments) -> None:
    """TCP_NODELAY: Nagle's algorithm off for this connection (MUST-17)."""
    made.nodelay = bool(args.number("value"))
    if made.tcb is not None:
        made.tcb.nodelay = made.nodelay


def set_mss(made: Socket, args: Arguments) -> None:
    """TCP_MAXSEG: the MSS announced by a handshake that is still to come."""
    octets = args.number("value")
    if not SMALLEST_MSS <= octets <= LARGEST_MSS:
        raise CallError("EINVAL")
    made.max_segment = octets


def set_v6only(made: Socket, args: Arguments) -> None:
    """IPV6_V6ONLY: an AF_INET6 socket leaves IPv4 alone; only before it is bound."""
    if made.family != "AF_INET6":
        raise CallError("ENOPROTOOPT")
    if made.binding is not None or made.tcb is not None:
        raise CallError("EINVAL")
    made.v6only = bool(args.number("value"))


def get_v6only(made: Socket) -> tuple[Tagged, ...]:
    """IPV6_V6ONLY; a socket of IPv4 does not have it."""
    if made.family != "AF_INET6":
        raise CallError("ENOPROTOOPT")
    return number(made.v6only)


def get_error(made: Socket) -> tuple[Tagged, ...]:
    """SO_ERROR: the pending error as number and name; reading clears it."""
    name = made.take_error()
    if name is None:
        return number(0)
    return (("value", int(getattr(errno, name))), ("name", name))


def get_mss(made: Socket) -> tuple[Tagged, ...]:
    """TCP_MAXSEG: the largest segment that is sent."""
    return number(536 if made.tcb is None else made.tcb.snd_mss)


def get_info(made: Socket) -> tuple[Tagged, ...]:
    """TCP_INFO: the state and the numbers of the connection (STATUS, RFC 9293, 3.10.6)."""
    if made.tcb is not None:
        return (("state", {"state": str(made.tcb.state), **numbers(made.tcb)}),)
    return (("state", {"state": "CLOSED" if made.listener is None else "LISTEN"}),)


def numbers(tcb: Tcb) -> dict[str, int]:
    """The variables of a connection by their names in RFC 9293, 3.3.1."""
    return {
        "snd.una": tcb.snd_una,
        "snd.nxt": tcb.snd_nxt,
        "snd.wnd": tcb.snd_wnd,
        "snd.wl1": tcb.snd_wl1,
        "snd.wl2": tcb.snd_wl2,
        "snd.cwnd": tcb.congestion.cwnd,
        "snd.ssthresh": tcb.congestion.ssthresh,
        "iss": tcb.iss,
        "rcv.nxt": tcb.rcv_nxt,
        "rcv.wnd": tcb.rcv_wnd,
        "irs": tcb.irs,
    }


OPTIONS: dict[tuple[str, str], Option] = {
    ("SOL_SOCKET", "SO_ACCEPTCONN"): Option(lambda made: number(made.listener is not None)),
    ("SOL_SOCKET", "SO_DOMAIN"): Option(lambda made: number(FAMILIES[made.family])),
    ("SOL_SOCKET", "SO_ERROR"): Option(get_error),
    ("SOL_SOCKET", "SO_KEEPALIVE"): Option(
        lambda made: number(made.keepalive), for_user.set_keepalive, keepalive.apply
    ),
    ("SOL_SOCKET", "SO_LINGER"): Option(lambda made: (("linger", made.linger),), set_linger),
    ("SOL_SOCKET", "SO_OOBINLINE"): Option(
        lambda made: number(made.oob_inline), for_user.set_oob_inline
    ),
    ("SOL_SOCKET", "SO_PROTOCOL"): Option(lambda _made: number(IPPROTO_TCP)),
    ("SOL_SOCKET", "SO_RCVBUF"): Option(
        lambda made: number(made.rcv_buffer), set_rcv_buffer, resize_rcv_buffer
    ),
    ("SOL_SOCKET", "SO_RCVTIMEO"): Option(
        lambda made: (("timeout", made.rcv_timeout),), set_rcv_timeout
    ),
    ("SOL_SOCKET", "SO_REUSEADDR"): Option(lambda made: number(made.reuse), set_reuse),
    ("SOL_SOCKET", "SO_REUSEPORT"): Option(
        lambda made: number(made.reuseport), for_linux.set_reuseport
    ),
    ("SOL_SOCKET", "SO_SNDBUF"): Option(lambda made: number(made.snd_buffer), set_snd_buffer),
    ("SOL_SOCKET", "SO_SNDTIMEO"): Option(
        lambda made: (("timeout", made.snd_timeout),), set_snd_timeout
    ),
    ("SOL_SOCKET", "SO_TYPE"): Option(lambda _made: number(SOCK_STREAM)),
    ("IPPROTO_IP", "IP_OPTIONS"): Option(of_ip.get_options, of_ip.set_options, of_ip.apply),
    ("IPPROTO_IP", "IP_RECVERR"): Option(
        lambda made: number(made.soft_errors), of_ip.set_soft_errors
    ),
    ("IPPROTO_IP", "IP_TOS"): Option(lambda made: number(made.ip.tos), of_ip.set_tos, of_ip.apply),
    ("IPPROTO_IP", "IP_TTL"): Option(lambda made: number(made.ip.ttl), of_ip.set_ttl, of_ip.apply),
    ("IPPROTO_IPV6", "IPV6_RECVERR"): Option(
        of_ip.get_soft_errors_ipv6, of_ip.set_soft_errors_ipv6
    ),
    ("IPPROTO_IPV6", "IPV6_TCLASS"): Option(
        of_ip.get_traffic_class, of_ip.set_traffic_class, of_ip.apply
    ),
    ("IPPROTO_IPV6", "IPV6_UNICAST_HOPS"): Option(of_ip.get_hops, of_ip.set_hops, of_ip.apply),
    ("IPPROTO_IPV6", "IPV6_V6ONLY"): Option(get_v6only, set_v6only),
    ("IPPROTO_TCP", "TCP_CORK"): Option(
        lambda made: number(made.corked), for_linux.set_cork, cork.apply
    ),
    ("IPPROTO_TCP", "TCP_DEFER_ACCEPT"): Option(
        lambda made: number(made.defer_accept), for_linux.set_defer_accept
    ),
    ("IPPROTO_TCP", "TCP_FASTOPEN"): Option(
        lambda made: number(calls_fastopen.get_queue(made)), calls_fastopen.set_queue
    ),
    ("IPPROTO_TCP", "TCP_FASTOPEN_CONNECT"): Option(
        lambda made: number(made.fast_open_connect), calls_fastopen.set_connect
    ),
    ("IPPROTO_TCP", "TCP_INFO"): Option(get_info),
    ("IPPROTO_TCP", "TCP_KEEPCNT"): Option(
        lambda made: number(made.keepalive_times.probes), for_user.set_count, keepalive.apply
    ),
    ("IPPROTO_TCP", "TCP_KEEPIDLE"): Option(
        lambda made: number(made.keepalive_times.idle), for_user.set_idle, keepalive.apply
    ),
    ("IPPROTO_TCP", "TCP_KEEPINTVL"): Option(
        lambda made: number(made.keepalive_times.interval), for_user.set_interval, keepalive.apply
    ),
    ("IPPROTO_TCP", "TCP_MAXSEG"): Option(get_mss, set_mss),
    ("IPPROTO_TCP", "TCP_NODELAY"): Option(lambda made: number(made.nodelay), set_nodelay),
    ("IPPROTO_TCP", "TCP_QUICKACK"): Option(
        lambda made: number(for_linux.get_quickack(made)),
        for_linux.set_quickack,
        for_linux.apply_quickack,
    ),
    ("IPPROTO_TCP", "TCP_SYNCNT"): Option(
        lambda made: number(made.syn_count), for_linux.set_syn_count
    ),
    ("IPPROTO_TCP", "TCP_USER_TIMEOUT"): Option(
        lambda made: number(made.user_timeout), for_user.set_user_timeout, uto.apply
    ),
    ("IPPROTO_TCP", "TCP_WINDOW_CLAMP"): Option(
        lambda made: number(made.window_clamp), for_linux.set_window_clamp, resize_rcv_buffer
    ),
}


def find_option(kernel: Kernel, call: PendingCall) -> Option:
    """The option that the call names; raises ENOPROTOOPT."""
    name = call.args.name(1)
    option = OPTIONS.get((call.args.name(0), name))
    needed = for_user.NEEDED_SETTING.get(name)
    if option is None or (needed is not None and not getattr(kernel.stack.settings, needed)):
        raise CallError("ENOPROTOOPT")
    return option


def setsockopt(kernel: Kernel, call: PendingCall) -> Result:
    """setsockopt(fd, level, option, value)."""
    made = target(call)
    option = find_option(kernel, call)
    if option.set is None:
        raise CallError("ENOPROTOOPT")
    option.set(made, call.args)
    tcb = made.tcb
    if tcb is not None and option.apply is not None:
        option.apply(kernel.stack, made, tcb)
    if tcb is not None and tcb.state in SENDING:
        output.send_queued(kernel.stack, tcb)
    return Result()


def getsockopt(kernel: Kernel, call: PendingCall) -> Result:
    """getsockopt(fd, level, option)."""
    made = target(call)
    return Result(out=find_option(kernel, call).get(made))
