"""Exchanges at random with a stack behind the bench: segments right and wrong, calls, losses, time.

Everything is drawn from one seed. Nothing is expected here: the oracle judges the trace.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.leash import Leash
from tcpassay.conformance.probes import too_big
from tcpassay.core.trace import Trace
from tcpassay.model.oracle.limits import Limits
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.inprocess import InProcessTarget
from tcpassay.targets.registry import open_target
from tcpassay.wire import (
    ACK,
    SYN,
    FastOpen,
    MaximumSegmentSize,
    NoOperation,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    WindowScale,
)
from tests.trials.contents import at_number
from tests.trials.drawn_settings import draw_switches

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.conformance.app import Pending, Socket
    from tcpassay.conformance.peer import Connection
    from tcpassay.targets.contract import IpVersion, Target
    from tcpassay.targets.manifest import Manifest
    from tcpassay.wire import Option

#: Distances from a number that matters.
NEAR = (0, 1, -1, 5, -5, 100, -100, 1460, -1460, 60_000, 70_000, -70_000, 1 << 31)
WAITS = (0.0, 0.01, 0.1, 0.3, 0.6, 1.1, 3.0, 10.0)
#: Kind of the user time-out option (RFC 5482).
USER_TIMEOUT = 28
LONG_WAITS = (30.0, 100.0, 250.0, 8_000.0)


@cache
def manifest() -> Manifest:
    """The reference stack's."""
    return open_target("reference").manifest


def drawn_target(rng: Random) -> tuple[Target, Limits]:
    """The reference stack with settings at random, and what they mean for the oracle."""
    drawn = draw_switches(rng) if rng.random() < 0.5 else {}
    for name in ("resolver", "window_scale_wanted"):
        drawn.pop(name, None)
    msl_s = rng.choice((1, 30, 120))
    drawn |= {
        "msl_s": msl_s,
        "mtu": rng.choice((576, 1_280, 1_500, 9_000)),
        "rcv_buffer": rng.choice((1_000, 16_000, 65_535, 300_000)),
        "delayed_ack_ms": rng.choice((1, 40, 200, 490)),
    }
    if drawn["mtu"] == 576:
        drawn["mtu"] = 1_280
    start = {**manifest().start, "settings": drawn}
    return InProcessTarget(replace(manifest(), start=start)), Limits(msl_s, rack=True)


class Exchange:
    """One exchange under way. `sockets` are the application's, `conns` the peer's."""

    def __init__(self, bench: Bench, rng: Random, steps: int, *, patient: bool = True) -> None:
        self.bench = bench
        self.rng = rng
        self.steps = steps
        self.patient = patient
        self.conns: list[Connection] = []
        self.sockets: list[Socket] = []
        self.waiting: dict[int, Pending] = {}
        self.accepting: list[tuple[Socket, Pending]] = []
        self.listening: list[Socket] = []
        self.stamps: dict[Connection, int] = {}
        #: What later documents have added is drawn apart from the rest.
        self.modern = Random(f"modern {bench.trace.seed}")
        self.selective: set[Connection] = set()
        self.cookies: list[bytes] = [b""]

    def run(self) -> None:
        """All of it."""
        self.open()
        doings = self.rng.choices(DOINGS, WEIGHTS, k=self.steps)
        for doing in doings:
            doing(self)
            self.settle()

    # -- opening ---------------------------------------------------------------------------------

    def open(self) -> None:
        """One more connection, one way or the other."""
        if len(self.conns) > 3:
            return
        self.rng.choice((self.listen, self.listen, self.connect))()

    def listen(self) -> None:
        """The peer opens to a listener, or to nobody."""
        port = 8080
        if not self.listening and self.rng.random() < 0.9:
            sock = self.bench.app.socket()
            sock.call("bind", ("address", (self.bench.any_address, port)))
            sock.call("listen", ("length", self.rng.choice((0, 1, 5))))
            self.listening.append(sock)
            self.sockets.append(sock)
        again = [c for c in self.conns if c.port == port]
        if again and self.rng.random() < 0.3:
            conn = self.rng.choice(again)
            iss = (int(conn.peer.snd.nxt) + self.rng.choice((1, 100_000, -100_000))) & 0xFFFFFFFF
            self.conns.remove(conn)
            conn = self.bench.connection(peer_port=conn.peer_port, port=port, iss=iss)
        else:
            conn = self.bench.connection(port=port, iss=self.rng.randrange(1 << 32))
        self.conns.append(conn)
        conn.send(self.marked("S"), options=self.syn_options())
        self.take(conn)
        if self.rng.random() < 0.9:
            self.plain(conn, "A")

    def connect(self) -> None:
        """The target opens, without blocking."""
        sock = self.bench.app.socket("SOCK_NONBLOCK")
        self.sockets.append(sock)
        pending = sock.begin_connect(7000 + self.rng.randrange(3))
        if pending.returned is None or pending.returned.errno not in {None, "EINPROGRESS"}:
            return
        if not any(stray.segment.flags & (SYN | ACK) == SYN for stray in self.bench.strays):
            return
        conn = self.bench.expect_syn()
        conn.app = sock
        self.conns.append(conn)
        way = self.rng.random()
        if way < 0.75:
            conn.send(self.marked("SA"), options=self.syn_options())
        elif way < 0.9:
            conn.send("S", options=self.syn_options())
            self.take(conn)
            conn.send("SA", seq=int(conn.peer.iss))
        self.take(conn)

    def syn_options(self) -> tuple[Option, ...]:
        """Options of a SYN of the peer's."""
        options: list[Option] = []
        if self.rng.random() < 0.8:
            options.append(MaximumSegmentSize(self.rng.choice((88, 536, 1_000, 1_460, 9_000))))
        if self.rng.random() < 0.3:
            options += [NoOperation(), WindowScale(self.rng.choice((0, 2, 7, 14)))]
        if self.rng.random() < 0.3:
            options += [NoOperation(), NoOperation(), Timestamps(self.rng.randrange(1 << 32), 0)]
        draw = self.modern
        if draw.random() < 0.5:
            options += [NoOperation(), NoOperation(), SackPermitted()]
        if draw.random() < 0.1:
            options += [NoOperation(), NoOperation(), FastOpen(draw.choice(self.cookies))]
        if draw.random() < 0.1:
            options.append(UnknownOption(USER_TIMEOUT, draw.randbytes(2)))
        return tuple(options)

    def marked(self, flags: str) -> str:
        """Flags with those of ECN now and then, right or wrong (RFC 3168, 6.1)."""
        if self.modern.random() < 0.85:
            return flags
        return flags + self.modern.choice(("E", "C", "EC"))

    def reports(self, conn: Connection) -> tuple[Option, ...]:
        """Blocks of SACK now and then: of what is in flight, below it and beyond (RFC 2018)."""
        draw = self.modern
        if conn not in self.selective or draw.random() < 0.8:
            return ()
        una, flight = int(conn.target.snd.una), int(conn.target.snd.nxt - conn.target.snd.una)
        blocks = []
        for _ in range(draw.choice((1, 1, 2))):
            left = una + draw.randrange(1 + max(0, flight)) + draw.choice((0, 0, 0, -500, 5_000))
            right = left + draw.choice((1, 100, 1_460, 3_000))
            blocks.append((left & 0xFFFFFFFF, right & 0xFFFFFFFF))
        return (NoOperation(), NoOperation(), Sack(tuple(blocks)))

    # -- the peer --------------------------------------------------------------------------------

    def take(self, conn: Connection) -> None:
        """What has come is seen."""
        for arrival in conn.drop_arrivals():
            for option in arrival.segment.options:
                if isinstance(option, Timestamps):
                    self.stamps[conn] = option.tsval
                elif isinstance(option, SackPermitted):
                    self.selective.add(conn)
                elif isinstance(option, FastOpen) and option.cookie:
                    self.cookies.append(option.cookie)

    def options(self, conn: Connection) -> tuple[Option, ...]:
        """The options of a later segment: a timestamp mostly where the target uses them."""
        options: tuple[Option, ...] = ()
        if conn in self.stamps and self.rng.random() < 0.95:
            tsval = self.stamp(conn) + self.rng.choice((0, 0, 0, 0, 1, -1, 1_000, -1_000))
            options = (
                NoOperation(),
                NoOperation(),
                Timestamps(tsval & 0xFFFFFFFF, self.stamps[conn]),
            )
        if self.rng.random() < 0.02:
            options = (*options, UnknownOption(253, b"xy"))
        return options

    def stamp(self, conn: Connection) -> int:
        """The peer's clock, which begins with the timestamp of its SYN."""
        first = 0
        for entry in (conn.last_sent,):
            for option in entry.options if entry else ():
                if isinstance(option, Timestamps):
                    first = option.tsval
        return first + 1

    def plain(self, conn: Connection, flags: str, size: int = 0, **changes: int) -> None:
        """A segment as it should be, but for `changes`; its text belongs at its number."""
        seq = changes.get("seq", int(conn.peer.snd.nxt))
        payload = at_number(seq & 0xFFFFFFFF, size) if size else b""
        options = (*self.options(conn), *self.reports(conn))
        conn.send(self.marked(flags), payload=payload, options=options, **changes)
        self.take(conn)

    def any_conn(self) -> Connection | None:
        """One of the connections, with what has come for it seen."""
        if not self.conns:
            return None
        conn = self.rng.choice(self.conns)
        if self.rng.random() < 0.9:
            self.take(conn)
        return conn

    def text(self) -> None:
        """Text in order, ahead or again, sometimes with FIN."""
        conn = self.any_conn()
        if conn is None:
            return
        size = self.rng.choice((0, 1, 10, 500, 536, 1_460))
        flags = self.rng.choice(("A", "PA", "A", "PA", "FA", "FPA"))
        how = self.rng.random()
        if how < 0.7 and not ("F" in flags and self.rng.random() < 0.6):
            self.plain(conn, flags, size)
        else:
            at = int(conn.peer.snd.nxt) + self.rng.choice((-size, -10, 10, 500, 5_000))
            self.plain(conn, flags.replace("F", ""), size, seq=at & 0xFFFFFFFF)

    def acks(self) -> None:
        """An acknowledgement of all or of part, with some window."""
        conn = self.any_conn()
        if conn is None:
            return
        windows = (65_535, 65_535, 65_535, 3_000, 100, 1, 0)
        ack = int(conn.target.snd.nxt)
        if self.rng.random() < 0.3:
            ack -= self.rng.randrange(1 + max(0, int(conn.target.snd.nxt - conn.target.snd.una)))
        self.plain(conn, "A", ack=ack & 0xFFFFFFFF, window=self.rng.choice(windows))

    def wrong(self) -> None:
        """A segment with any flags and numbers near those that matter."""
        conn = self.any_conn()
        if conn is None:
            return
        rng = self.rng
        flags = rng.choice(("", "A", "A", "A", "S", "SA", "SF", "F", "FA", "R", "RA", "UA", "P"))
        base = int(rng.choice((conn.peer.snd.nxt, conn.peer.iss)))
        seq = (base + rng.choice(NEAR)) & 0xFFFFFFFF
        ack = (int(conn.target.snd.nxt) + rng.choice(NEAR)) & 0xFFFFFFFF
        if "R" in flags and rng.random() < 0.7:
            return
        self.plain(conn, flags, rng.choice((0, 0, 1, 100)), seq=seq, ack=ack)

    def router(self) -> None:
        """A router says that a segment was too big, right or wrong (RFC 1191, RFC 8201)."""
        conn = self.any_conn()
        if conn is not None and conn.last_arrival is not None:
            too_big(conn, self.modern.choice((68, 296, 576, 1_280, 1_400)), conn.last_arrival)
            self.take(conn)

    # -- the application -------------------------------------------------------------------------

    def settle(self) -> None:
        """What calls have given: accepted sockets; what has come is seen."""
        for item in list(self.accepting):
            returned = item[1].returned
            if returned is not None:
                self.accepting.remove(item)
                if returned.errno is None:
                    self.sockets.append(type(item[0])(item[0].app, returned.value))
        for fd in [fd for fd, pending in self.waiting.items() if pending.returned is not None]:
            del self.waiting[fd]

    def calls(self) -> None:
        """One socket call."""
        rng = self.rng
        if self.listening and rng.random() < 0.4 and not self.accepting:
            sock = self.listening[-1]
            self.accepting.append((sock, sock.begin_accept()))
            return
        sockets = [s for s in self.sockets if s not in self.listening and s.fd not in self.waiting]
        if not sockets:
            return
        sock = rng.choice(sockets)
        name = rng.choices(("send", "recv", "shutdown", "close", "option"), (8, 8, 1, 1, 1))[0]
        CALLS[name](self, sock)

    def call_send(self, sock: Socket) -> None:
        """send() without blocking."""
        data = self.rng.randbytes(self.rng.choice((1, 5, 100, 1_460, 5_000, 40_000)))
        flags = ("MSG_DONTWAIT", "MSG_NOSIGNAL") if self.rng.random() < 0.5 else ("MSG_DONTWAIT",)
        sock.begin("send", ("octets", data), ("flags", flags))

    def call_recv(self, sock: Socket) -> None:
        """recv(), with or without blocking or taking."""
        length = ("length", self.rng.choice((1, 10, 1_000, 65_536)))
        flags = self.rng.choice(
            ((), ("MSG_DONTWAIT",), ("MSG_DONTWAIT",), ("MSG_DONTWAIT", "MSG_PEEK"))
        )
        pending = sock.begin("recv", length, ("flags", flags))
        if pending.returned is None:
            self.waiting[sock.fd] = pending

    def call_shutdown(self, sock: Socket) -> None:
        """shutdown() of one or both directions."""
        how = self.rng.choice(("SHUT_WR", "SHUT_WR", "SHUT_RDWR", "SHUT_RD"))
        sock.begin("shutdown", ("name", how))

    def call_close(self, sock: Socket) -> None:
        """close(), orderly or not."""
        if self.rng.random() < 0.3:
            sock.set_linger(0)
        self.sockets.remove(sock)
        sock.begin("close")

    def call_option(self, sock: Socket) -> None:
        """An option that changes what may be sent."""
        level, name = self.rng.choice(
            (("SOL_SOCKET", "SO_KEEPALIVE"), ("IPPROTO_TCP", "TCP_NODELAY"))
        )
        sock.begin("setsockopt", ("name", level), ("name", name), ("value", 1))

    def waits(self) -> None:
        """Time passes."""
        if self.patient:
            long = self.rng.random() < 0.1
            self.bench.wait(self.rng.choice(LONG_WAITS if long else WAITS))
        else:
            self.bench.wait(self.rng.choice(WAITS[:3]))


DOINGS: tuple[Callable[[Exchange], None], ...] = (
    Exchange.open,
    Exchange.text,
    Exchange.acks,
    Exchange.wrong,
    Exchange.calls,
    Exchange.waits,
    Exchange.router,
)
WEIGHTS = (1, 6, 6, 3, 8, 5, 0.3)

CALLS: dict[str, Callable[[Exchange, Socket], None]] = {
    "send": Exchange.call_send,
    "recv": Exchange.call_recv,
    "shutdown": Exchange.call_shutdown,
    "close": Exchange.call_close,
    "option": Exchange.call_option,
}


class Happened(NamedTuple):
    """An exchange that is over. `lag_ns` is how late the reader was, 0 on a virtual clock."""

    trace: Trace
    lag_ns: int


def exchange(seed: int) -> tuple[Trace, Limits]:
    """The trace of a seed's exchange with the reference stack."""
    rng = Random(f"exchange {seed}")
    target, limits = drawn_target(rng)
    return exchange_with(target, rng, seed).trace, limits


def exchange_with(
    target: Target,
    rng: Random,
    seed: int,
    *,
    patient: bool = True,
    settings: tuple[str, ...] = (),
) -> Happened:
    """An exchange with any target; `patient` lets it wait for long."""
    ip: IpVersion = 4 if rng.random() < 0.5 else 6
    addresses = target.manifest.ipv4 if ip == 4 else target.manifest.ipv6
    assert addresses is not None
    trace = Trace(
        case=f"exchange {seed}",
        seed=seed,
        ip=ip,
        stack_addresses=addresses.stack,
        settings=settings,
    )
    stack = target.start(StackOptions(seed=seed, ip=ip, settings=settings))
    leash = Leash()
    leash.hold(stack)
    try:
        bench = Bench(target.manifest, stack, trace, requirements=("RFC9293:MUST-14",), ip=ip)
        Exchange(bench, rng, rng.randrange(5, 40), patient=patient).run()
    finally:
        leash.close()
    return Happened(trace, leash.lag_ns() or 0)
