"""A network namespace with a name, whose kernel is the other host; and judges of captures."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import pytest

from tcpassay.live.link import NAMED
from tcpassay.targets.namespace.netns import NetworkNamespace, open_current
from tcpassay.wire.datagram import parse
from tcpassay.wire.scapy_edge import from_scapy, load, to_scapy
from tcpassay.wire.tcp import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

STACK = {4: "192.0.2.1", 6: "2001:db8::1"}
KERNEL = {4: "192.0.2.2", 6: "2001:db8::2"}
#: The kernel's checksums are not judged: it sends 0xFFFF where RFC 1624 has 0. Nor is text: tshark
#: takes random octets for many a protocol, and finds those malformed.
_FAULTS = (
    "tcp.option.len.invalid or ip.bogus_ip_length or ip.bogus_header_length or "
    'tcp.bogus_header_length or ((tcp.checksum.status == "Bad" or ip.checksum.status == "Bad") '
    f"and (ip.src == {STACK[4]} or ipv6.src == {STACK[6]})) or "
    '(not tcp.payload and (_ws.malformed or _ws.expert.group == "Malformed"))'
)
#: What Scapy is to work out by itself: header lengths, lengths, checksums.
_COMPUTED = {"IP": ("ihl", "len", "chksum"), "IPv6": ("plen",), "TCP": ("dataofs", "chksum")}


class Counts(NamedTuple):
    """Segments of each side."""

    stack: int
    kernel: int


class Wire:
    """Whether a capture of the stack's link is what it should be: whole, each segment well formed.

    Three judges: this project's strict parser, Scapy (whose own build of what it has parsed must be
    the same octets, with lengths, offsets and checksums filled in by Scapy), and tshark where there
    is one.
    """

    def __init__(self, folder: Path) -> None:
        self.tshark = shutil.which("tshark")
        self._all = folder / "all.pcapng"

    def datagrams_of(self, capture: Path) -> list[bytes]:
        """The datagrams of a capture, as Scapy reads them."""
        load()
        from scapy.utils import RawPcapNgReader

        with RawPcapNgReader(str(capture)) as reader:
            return [octets for octets, _ in reader]

    def segments_of(self, capture: Path) -> list[Segment]:
        """The TCP segments of a capture."""
        bodies = [parse(octets).body for octets in self.datagrams_of(capture)]
        return [body for body in bodies if isinstance(body, Segment)]

    def check(self, capture: Path, ip: int) -> Counts:
        """Every segment in the file is well formed, and each side has sent some.

        tshark takes longer to start than to read: it is shown all captures at the end, in one file,
        a section each.
        """
        counts = self.check_datagrams(self.datagrams_of(capture), ip)
        with self._all.open("ab") as file:
            file.write(capture.read_bytes())
        return counts

    def check_datagrams(self, datagrams: list[bytes], ip: int) -> Counts:
        """Every segment is well formed, and each side has sent some.

        The kernel may say more than TCP: with IPv6 it tells which groups it is in.
        """
        senders = []
        for octets in datagrams:
            datagram = parse(octets, strict=True)
            if isinstance(datagram.body, Segment):
                senders.append(datagram.ip.src)
                self.check_with_scapy(octets, exact=datagram.ip.src == STACK[ip])
            else:
                assert datagram.ip.src != STACK[ip], octets.hex()
        assert set(senders) == {STACK[ip], KERNEL[ip]}
        return Counts(senders.count(STACK[ip]), senders.count(KERNEL[ip]))

    def check_with_scapy(self, octets: bytes, *, exact: bool) -> None:
        """Scapy takes it apart without a rest, and puts the same octets together.

        Where that need not be `exact`, a checksum may be 0xFFFF in place of 0.
        """
        packet = to_scapy(octets)
        for layer, names in _COMPUTED.items():
            if layer in packet:
                for name in names:
                    delattr(packet[layer], name)
        if not exact and to_scapy(octets)["TCP"].chksum == 0xFFFF:
            packet["TCP"].chksum = 0xFFFF
        assert from_scapy(packet) == octets

    def close(self) -> None:
        """Show all captures to tshark."""
        if self.tshark and self._all.exists():
            assert self.found_by_tshark(self._all) == ""

    def found_by_tshark(self, capture: Path) -> str:
        """The frames that tshark calls malformed or finds an error in, a line each.

        All text is that of the echo service to it: random octets must not be taken for something.
        """
        done = subprocess.run(
            [str(self.tshark), "-n", "-r", str(capture), "-Y", _FAULTS,
             "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
             "-o", "tcp.desegment_tcp_streams:FALSE", "-d", "tcp.port==1-65535,echo"],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        return done.stdout


class Lab:
    """A namespace, programs run inside it, and `tcpassay` run beside it."""

    def __init__(self, name: str) -> None:
        self.name = name
        inside, home = os.open(NAMED / name, os.O_RDONLY), open_current()
        self.space = NetworkNamespace(inside, home)
        self._home = home
        self._running: list[subprocess.Popen[str]] = []

    def tcpassay(self, verb: str, *arguments: str, tun: str = "tun0") -> list[str]:
        """The command line of a verb on a device of this namespace."""
        place = ("--netns", self.name, "--tun", tun)
        return [sys.executable, "-m", "tcpassay", verb, *arguments, *place]

    def start(self, *command: str, ready: str) -> subprocess.Popen[str]:
        """A program that runs until the end; back when it has printed a line with `ready`."""
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._running.append(process)
        stdout: IO[str] | None = process.stdout
        assert stdout is not None
        line = stdout.readline()
        if ready not in line:
            process.kill()
            pytest.fail(f"{command}: {line}{process.communicate()[1]}")
        return process

    def serve(self, *arguments: str) -> subprocess.Popen[str]:
        """The reference stack as a server on tun0."""
        return self.start(*self.tcpassay("serve", "reference", *arguments), ready="Ctrl-C")

    def ended(self, process: subprocess.Popen[str]) -> str:
        """What a program says on standard error until SIGTERM has ended it."""
        process.send_signal(signal.SIGTERM)
        return process.communicate(timeout=10)[1]

    def inside(self, *command: str) -> list[str]:
        """A command line that runs in the namespace."""
        return ["ip", "netns", "exec", self.name, *command]

    def kernel_server(self, root: Path, port: int = 8000) -> None:
        """A file server over the kernel's TCP."""
        server = ("-u", "-m", "http.server", str(port), "--directory", str(root))
        self.start(*self.inside(sys.executable, *server), ready="Serving")

    def connect(self, address: tuple[str, int], rcvbuf: int = 0) -> socket.socket:
        """A connection of the namespace's kernel, with this SO_RCVBUF where one is wanted."""
        with self.space:
            made = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        made.settimeout(10)
        if rcvbuf:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        made.connect(address)
        return made

    def devices(self) -> list[str]:
        """The names of the namespace's devices."""
        done = subprocess.run(
            ["ip", "-n", self.name, "-br", "link"], capture_output=True, text=True, check=True
        )
        return [line.split()[0] for line in done.stdout.splitlines()]

    def close(self) -> None:
        for process in self._running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            if process.stdout and not process.stdout.closed:
                process.communicate(timeout=10)
        self.space.close()
        os.close(self._home)


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """The judges of captures."""
    wire = Wire(tmp_path_factory.mktemp("wire"))
    yield wire
    wire.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A namespace of the test's own, made by ip-netns(8)."""
    if shutil.which("ip") is None:
        pytest.skip("needs ip of iproute2: apt-get install iproute2")
    name = f"tcpassay-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"ip netns add was refused ({made.stderr.strip()}): run as root")
    try:
        lab = Lab(name)
        yield lab
        lab.close()
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=True)
