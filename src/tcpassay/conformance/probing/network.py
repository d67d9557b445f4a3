"""The network layer: IP versions, ICMP, the MTU of the path, the IP header."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from tcpassay.conformance.layers import ICMP, ICMPv6DestUnreach
from tcpassay.conformance.match import ANY
from tcpassay.conformance.probes import dscp, flight, header_options, latest, segment_sizes, too_big
from tcpassay.conformance.probing.probe import Probes, demand
from tcpassay.conformance.reach import PEER_PORT, established, syn_sent

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench
    from tcpassay.conformance.peer import Connection

NETWORK: Final = Probes()
_NOBODY: Final = 9
_SMALLER: Final = {4: 1000, 6: 1300}
#: A router on the link, and an octet for the header (expedited forwarding, RFC 3246).
_ROUTER, _EXPEDITED = "192.0.2.81", 0xB8


@NETWORK("ipv6", ip=6)
def ipv6(bench: Bench) -> None:
    """A SYN over IPv6 to a port where nobody listens, or to a listener; an answer."""
    conn = bench.connection(port=_NOBODY)
    conn.send("S")
    if not conn.drop_arrivals():
        established(bench)


@NETWORK("icmp")
def icmp(bench: Bench) -> None:
    """Port unreachable about the SYN of connect(); the call fails, at once or with its time-out."""
    conn, pending = syn_sent(bench)
    _unreachable(conn, port=True)
    refused = ("ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "ECONNRESET")
    pending.expect_return(errno=refused, within=400 if bench.virtual else 0.5)


def _unreachable(conn: Connection, *, port: bool) -> None:
    if conn.bench.ip == 4:
        conn.send_icmp(ICMP(type=3, code=3 if port else 1))
    else:
        conn.send_icmp(ICMPv6DestUnreach(code=4 if port else 3), octets=60)


@NETWORK("soft_errors")
def soft_errors(bench: Bench) -> None:
    """IP_RECVERR, and host unreachable about text; a call tells of it, the connection lives."""
    conn = established(bench)
    level, option = ("IPPROTO_IP", "IP_RECVERR")
    if bench.ip == 6:
        level, option = ("IPPROTO_IPV6", "IPV6_RECVERR")
    conn.app.set_option(level, option, 1)
    conn.app.send(b"text")
    conn.expect("A", payload=b"text")
    waiting = conn.app.begin_recv(9)
    _unreachable(conn, port=False)
    waiting.expect_return(errno=("EHOSTUNREACH", "ENETUNREACH"), within=0.5)
    conn.send("A")
    conn.app.send(b"alive")
    conn.expect("A", payload=b"alive")


@NETWORK("path_mtu_discovery", settings=("rto_min_1s",))
def path_mtu_discovery(bench: Bench) -> None:
    """Packet too big about full segments; what comes again fits."""
    conn = established(bench, mss=_full(bench))
    first = flight(conn, 2, _full(bench))[0]
    too_big(conn, _SMALLER[bench.ip], first)
    again = conn.expect("A", seq=first.segment.seq, payload=ANY, within=4)
    demand(bench, len(again.octets) <= _SMALLER[bench.ip], f"{len(again.octets)} octets come again")


@NETWORK("path_mtu_checks", settings=("rto_min_1s",), beyond="path_mtu_discovery")
def path_mtu_checks(bench: Bench) -> None:
    """Full segments have been acknowledged; packet too big about the next changes nothing."""
    conn = established(bench, mss=_full(bench))
    conn.app.send(bytes(_full(bench)))
    segment_sizes(conn, _full(bench))
    sent = flight(conn, 2, _full(bench))[0]
    too_big(conn, _SMALLER[bench.ip], sent)
    conn.expect_silence(0.05)
    conn.send("A")
    conn.app.send(bytes(_full(bench)))
    bench.check(segment_sizes(conn, _full(bench)), [_full(bench)], "octets of a segment")


def _full(bench: Bench) -> int:
    """Octets of text in a segment that fills the link."""
    return bench.manifest.limits.mtu - (40 if bench.ip == 4 else 60)


@NETWORK("ip_header")
def ip_header(bench: Bench) -> None:
    """IP_TOS or IPV6_TCLASS; the next segment carries it."""
    conn = established(bench)
    if bench.ip == 4:
        conn.app.set_option("IPPROTO_IP", "IP_TOS", _EXPEDITED)
    else:
        conn.app.set_option("IPPROTO_IPV6", "IPV6_TCLASS", _EXPEDITED)
    conn.app.send(b"text")
    bench.check(dscp(conn.expect("A", payload=b"text")), _EXPEDITED >> 2, "DSCP")


@NETWORK("source_routes", settings=("source_routes",), ip=4)
def source_routes(bench: Bench) -> None:
    """A loose source route given by IP_OPTIONS; the SYN of connect() goes along it."""
    sock = bench.app.socket()
    data = IPv4Address(_ROUTER).packed
    octets = bytes((0x83, 3 + len(data), 4)) + data + b"\0"
    sock.call("setsockopt", ("name", "IPPROTO_IP"), ("name", "IP_OPTIONS"), ("octets", octets))
    sock.begin_connect(PEER_PORT)
    conn = bench.expect_syn()
    syn = latest(conn)
    demand(bench, bool(header_options(syn)), "no options in the IP header of the SYN")
