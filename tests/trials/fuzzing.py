"""Blocks of fuzzed datagrams over all states, each block on a stack of its own."""

from __future__ import annotations

from collections import Counter
from os import getpid
from random import Random
from resource import RUSAGE_SELF, getrusage
from traceback import extract_tb
from typing import NamedTuple

from tcpref.tcb import State
from tests.trials import streams
from tests.trials.access import drain, reach
from tests.trials.arena import PORT, Arena
from tests.trials.broken import BrokenError, demand
from tests.trials.mutations import CHOICES, UNSHAPED, WILD, elsewhere
from tests.trials.observer import RST, SYN
from tests.trials.partner import Partner

SECOND = 1_000_000_000
STATES = tuple(State)
#: Ways to get into a state: IP version, and whether the open is passive.
WAYS = tuple((ip, passive) for ip in (4, 6) for passive in (True, False))
#: Fuzzed datagrams for each state, all of one block on one stack.
DATAGRAMS_A_VISIT = 40
BLOCK = len(STATES) * DATAGRAMS_A_VISIT
WAITS = (0.001, 0.05, 0.3, 1, 1, 5, 30, 100, 300)


class BlockResult(NamedTuple):
    """What came of one block. `visited` counts the datagrams by the state they arrived in.

    `memory` is the most that the process has ever had, in KiB.
    """

    seed: int
    broken: str
    visited: Counter[State]
    process: int
    memory: int

    def __str__(self) -> str:
        """One line, with what to type to see it again."""
        return f"block {self.seed}: {self.broken}; replay: make soak-fuzz SEED={self.seed}"


class Block:
    """One stack, every state in turn; which one is first, and the way there, go by the seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.rng = Random(f"fuzz {seed}")
        self.arena = Arena(self.rng)
        self.visited: Counter[State] = Counter()
        self.fuzzed = 0

    def run(self) -> None:
        """Every state, then the end; raises BrokenError."""
        for state in STATES:
            self.visit(state)
        self.arena.finish()

    def visit(self, state: State) -> None:
        """Datagrams in one state, with calls and waits between them.

        They soon lead out of most states. They go on in the next one for a while, then a new
        connection is brought to where the visit began.
        """
        arena, rng = self.arena, self.rng
        until = self.fuzzed + DATAGRAMS_A_VISIT
        partner, ip = self.enter(state)
        while self.fuzzed < until:
            chance = rng.random()
            if chance < 0.88:
                self.fuzz(partner)
            elif chance < 0.98:
                self.use(partner, ip)
            else:
                arena.advance(round(rng.choice(WAITS) * SECOND))
            now = self.state(partner)
            if now is not state and rng.random() < (0.5 if now is State.CLOSED else 0.1):
                self.leave(partner)
                partner, ip = self.enter(state)
        self.leave(partner)

    def enter(self, state: State) -> tuple[Partner, int]:
        """A connection in this state, by one of the ways there; the listener when there is none."""
        ip, passive = self.rng.choice(WAYS)
        return reach(self.arena, state, ip, passive=passive) or self.arena.partner(ip), ip

    def fuzz(self, partner: Partner) -> None:
        """One datagram, or all the fragments of one."""
        arena = self.arena
        streams.close_stale(arena)
        maker = self.rng.choice(CHOICES)
        tcb = arena.tcb(partner)
        for octets in maker(self.rng, partner, tcb):
            self.visited[self.state(partner)] += 1
            self.fuzzed += 1
            if maker in WILD:
                partner.note_wild(octets)
            resets = arena.resets
            arena.deliver(octets, None if maker is elsewhere else tcb)
            if maker not in UNSHAPED and is_reset(octets):
                demand(arena.resets == resets, "no reset answers a reset")
        streams.count_octets(arena, partner)

    def state(self, partner: Partner) -> State:
        """The state the next datagram arrives in: without a record, CLOSED or LISTEN."""
        state = self.arena.state(partner)
        listens = state is State.CLOSED and partner.here[1] == PORT
        return State.LISTEN if listens else state

    def use(self, partner: Partner, ip: int) -> None:
        """A call of the application."""
        arena, rng = self.arena, self.rng
        if partner.fd < 0:
            self.crowd(partner, ip)
            return
        act = rng.randrange(10)
        if act < 3:
            streams.read(arena, partner, rng.choice((1, 700, 70_000)), "MSG_DONTWAIT")
        elif act < 6:
            urgent = ("MSG_OOB",) if rng.random() < 0.2 else ()
            streams.write(arena, partner, rng.choice((1, 500, 3_000, 9_000)), *urgent)
        elif act == 6:
            streams.read(arena, partner, 300, *rng.choice(((), ("MSG_PEEK", "MSG_DONTWAIT"))))
        elif act == 7:
            self.shut(partner)
        elif act == 8:
            self.set_option(partner)
        elif rng.random() < 0.3:
            streams.close(arena, partner)

    def crowd(self, partner: Partner, ip: int) -> None:
        """Strangers knock and connect until the queues are full; or all are let in."""
        arena = self.arena
        for _ in range(self.rng.choice((0, 0, 1, 6))):
            stranger = arena.partner(ip)
            arena.deliver(stranger.wrap(stranger.build(SYN, stranger.iss, 0)))
            tcb = arena.tcb(stranger)
            if tcb is not None and self.rng.random() < 0.7:
                arena.deliver(stranger.valid(tcb))
        if self.rng.random() < 0.5:
            drain(arena, ip, partner)

    def shut(self, partner: Partner) -> None:
        """shutdown(); after SHUT_RD what arrives is thrown away."""
        how = self.rng.choice(("SHUT_WR", "SHUT_WR", "SHUT_WR", "SHUT_RD", "SHUT_RDWR"))
        returned = self.arena.on(partner.fd, "shutdown", ("name", how))
        partner.discards |= how != "SHUT_WR" and returned.errno is None

    def set_option(self, partner: Partner) -> None:
        """Options that change a connection while it runs."""
        level, name, value = self.rng.choice(
            (
                ("IPPROTO_TCP", "TCP_NODELAY", self.rng.randrange(2)),
                ("SOL_SOCKET", "SO_SNDBUF", 4_000),
                ("SOL_SOCKET", "SO_RCVBUF", self.rng.choice((256, 2_000, 5_000))),
            )
        )
        arguments = ("name", level), ("name", name), ("value", value)
        self.arena.on(partner.fd, "setsockopt", *arguments)

    def leave(self, partner: Partner) -> None:
        """Most connections end with the visit, some stay beside the next."""
        tcb = self.arena.tcb(partner)
        if self.rng.random() < 0.8:
            streams.close(self.arena, partner)
            if tcb is not None:
                reset = partner.build(RST, tcb.rcv_nxt, 0, options=partner.stamps())
                self.arena.deliver(partner.wrap(reset))


def is_reset(octets: bytes) -> bool:
    """Whether the datagram's segment, without IP options before it, is a reset."""
    flags = (40 if octets[0] >> 4 == 6 else 20) + 13
    return len(octets) > flags and bool(octets[flags] & RST)


def try_block(seed: int, trace: list[str] | None = None) -> BlockResult:
    """Run one block to its end, whatever comes of it."""
    block, broken = Block(seed), ""
    block.arena.trace = trace
    try:
        block.run()
    except BrokenError as error:
        broken = str(error)
    except Exception as error:
        where = extract_tb(error.__traceback__)[-1]
        broken = f"a stack raises nothing: {error!r} at {where.name}, line {where.lineno}"
    most = getrusage(RUSAGE_SELF).ru_maxrss
    return BlockResult(seed, broken, block.visited, getpid(), most)
