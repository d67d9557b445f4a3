"""--pcap: the capture is there as traffic goes, and whatever ends the program."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.wire.scapy_edge import load
from tcpassay.wire.tcp import FIN

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.conftest import Lab, Wire

ECHO, CHARGEN = ("192.0.2.1", 7), ("192.0.2.1", 19)
_ETH_P_ALL, _ETH_P_IP = 0x0003, 0x0800


def to_the_end(connection: socket.socket) -> bytes:
    """All that comes before the FIN."""
    return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_signal(lab: Lab, wire: Wire, tmp_path: Path, number: signal.Signals, code: int) -> None:
    """A signal in the middle of a connection; the file is whole, up to the last octet echoed."""
    capture = tmp_path / "wire.pcapng"
    server = lab.serve("--pcap", str(capture))
    with lab.connect(ECHO) as connection:
        connection.sendall(b"ping")
        assert connection.recv(10) == b"ping"
        assert sum(each.payload == b"ping" for each in wire.segments_of(capture)) == 2
        server.send_signal(number)
        assert number is signal.SIGKILL or connection.recv(1) == b""
    server.communicate(timeout=10)
    assert server.returncode == code
    fins = [
        segment for segment in wire.segments_of(capture) if segment.has(FIN) and segment.sport == 7
    ]
    assert len(fins) == (0 if number is signal.SIGKILL else 1)
    wire.check(capture, 4)


def test_it_is_what_crosses_the_link(lab: Lab, wire: Wire, tmp_path: Path) -> None:
    """Echo over a bad link; the kernel's own view of the device has the same datagrams."""
    capture = tmp_path / "wire.pcapng"
    server = lab.serve("--pcap", str(capture), "--impair", "loss=5%,dup=5%,reorder=5%,seed=3")
    with lab.space:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_ETH_P_ALL))
    with tap, lab.connect(ECHO) as connection:
        connection.sendall(bytes(20_000))
        connection.shutdown(socket.SHUT_WR)
        assert to_the_end(connection) == bytes(20_000)
        lab.ended(server)
        tap.settimeout(0.2)
        seen = []
        with suppress(TimeoutError):
            while True:
                seen.append(tap.recvfrom(65_535))
    theirs = [octets for octets, (_, protocol, *_) in seen if protocol == _ETH_P_IP]
    assert len(theirs) > 30
    ours = [octets for octets in wire.datagrams_of(capture) if octets[0] >> 4 == 4]
    assert sorted(theirs) == sorted(ours)


def test_comment_and_times(lab: Lab, tmp_path: Path) -> None:
    """What the file says of itself: where the stack was, and the time of day of each datagram."""
    capture = tmp_path / "wire.pcapng"
    began = time.time()
    server = lab.serve("--pcap", str(capture))
    with lab.connect(ECHO):
        pass
    lab.ended(server)
    load()
    from scapy.utils import RawPcapNgReader

    with RawPcapNgReader(str(capture)) as reader:
        metadata: list[Any] = [about for _, about in reader]
    times = [((about.tshigh << 32) + about.tslow) / about.tsresol for about in metadata]
    assert began <= times[0] <= times[-1] <= time.time()
    assert f"reference on tun0 of namespace {lab.name}".encode() in capture.read_bytes()


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/no/such/folder/x", 2, "--pcap '/no/such/folder/x': No such file or directory"),
        ("/proc", 2, "--pcap '/proc': Is a directory; name a file"),
        ("/dev/full", 3, "--pcap '/dev/full': not written: No space left on device"),
    ],
)
def test_file_that_cannot_be_written(lab: Lab, path: str, code: int, said: str) -> None:
    """No folder, no file, no space; one line, and the device is gone."""
    command = lab.tcpassay("serve", "reference", "--pcap", path)
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert said in done.stderr
    assert lab.devices() == ["lo"]


def test_disk_that_fills(lab: Lab, wire: Wire, tmp_path: Path) -> None:
    """RLIMIT_FSIZE is reached amid a transfer; exit 3, a reset, the file is whole so far.

    The peer's window is so small that what is lost with the file waits for the timer, and the stack
    does not wait for it that long.
    """
    capture = tmp_path / "wire.pcapng"
    command = lab.tcpassay("serve", "reference", "--pcap", str(capture))
    server = lab.start("prlimit", "--fsize=20000", "--", *command, ready="Ctrl-C")
    with lab.connect(CHARGEN, rcvbuf=4096) as connection, pytest.raises(ConnectionResetError):
        to_the_end(connection)
    _, said = server.communicate(timeout=10)
    assert (server.returncode, said.count("\n")) == (3, 1)
    assert "not written: File too large; what was written before can be read" in said
    assert 15_000 < capture.stat().st_size <= 20_000
    assert len(wire.datagrams_of(capture)) > 10
