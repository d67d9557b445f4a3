"""Random segments, calls and waits: the stack keeps its invariants and its bounds."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import pytest

from tcpref import seq
from tcpref.segment import RST

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

CALLS = (
    ("send", ("octets", b"s" * 3000), ("flags", ("MSG_DONTWAIT",))),
    ("recv", ("length", 700), ("flags", ("MSG_DONTWAIT",))),
    ("recv", ("length", 70_000), ("flags", ("MSG_DONTWAIT",))),
    ("shutdown", ("name", "SHUT_WR")),
    ("shutdown", ("name", "SHUT_RD")),
    ("close",),
    ("accept",),
)
PORTS = (4000, 4001, 4002)


def near(random: Random, number: int) -> int:
    """A number about where it matters."""
    return seq.add(number, random.choice((0, 0, 0, 1, -1, 3, 1460, 70_000, -70_000, 2**31)))


def random_segment(host: Host, random: Random) -> int:
    """Deliver a segment that is nearly right; its control bits."""
    port = random.choice(PORTS)
    key = (b"\xc0\0\2\1", 80, b"\xc0\0\2\2", port)
    tcb = host.assay.stack.connections.get(key)
    flags = random.choice((2, 16, 16, 16, 17, 24, 4, 20, 18, 0, random.randrange(64)))
    number = near(random, tcb.rcv_nxt if tcb else 1000)
    ack = near(random, random.choice((tcb.snd_una, tcb.snd_nxt)) if tcb else 0)
    text = bytes(random.choice((0, 0, 1, 5, 1460, 3000)))
    window = random.choice((0, 1, 500, 65535))
    host.peer(flags, number, ack, payload=text, wnd=window, port=port)
    return flags


def check(host: Host) -> None:
    """What must hold at any time."""
    for tcb in host.assay.stack.connections.values():
        assert 0 <= tcb.flight <= len(tcb.send_buffer) + 2
        assert tcb.unsent >= 0
        assert 0 <= seq.distance(tcb.rcv_edge, tcb.rcv_nxt) <= 65535
        assert len(tcb.received) + tcb.reassembly.octets() <= 2 * 5000
        assert not (tcb.retransmission.running and tcb.persist.running)
    for listener in host.assay.stack.listeners.values():
        assert len(listener.accept_queue) <= listener.accept_bound()


@pytest.mark.parametrize("seed", range(8))
def test_random_life(make_host: type[Host], seed: int) -> None:
    random = Random(seed)
    host = make_host(rcv_buffer=5000)
    host.listen(2)
    for step in range(1500):
        chance = random.random()
        if chance < 0.7:
            flags = random_segment(host, random)
            answers = host.take()
            assert not (flags & RST and any(answer.flags & RST for answer in answers)), step
        elif chance < 0.9:
            name, *args = random.choice(CALLS)
            fd = random.randrange(3, 8)
            if not (name == "close" and fd == 3):
                host.begin(str(name), ("fd", fd), *args)
        else:
            host.advance(random.choice((0.1, 1, 10, 300)))
        check(host)
        host.take()
    host.assay.kill(0, "SIGKILL", host.now)
    host.advance(2000)
    left = {name: value for name, value in host.assay.read_stats().items() if value}
    assert left == {}
