"""What an application chooses of the IP header: DSCP and TTL. RFC 9293, 3.9.1.9 and 3.9.2."""

from tcpassay.conformance.app import Socket
from tcpassay.conformance.bench import LISTEN_PORT, Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import IP, TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.probes import dscp, latest, told
from tcpassay.conformance.reach import PEER_PORT, app_closes, established, listener

#: Expedited Forwarding (RFC 3246), and its octet.
EXPEDITED, EXPEDITED_OCTET = 46, 0xB8
#: Class selector 1 (RFC 2474), and its octet.
LOW, LOW_OCTET = 8, 0x20
CLASS = {4: ("IPPROTO_IP", "IP_TOS"), 6: ("IPPROTO_IPV6", "IPV6_TCLASS")}
HOPS = {4: ("IPPROTO_IP", "IP_TTL"), 6: ("IPPROTO_IPV6", "IPV6_UNICAST_HOPS")}
FEW = 7
OPTION_RECVTOS = ("name", "IPPROTO_IP"), ("name", "IP_RECVTOS")
WAYS = {"listen": "listen", "connect": "connect"}


def choose(sock: Socket, option: tuple[str, str], value: int) -> None:
    """Set an option of the IP header, before the connection or on it."""
    with sock.app.bench.reaching("a socket with the option"):
        sock.set_option(*option, value)


def prepared(bench: Bench, option: tuple[str, str], value: int) -> Socket:
    """A fresh socket with the option."""
    sock = bench.app.socket()
    choose(sock, option, value)
    return sock


def every_segment(bench: Bench, sock: Socket, way: str) -> list[Arrival]:
    """One segment of each kind: SYN or SYN,ACK, ACK, text, text again, FIN, reset."""
    conn, first = opened(bench, sock, way)
    sent = [first]
    conn.send(TCP(flags="PA") / Raw(b"data"))
    sent.append(conn.expect("A", ack=conn.peer.snd.nxt))
    conn.app.send(b"text")
    sent.append(conn.expect("A", payload=b"text"))
    sent.append(conn.expect("A", seq=sent[-1].segment.seq, payload=b"text", within=4))
    conn.send("A")
    app_closes(conn, "shutdown")
    sent.extend(filter(None, [conn.last_arrival]))
    conn.app.set_linger(0)
    conn.app.close()
    return [*sent, conn.expect_one_of(Pattern("R"), Pattern("RA"))[1]]


def opened(bench: Bench, sock: Socket, way: str) -> tuple[Connection, Arrival]:
    """A connection by this socket, and the target's first segment."""
    if way == "connect":
        connecting = sock.begin_connect(PEER_PORT)
        conn = bench.expect_syn()
        first = latest(conn)
        conn.send("SA")
        conn.app = sock
        conn.expect("A", ack=conn.peer.snd.nxt)
        connecting.expect_return(0)
    else:
        sock.bind(LISTEN_PORT)
        sock.listen()
        conn = bench.connection()
        conn.send("S")
        first = conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send("A")
        conn.app = sock.accept()
    return conn, first


@case("RFC9293:MUST-48", rows=WAYS, needs=("ip_header", "linger"))
def dscp_of_every_segment(bench: Bench, way: str) -> None:
    """DSCP set before the connection; SYN or SYN,ACK, ACK, text, FIN and reset all carry it."""
    sent = every_segment(bench, prepared(bench, CLASS[bench.ip], EXPEDITED_OCTET), way)
    bench.check([dscp(each) for each in sent], [EXPEDITED] * 6, "DSCP of each segment")


@case("RFC9293:SHLD-21", needs=("ip_header",), state="ESTABLISHED")
def dscp_changes_on_the_way(bench: Bench) -> None:
    """DSCP set on an open connection and set again; each next segment has the newest one."""
    conn = established(bench)
    for octet, wanted in ((EXPEDITED_OCTET, EXPEDITED), (LOW_OCTET, LOW), (0, 0)):
        choose(conn.app, CLASS[bench.ip], octet)
        conn.app.send(b"text")
        bench.check(dscp(conn.expect("A", payload=b"text")), wanted, "DSCP of the text")
        conn.send("A")


@case("RFC9293:SHLD-22", needs=("ip_header",), state="ESTABLISHED")
def ecn_bits_are_not_the_applications(bench: Bench) -> None:
    """An octet with both ECN bits set; the six bits of the DSCP go out, and the ECN bits as 0."""
    conn = established(bench)
    choose(conn.app, CLASS[bench.ip], EXPEDITED_OCTET | 3)
    conn.app.send(b"text")
    ip = conn.expect("A", payload=b"text").datagram.ip
    octet = ip.tos if bench.ip == 4 else ip.traffic_class
    bench.check(octet, EXPEDITED_OCTET, "octet of the header")


@case("RFC9293:MUST-49", rows=WAYS, needs=("ip_header", "linger"))
def ttl_of_every_segment(bench: Bench, way: str) -> None:
    """TTL or hop limit set before the connection; every segment carries it."""
    sent = every_segment(bench, prepared(bench, HOPS[bench.ip], FEW), way)
    bench.check([each.datagram.ip.hops for each in sent], [FEW] * 6, "TTL of each segment")


@case("RFC9293:MUST-49", needs=("ip_header",), state="ESTABLISHED")
def ttl_changes_on_the_way(bench: Bench) -> None:
    """TTL or hop limit set on an open connection, then -1; the next text has it, then the default.

    What the default is the stack chooses; it is the one that came before.
    """
    conn = established(bench)
    default = None if conn.last_arrival is None else conn.last_arrival.datagram.ip.hops
    for value, wanted in ((FEW, FEW), (255, 255), (-1, default)):
        choose(conn.app, HOPS[bench.ip], value)
        conn.app.send(b"text")
        bench.check(conn.expect("A", payload=b"text").datagram.ip.hops, wanted, "TTL of the text")
        conn.send("A")


@case("RFC9293:MAY-9", ip=(4,), state="ESTABLISHED", measures=True)
def dscp_received_is_told(bench: Bench) -> None:
    """Handshake and text of different DSCP; which of them IP_RECVTOS and IP_PKTOPTIONS tell."""
    sock = listener(bench)
    conn = bench.connection()
    with bench.reaching("ESTABLISHED"):
        conn.send(IP(tos=LOW_OCTET) / TCP(flags="S"))
        conn.expect("SA", ack=conn.peer.snd.nxt)
        conn.send(IP(tos=LOW_OCTET) / TCP(flags="A"))
        conn.app = sock.accept()
        conn.send(IP(tos=EXPEDITED_OCTET) / TCP(flags="PA") / Raw(b"data"))
        conn.app.recv(8, want=b"data")
    bench.measure("DSCP told of what was received", dscp_told(conn.app))


def dscp_told(sock: Socket) -> str:
    """What a control message of IP_PKTOPTIONS says: level, IP_TOS and the octet."""
    asked = sock.begin("setsockopt", *OPTION_RECVTOS, ("value", 1))
    if told(asked) != "success":
        return "none"
    got = sock.begin("getsockopt", ("name", "IPPROTO_IP"), ("name", "IP_PKTOPTIONS"))
    octets = dict(got.expect_return().out).get("octets") if told(got) == "success" else b""
    last = octets.rstrip(b"\0")[-1:] if isinstance(octets, bytes) else b""
    known = {bytes([LOW_OCTET]): "that of the handshake", bytes([EXPEDITED_OCTET]): "the newest"}
    return known.get(last, "none")
