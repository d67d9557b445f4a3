"""Options of the level IP: IP_TOS, IP_TTL, IP_OPTIONS, IP_RECVERR, and those of IPv6.

As ip(7) and ipv6(7) have them: -1 is the default, the ECN bits are TCP's own, and a socket of IPv6
has the options of IPv4 for mapped addresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ip_choices, ipv4, ipv6, source_route
from tcpref.errors import CallError

if TYPE_CHECKING:
    from tcpref.arguments import Arguments, Tagged
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

LARGEST = 255


def bounded(args: Arguments, least: int, default: int) -> int:
    """A field of eight bits; raises EINVAL."""
    value = args.number("value")
    if value == -1:
        return default
    if not least <= value <= LARGEST:
        raise CallError("EINVAL")
    return value


def of_ipv6(made: Socket) -> None:
    """Raise ENOPROTOOPT for a socket of IPv4."""
    if made.family != "AF_INET6":
        raise CallError("ENOPROTOOPT")


def set_tos(made: Socket, args: Arguments) -> None:
    """IP_TOS: the DSCP, in the upper six bits (MUST-48)."""
    made.ip = made.ip._replace(tos=args.number("value") & LARGEST & ~ip_choices.ECN_BITS)


def set_traffic_class(made: Socket, args: Arguments) -> None:
    """IPV6_TCLASS: the DSCP, in the upper six bits (MUST-48)."""
    of_ipv6(made)
    made.ip = made.ip._replace(traffic_class=bounded(args, 0, 0) & ~ip_choices.ECN_BITS)


def get_traffic_class(made: Socket) -> tuple[Tagged, ...]:
    """IPV6_TCLASS."""
    of_ipv6(made)
    return (("value", made.ip.traffic_class),)


def set_ttl(made: Socket, args: Arguments) -> None:
    """IP_TTL: how many routers a segment may pass (MUST-49)."""
    made.ip = made.ip._replace(ttl=bounded(args, 1, ipv4.TTL))


def set_hops(made: Socket, args: Arguments) -> None:
    """IPV6_UNICAST_HOPS: how many routers a segment may pass (MUST-49)."""
    of_ipv6(made)
    made.ip = made.ip._replace(hops=bounded(args, 0, ipv6.HOP_LIMIT))


def get_hops(made: Socket) -> tuple[Tagged, ...]:
    """IPV6_UNICAST_HOPS."""
    of_ipv6(made)
    return (("value", made.ip.hops),)


def set_options(made: Socket, args: Arguments) -> None:
    """IP_OPTIONS: a source route, or no octets for none (MUST-51)."""
    try:
        route = source_route.of_application(args.octets())
    except ValueError:
        raise CallError("EINVAL") from None
    made.ip = made.ip._replace(route=route)


def get_options(made: Socket) -> tuple[Tagged, ...]:
    """IP_OPTIONS: the route as setsockopt() takes it."""
    route = made.ip.route
    return (("octets", b"" if route is None else source_route.encode(route.kind, route.routers)),)


def set_soft_errors(made: Socket, args: Arguments) -> None:
    """IP_RECVERR: soft errors are told while the connection lives (MUST-47)."""
    made.soft_errors = bool(args.number("value"))


def set_soft_errors_ipv6(made: Socket, args: Arguments) -> None:
    """IPV6_RECVERR: the same."""
    of_ipv6(made)
    set_soft_errors(made, args)


def get_soft_errors_ipv6(made: Socket) -> tuple[Tagged, ...]:
    """IPV6_RECVERR."""
    of_ipv6(made)
    return (("value", int(made.soft_errors)),)


def apply(_stack: Stack, made: Socket, tcb: Tcb) -> None:
    """What is sent from now on has it (SHLD-21)."""
    ip_choices.choose(tcb, made.ip)
