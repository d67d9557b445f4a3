"""One stack, the application on it and a peer that writes segments by hand, in virtual time."""

from __future__ import annotations

from itertools import count
from typing import NamedTuple

import pytest

from tcpref import seq
from tcpref.assay import Assay, open_stack
from tcpref.ipv4 import from_text, parse_ipv4
from tcpref.segment import ACK, FIN, SYN, Segment, build_segment, parse_segment
from tcpref.tcb import State, Tcb

STACK = "192.0.2.1"
PEER = "192.0.2.2"
PORT = 80
PEER_PORT = 4000
PEER_ISS = 1000
MSS = b"\2\4\5\xb4"
SECOND = 1_000_000_000


class Returned(NamedTuple):
    """What a call returned."""

    value: int
    errno: str | None
    out: tuple[tuple[str, object], ...]

    def get(self, tag: str) -> object:
        """The first result with this tag."""
        return next(value for name, value in self.out if name == tag)


def packed(text: str) -> bytes:
    """An address in four octets."""
    address = from_text(text)
    assert address is not None
    return address


class Host:
    """The stack under test with what drives it; `sent` holds segments not yet looked at."""

    def __init__(self, seed: int = 7, **settings: object) -> None:
        self.assay: Assay = open_stack(
            {"seed": seed, "addresses": [STACK, "192.0.2.3"], "settings": settings}
        )
        self.now = 0
        self.sent: list[Segment] = []
        self.returned: dict[int, Returned] = {}
        self.signals: list[tuple[object, object]] = []
        self.exits: list[tuple[object, object]] = []
        self.local_port = PORT
        self.fd = -1
        self._ids = count(1)

    # Time and output.
    def collect(self) -> None:
        """Sort what the stack has put out."""
        for event in self.assay.take_output():
            if event[0] == "datagram":
                self.sent.append(parsed(event[1]))
            elif event[0] == "return":
                _, number, _process, value, errno, out = event
                self.returned[number] = Returned(value, errno, out)  # type: ignore[index,arg-type]
            elif event[0] == "signal":
                self.signals.append((event[1], event[2]))
            elif event[0] == "exit":
                self.exits.append((event[1], event[2]))

    def take(self) -> list[Segment]:
        """The segments sent since the last time."""
        self.collect()
        segments, self.sent = self.sent, []
        return segments

    def only(self) -> Segment:
        """The one segment sent since the last time."""
        segments = self.take()
        assert len(segments) == 1, segments
        return segments[0]

    def advance(self, seconds: float) -> None:
        """Let time pass, timer by timer."""
        until = self.now + round(seconds * SECOND)
        while (at := self.assay.next_timeout()) is not None and at <= until:
            self.now = max(self.now, at)
            self.assay.on_timer(self.now)
        self.now = until

    def advance_to_timer(self) -> float:
        """Run the next timer; the seconds that passed."""
        at = self.assay.next_timeout()
        assert at is not None
        passed = at - self.now
        self.now = at
        self.assay.on_timer(at)
        return passed / SECOND

    # The application.
    def begin(self, name: str, *args: tuple[str, object], process: int = 0) -> int:
        """Start a call."""
        number = next(self._ids)
        self.assay.call(number, process, name, args, self.now)
        self.collect()
        return number

    def call(self, name: str, *args: tuple[str, object], process: int = 0) -> Returned:
        """Make a call that returns at once."""
        return self.returned[self.begin(name, *args, process=process)]

    def on(self, name: str, *args: tuple[str, object], fd: int | None = None) -> Returned:
        """Make a call on a descriptor, the connection's own where none is given."""
        return self.call(name, ("fd", self.fd if fd is None else fd), *args)

    def socket(self, *flags: str, process: int = 0) -> int:
        """A new socket's descriptor."""
        made = ("name", "AF_INET"), ("flags", ("SOCK_STREAM", *flags)), ("value", 0)
        return self.call("socket", *made, process=process).value

    def listen(self, backlog: int = 5, port: int = PORT, address: str = "0.0.0.0") -> int:  # noqa: S104 - the wildcard
        """A listener's descriptor."""
        fd = self.socket()
        assert self.on("bind", ("address", (address, port)), fd=fd).errno is None
        assert self.on("listen", ("length", backlog), fd=fd).errno is None
        return fd

    def send(self, octets: bytes, *flags: str) -> Returned:
        """send() on the connection."""
        return self.on("send", ("octets", octets), ("flags", flags))

    def recv(self, length: int = 65536, *flags: str) -> Returned:
        """recv() on the connection."""
        return self.on("recv", ("length", length), ("flags", flags))

    def option(self, option: str, value: int, level: str = "SOL_SOCKET") -> None:
        """setsockopt() with a number, on the connection."""
        names = ("name", level), ("name", option), ("value", value)
        assert self.on("setsockopt", *names).errno is None

    # The peer.
    def peer(
        self,
        flags: int,
        number: int,
        ack: int = 0,
        *,
        payload: bytes = b"",
        wnd: int = 65535,
        options: bytes = b"",
        port: int = PEER_PORT,
    ) -> None:
        """Deliver a segment of the peer's."""
        self.assay.on_datagram(
            build_segment(
                packed(PEER),
                packed(STACK),
                port,
                self.local_port,
                seq=number & seq.MASK,
                ack=ack & seq.MASK,
                flags=flags,
                wnd=wnd,
                options=options,
                payload=payload,
            ),
            self.now,
        )

    def next(
        self, flags: int = ACK, *, payload: bytes = b"", wnd: int = 65535, ack: int | None = None
    ) -> None:
        """Deliver the segment that is due: at RCV.NXT, acknowledging all that was sent."""
        tcb = self.tcb
        acked = tcb.snd_nxt if ack is None else ack
        self.peer(flags, tcb.rcv_nxt, acked, payload=payload, wnd=wnd)

    def handshake(self, port: int = PEER_PORT, **syn: int) -> Segment:
        """A passive open from the peer's `port`; the SYN,ACK."""
        self.peer(SYN, PEER_ISS, port=port, options=MSS, **syn)  # type: ignore[arg-type]
        answer = self.only()
        self.peer(ACK, PEER_ISS + 1, answer.seq + 1, port=port, **syn)  # type: ignore[arg-type]
        return answer

    # Connections.
    @property
    def tcb(self) -> Tcb:
        """The only connection."""
        (tcb,) = self.assay.stack.connections.values()
        return tcb

    def state(self, port: int = PEER_PORT) -> str:
        """The state of the connection with the peer's `port`."""
        return self.assay.read_state((STACK, self.local_port), (PEER, port))[0]

    def connect(self, *flags: str) -> int:
        """Start connect(); the id of the call. The SYN has been sent."""
        self.fd = self.socket(*flags)
        number = self.begin("connect", ("fd", self.fd), ("address", (PEER, PEER_PORT)))
        self.local_port = self.tcb.key[1]
        return number

    def establish(self, **syn: int) -> None:
        """An accepted connection; nothing of the handshake is left to look at."""
        listener = self.listen()
        self.handshake(**syn)
        self.fd = self.on("accept", fd=listener).value
        self.take()

    def reach(self, state: State) -> None:
        """Bring the connection into a state, its descriptor still open."""
        if state is State.SYN_SENT:
            self.connect("SOCK_NONBLOCK")
        elif state is State.SYN_RECEIVED:
            self.listen()
            self.peer(SYN, PEER_ISS)
        else:
            self.establish()
            self._close_to(state)
        self.take()
        assert self.tcb.state is state

    def _close_to(self, state: State) -> None:
        if state in (State.CLOSE_WAIT, State.LAST_ACK):
            self.next(FIN | ACK)
        if state not in (State.ESTABLISHED, State.CLOSE_WAIT):
            assert self.on("shutdown", ("name", "SHUT_WR")).errno is None
        if state is State.CLOSING:
            self.next(FIN | ACK, ack=self.tcb.snd_una)
        if state in (State.FIN_WAIT_2, State.TIME_WAIT):
            self.next(ACK)
        if state is State.TIME_WAIT:
            self.next(FIN | ACK)


def parsed(datagram: object) -> Segment:
    """The segment in a datagram of the stack's, both checksums verified."""
    assert isinstance(datagram, bytes)
    packet = parse_ipv4(datagram)
    assert packet is not None
    segment = parse_segment(packet.src, packet.dst, packet.payload)
    assert segment is not None
    return segment


@pytest.fixture
def host() -> Host:
    """A stack with the default settings."""
    return Host()


@pytest.fixture
def make_host() -> type[Host]:
    """For stacks with other settings, or more than one."""
    return Host
