"""What else the kernel's sockets can do to the reference stack's services: all goes on."""

from __future__ import annotations

import select
import socket
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tcpassay.live.services import pattern
from tcpassay.wire.tcp import ACK, SYN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.conftest import Lab, Wire

STACK = {4: "192.0.2.1", 6: "2001:db8::1"}
ECHO, DISCARD, CHARGEN, HTTP = 7, 9, 19, 80
BOTH = pytest.mark.parametrize("ip", [4, 6], ids=["ipv4", "ipv6"])
#: A kernel's RTO and more.
PATIENCE_S = 10


def echoes(lab: Lab, octets: bytes, ip: int = 4) -> bool:
    """Whether a new connection to the echo service says the same again, and then ends."""
    with lab.connect((STACK[ip], ECHO)) as connection:
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        return to_the_end(connection) == octets


def to_the_end(connection: socket.socket) -> bytes:
    """All that comes before the FIN."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def exactly(connection: socket.socket, count: int) -> bytes:
    """The next `count` octets."""
    got = b""
    while len(got) < count and (more := connection.recv(count - len(got))):
        got += more
    return got


@BOTH
def test_many_connections(lab: Lab, tmp_path: Path, wire: Wire, ip: int) -> None:
    """100 connections one after the other, 20 at once, each of 20 kB both ways; all are served."""
    capture = tmp_path / "wire.pcapng"
    server = lab.serve("--ip", str(ip), "--pcap", str(capture))
    assert all(echoes(lab, bytes([n]) * 200, ip) for n in range(100))
    connections = [lab.connect((STACK[ip], ECHO)) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        sent = [bytes([n]) * 20_000 for n in range(20)]
        futures = [pool.submit(talk, *pair) for pair in zip(connections, sent, strict=True)]
        assert [future.result(PATIENCE_S) for future in futures] == sent
    lab.ended(server)
    segments = wire.segments_of(capture)
    assert sum(segment.has(SYN) and segment.has(ACK) for segment in segments) == 120
    wire.check(capture, ip)


def talk(connection: socket.socket, octets: bytes) -> bytes:
    with connection:
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_WR)
        return to_the_end(connection)


def test_client_that_resets(lab: Lab, tmp_path: Path) -> None:
    """A client aborts amid what it sends, and amid what it is sent; the next is served."""
    (tmp_path / "big").write_bytes(bytes(1_000_000))
    lab.serve("--root", str(tmp_path))
    for port, octets in {
        ECHO: bytes(50_000),
        HTTP: b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n",
        CHARGEN: b"",
        DISCARD: bytes(50_000),
    }.items():
        with lab.connect((STACK[4], port)) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(octets)
            if port != DISCARD:
                assert connection.recv(1)
    with lab.connect((STACK[4], HTTP)) as put:
        put.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        put.sendall(b"PUT /new HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")
    assert echoes(lab, b"still here")
    assert [path.name for path in tmp_path.iterdir()] == ["big"]


def test_slow_reader(lab: Lab) -> None:
    """A reader that lets its window close while another is served; then it gets every octet."""
    lab.serve()
    with lab.connect((STACK[4], CHARGEN)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        assert echoes(lab, b"abc" * 30_000)
        assert exactly(slow, 60_000) == (pattern() * 9)[:60_000]


def test_peer_that_vanishes(lab: Lab) -> None:
    """The peer's address is taken away amid a transfer; others are served, SIGTERM ends all."""
    server = lab.serve()
    address = ("ip", "-n", lab.name, "address")
    subprocess.run([*address, "add", "192.0.2.50/24", "dev", "tun0"], check=True)
    with lab.space:
        gone = socket.create_connection((STACK[4], CHARGEN), PATIENCE_S, ("192.0.2.50", 0))
    with gone:
        assert gone.recv(1_000) == pattern()[:1_000]
        subprocess.run([*address, "delete", "192.0.2.50/24", "dev", "tun0"], check=True)
        assert echoes(lab, b"abc" * 30_000)
        assert lab.ended(server) == "tcpassay: terminated\n"
    assert server.returncode == 143


@BOTH
def test_half_close(lab: Lab, ip: int) -> None:
    """shutdown(SHUT_WR) behind 300 kB to echo, nothing read before; all comes back, then a FIN."""
    lab.serve("--ip", str(ip))
    octets = bytes(range(256)) * 1_200
    with lab.connect((STACK[ip], ECHO)) as connection, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(connection.sendall, octets)
        got = exactly(connection, 100_000)
        sending.result(PATIENCE_S)
        connection.shutdown(socket.SHUT_WR)
        assert got + to_the_end(connection) == octets


def test_urgent_data(lab: Lab) -> None:
    """An urgent octet amid text; the text comes back in order and the connection goes on."""
    lab.serve()
    with lab.connect((STACK[4], ECHO)) as connection:
        connection.sendall(b"before")
        connection.send(b"!", socket.MSG_OOB)
        connection.sendall(b"after")
        connection.shutdown(socket.SHUT_WR)
        assert to_the_end(connection) in {b"before!after", b"beforeafter"}


def test_keepalive_probe_is_answered(lab: Lab, tmp_path: Path, wire: Wire) -> None:
    """The kernel probes an idle connection after a second; it is answered at once."""
    capture = tmp_path / "wire.pcapng"
    server = lab.serve("--pcap", str(capture))
    with lab.connect((STACK[4], ECHO)) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        for option, value in {"TCP_KEEPIDLE": 1, "TCP_KEEPINTVL": 1, "TCP_KEEPCNT": 1}.items():
            connection.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        assert select.select([connection], [], [], 1.5)[0] == []
        assert lab.ended(server) == "tcpassay: terminated\n"
    segments = wire.segments_of(capture)
    (text,) = [n for n, each in enumerate(segments) if each.payload and each.dport == ECHO]
    before = segments[text].seq
    (probe,) = [n for n, each in enumerate(segments) if n > text and each.seq == before]
    answer = segments[probe + 1]
    assert (answer.sport, answer.flags, answer.payload) == (ECHO, ACK, b"")
    assert answer.ack == (before + 1) % 2**32
    wire.check(capture, 4)
