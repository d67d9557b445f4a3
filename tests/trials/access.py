"""Ways into each of the eleven states, by either kind of open."""

from __future__ import annotations

from struct import pack
from typing import TYPE_CHECKING

from tcpref.tcb import State, Tcb
from tests.trials import streams
from tests.trials.arena import HERE, THERE, Arena
from tests.trials.observer import ACK, FIN, SYN
from tests.trials.partner import Partner

if TYPE_CHECKING:
    from random import Random

#: States after the handshake, with what leads there: c the application closes its direction,
#: f the peer's FIN comes, a our FIN is acknowledged. A FIN alone acknowledges nothing.
AFTER_OPENING = {
    State.ESTABLISHED: "",
    State.FIN_WAIT_1: "c",
    State.FIN_WAIT_2: "ca",
    State.CLOSE_WAIT: "f",
    State.CLOSING: "cf",
    State.LAST_ACK: "fc",
    State.TIME_WAIT: "caf",
}
OPTIONS = (
    pack("!BBH", 2, 4, 1460),
    pack("!BBH", 2, 4, 300),
    b"\1\3\3\7",
    b"\4\2\1\1",
    pack("!BBBBII", 1, 1, 8, 10, 1, 0),
)


def reach(arena: Arena, state: State, ip: int, *, passive: bool) -> Partner | None:
    """Bring a new connection into a state; None when the stack's bounds do not let it."""
    if state is State.LISTEN:
        return arena.partner(ip)
    if state is State.CLOSED:
        return arena.partner(ip, here_port=9)
    partner = open_passively(arena, ip, state) if passive else open_actively(arena, ip, state)
    if partner is None or state in (State.SYN_SENT, State.SYN_RECEIVED):
        return partner
    exchange(arena, partner)
    for letter in AFTER_OPENING[state]:
        close_step(arena, partner, letter)
    return partner


def syn_options(rng: Random) -> bytes:
    """What a SYN of ours offers."""
    return b"".join(option for option in OPTIONS if rng.random() < 0.5)


def open_passively(arena: Arena, ip: int, state: State) -> Partner | None:
    """SYN, and its ACK unless the connection is to stay half open."""
    drain(arena, ip)
    partner = arena.partner(ip)
    syn = partner.build(SYN, partner.iss, 0, options=syn_options(arena.rng))
    arena.deliver(partner.wrap(syn))
    tcb = arena.tcb(partner)
    if tcb is None or state is State.SYN_RECEIVED:
        return partner if tcb is not None else None
    arena.deliver(partner.valid(tcb))
    drain(arena, ip, partner)
    return partner if partner.fd >= 0 else None


def drain(arena: Arena, ip: int, wanted: Partner | None = None) -> None:
    """accept() what waits, so that there is room; strangers are reset."""
    while True:
        returned = arena.on(arena.listeners[ip], "accept")
        if returned.errno is not None:
            return
        made = arena.assay.kernel.processes[0].descriptors[returned.value]
        if wanted is not None and made.tcb is not None and made.tcb.key == wanted.key:
            wanted.fd = returned.value
        else:
            linger = ("name", "SOL_SOCKET"), ("name", "SO_LINGER"), ("linger", (1, 0))
            arena.on(returned.value, "setsockopt", *linger)
            arena.on(returned.value, "close")


def open_actively(arena: Arena, ip: int, state: State) -> Partner | None:
    """connect(), and the answer to its SYN: a SYN,ACK, or a SYN that crosses it."""
    fd = arena.socket(ip)
    if fd < 0:
        return None
    partner = arena.partner(ip, here_port=0)
    del arena.partners[partner.key]
    local = 20_000 + arena.port
    arena.on(fd, "bind", ("address", (HERE[ip], local)))
    partner.here = (partner.here[0], local)
    arena.partners[partner.key] = partner
    arena.on(fd, "connect", ("address", (THERE[ip], partner.there[1])))
    tcb = arena.tcb(partner)
    if tcb is None:
        arena.on(fd, "close")
        return None
    partner.fd = fd
    if state is not State.SYN_SENT:
        answer(arena, partner, tcb, crossed=state is State.SYN_RECEIVED)
    return partner


def answer(arena: Arena, partner: Partner, tcb: Tcb, *, crossed: bool) -> None:
    """The segments that open a connection of the stack's making."""
    options = syn_options(arena.rng)
    crossing = crossed or arena.rng.random() < 0.3
    if crossing:
        arena.deliver(partner.wrap(partner.build(SYN, partner.iss, 0, options=options)))
    if not crossed:
        reply = partner.build(SYN | ACK, partner.iss, tcb.snd_nxt, options=options)
        arena.deliver(partner.wrap(reply))


def exchange(arena: Arena, partner: Partner) -> None:
    """Some text in either direction, so that numbers and windows have moved."""
    tcb, rng = arena.tcb(partner), arena.rng
    if tcb is None:
        return
    if rng.random() < 0.5:
        streams.write(arena, partner, rng.randrange(1, 3_000))
        arena.deliver(partner.valid(tcb))
    if rng.random() < 0.5:
        arena.deliver(partner.valid(tcb, text=rng.randrange(1, 1_200)))
    if rng.random() < 0.5:
        streams.read(arena, partner, 5_000, "MSG_DONTWAIT")


def close_step(arena: Arena, partner: Partner, letter: str) -> None:
    """One of the three things that lead on from ESTABLISHED."""
    tcb = arena.tcb(partner)
    if tcb is None:
        return
    if letter == "c":
        arena.on(partner.fd, "shutdown", ("name", "SHUT_WR"))
    elif letter == "a":
        for _ in range(5):
            if tcb.state is State.FIN_WAIT_1:
                arena.deliver(partner.valid(tcb))
    else:
        before_fin = tcb.snd_nxt - tcb.fin_sent if tcb.snd_una != tcb.snd_nxt else tcb.snd_nxt
        arena.deliver(partner.valid(tcb, FIN | ACK, ack=before_fin))
