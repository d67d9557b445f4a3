"""A stack to be fuzzed, the calls on it and the partners it talks to, in virtual time."""

from __future__ import annotations

from itertools import count
from random import Random
from typing import TYPE_CHECKING

from tcpassay.wire.datagram import parse
from tcpassay.wire.icmp import Icmp
from tcpref import addresses, fastopen_cookies
from tcpref.assay import Assay, open_stack
from tcpref.tcb import State, Tcb
from tests.trials import packets
from tests.trials.application import Returned, Tagged
from tests.trials.broken import demand
from tests.trials.drawn_settings import draw_switches
from tests.trials.invariants import Watch
from tests.trials.leftovers import leftovers
from tests.trials.observer import RST
from tests.trials.packet_text import packet_text
from tests.trials.partner import Partner
from tests.trials.world import fresh_census

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = {4: "192.0.2.1", 6: "2001:db8::1"}
THERE = {4: "192.0.2.9", 6: "2001:db8::9"}
FAMILIES = {4: "AF_INET", 6: "AF_INET6"}
SECOND = 1_000_000_000
PORT = 80
#: Small, so that every bound is met.
BOUNDS = {
    "rcv_buffer": 5_000,
    "snd_buffer": 4_000,
    "reassembly_blocks": 6,
    "max_backlog": 3,
    "syn_queue": 4,
    "max_connections": 40,
    "max_descriptors": 20,
    "msl_s": 20,
}
#: Datagrams that the stack may send because of one thing that happens.
MOST_ANSWERS = 200


class Arena:
    """One stack with a listener of each IP version."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.settings = {**draw_switches(rng), **BOUNDS}
        config = {"addresses": list(HERE.values()), "settings": self.settings}
        self.assay: Assay = open_stack({"seed": rng.getrandbits(32), **config})
        self.stack = self.assay.stack
        self.watch = Watch(self.assay)
        self.now = rng.getrandbits(40)
        self.partners: dict[object, Partner] = {}
        #: Descriptors of connections whose ends another one has taken over.
        self.stale: list[int] = []
        self.port = 4_000 + rng.randrange(1_000)
        self.datagrams = 0
        self.resets = 0
        self.trace: list[str] | None = None
        self._ids = count(1)
        self._waiting: dict[int, Callable[[Returned], None]] = {}
        self._done: Returned | None = None
        #: Without it urgent octets leave the stream, which then is not compared.
        self.inline = rng.random() < 0.8 or not self.stack.settings.urgent
        self.options = (("SOL_SOCKET", "SO_OOBINLINE", self.inline), *draw_options(rng))
        self.listeners = {ip: self.listen(ip) for ip in HERE}

    # Calls.
    def begin(
        self,
        name: str,
        *args: Tagged,
        then: Callable[[Returned], None] | None = None,
        focus: Tcb | None = None,
    ) -> None:
        """Start a call; `then` gets what it returns, now or later."""
        number = next(self._ids)
        self._waiting[number] = then or (lambda _returned: None)
        self.tell(f"{name}{args}"[:100])
        self.assay.call(number, 0, name, args, self.now)
        self.collect(focus)

    def call(self, name: str, *args: Tagged) -> Returned:
        """A call that returns at once."""
        got: list[Returned] = []
        self.begin(name, *args, then=got.append)
        demand(len(got) == 1, "a call that cannot block returns", name)
        return got[0]

    def on(self, fd: int, name: str, *args: Tagged) -> Returned:
        """A call on a descriptor."""
        return self.call(name, ("fd", fd), *args)

    def socket(self, ip: int) -> int:
        """A new socket; it does not block. Its connections have what the arena has drawn."""
        kind = ("flags", ("SOCK_STREAM", "SOCK_NONBLOCK"))
        fd = self.call("socket", ("name", FAMILIES[ip]), kind, ("value", 0)).value
        for level, name, value in self.options:
            self.on(fd, "setsockopt", ("name", level), ("name", name), ("value", value))
        return fd

    def listen(self, ip: int) -> int:
        """A listener; that of IPv6 leaves IPv4 to the other."""
        fd = self.socket(ip)
        queue = ("name", "IPPROTO_TCP"), ("name", "TCP_FASTOPEN"), ("value", 3)
        self.on(fd, "setsockopt", *queue)
        if ip == 6:
            option = ("name", "IPPROTO_IPV6"), ("name", "IPV6_V6ONLY"), ("value", 1)
            self.on(fd, "setsockopt", *option)
        address = ("address", (HERE[ip], PORT))
        for name, argument in (("bind", address), ("listen", ("length", 3))):
            errno = self.on(fd, name, argument).errno
            demand(errno is None, "a listener can be made", errno)
        return fd

    # Partners.
    def partner(self, ip: int, here_port: int = PORT, there_port: int = 0) -> Partner:
        """A new one, at a port of its own."""
        self.port += not there_port
        here, there = packed(HERE[ip]), packed(THERE[ip])
        iss = self.rng.choice((self.rng.getrandbits(32), 0xFFFFFFF0, 0x7FFFFFF0))
        ends = (here, here_port), (there, there_port or self.port)
        partner = Partner(*ends, iss, self.stack.settings.mtu)
        partner.cookie = fastopen_cookies.make(self.stack.secret, there, 0)
        self.partners[partner.key] = partner
        return partner

    def tcb(self, partner: Partner) -> Tcb | None:
        """The stack's record of the connection; only to aim at its numbers."""
        return self.stack.connections.get(partner.key)

    def state(self, partner: Partner) -> State:
        """CLOSED where there is no record."""
        tcb = self.tcb(partner)
        return State.CLOSED if tcb is None else tcb.state

    def socket_tcb(self, partner: Partner) -> Tcb | None:
        """The connection behind the partner's descriptor, ended or not."""
        made = self.assay.kernel.processes[0].descriptors.get(partner.fd)
        return None if made is None else made.tcb

    # Datagrams and time.
    def deliver(self, octets: bytes, focus: Tcb | None = None) -> None:
        """A datagram arrives; it can concern no connection but `focus`, where that is given."""
        self.datagrams += 1
        self.show("<-", octets)
        self.assay.on_datagram(octets, self.now)
        self.collect(focus)

    def advance(self, nanoseconds: int) -> None:
        """Time passes, timer by timer."""
        until = self.now + nanoseconds
        self.tell(f"{nanoseconds / SECOND} s pass")
        while (at := self.assay.next_timeout()) is not None and at <= until:
            self.now = max(self.now, at)
            self.assay.on_timer(self.now)
            self.collect()
        self.now = until

    def collect(self, focus: Tcb | None = None) -> None:
        """Judge the stack and what it has put out."""
        self.watch.check(focus)
        output = self.assay.take_output()
        demand(len(output) <= MOST_ANSWERS, "answers are bounded", len(output))
        for event in output:
            match event:
                case ("datagram", bytes(octets)):
                    self.sent(octets)
                case ("return", int(call), _, int(value), (str() | None) as errno, tuple(out)):
                    self._waiting.pop(call)(Returned(value, errno, out))

    def sent(self, octets: bytes) -> None:
        """The stack sends a datagram: to a partner, or to whoever wrote from a strange place."""
        self.show("->", octets)
        if octets[6 if octets[0] >> 4 == 6 else 9] != packets.TCP:
            demand(isinstance(parse(octets, strict=True).body, Icmp), "what is sent is TCP or ICMP")
            return
        key, flags = packets.ends(octets)
        partner = self.partners.get(key)
        self.resets += bool(flags & RST)
        if partner is None:
            partner = Partner(key[:2], key[2:], 0, self.stack.settings.mtu)
            if not flags & RST:
                self.partners[key] = partner
        record = self.stack.connections.get(key)
        if record is not None and partner.record is not record:
            if partner.fd >= 0 and self.socket_tcb(partner) is not record:
                self.stale.append(partner.fd)
            partner.begin_anew(record)
        partner.sees(octets)

    # The end.
    def finish(self) -> None:
        """The process ends; after the longest time-outs nothing is left."""
        self.assay.kill(0, "SIGKILL", self.now)
        self.collect()
        settings = self.stack.settings
        longest = settings.data_r2_s + settings.syn_r2_s + settings.fin_wait_2_s
        self.advance((longest + 2 * settings.msl_s + 120) * SECOND)
        left = leftovers(self.assay, fresh_census(4))
        demand(not left, "nothing is left", left)

    def show(self, arrow: str, octets: bytes) -> None:
        """A datagram as a line of the trace."""
        if self.trace is not None:
            self.tell(f"{arrow} {packet_text(octets)}")

    def tell(self, text: str) -> None:
        """A line of the trace, where one is kept."""
        if self.trace is not None:
            self.trace.append(f"{self.now / SECOND:12.6f}  {text}")


def draw_options(rng: Random) -> list[tuple[str, str, int]]:
    """Options that set timers of their own."""
    keepalive = ("SOL_SOCKET", "SO_KEEPALIVE", 1), ("IPPROTO_TCP", "TCP_KEEPIDLE", 20)
    patience = ("IPPROTO_TCP", "TCP_USER_TIMEOUT", 7_000)
    return [*(keepalive if rng.random() < 0.4 else ()), *((patience,) * (rng.random() < 0.3))]


def packed(text: str) -> bytes:
    """An address in octets."""
    address = addresses.from_text(text)
    assert address is not None
    return address
