"""One stack under fuzzed datagrams for long: what it holds stays within its settings."""

from __future__ import annotations

import gc
import tracemalloc
from typing import NamedTuple

from tcpref.settings import Settings
from tcpref.tcb import State
from tests.trials import streams
from tests.trials.fuzzing import Block

#: What a connection costs beside its buffers: its records, timers, socket and pending calls. An
#: octet out of order may cost its own block of the reassembly queue.
RECORDS = 12_000


class Held(NamedTuple):
    """Octets that the stack's own code has allocated and not freed, and what its settings allow."""

    octets: int
    bound: int


def bound(settings: Settings) -> int:
    """The most that a stack with these settings may hold."""
    a_connection = settings.rcv_buffer + settings.snd_buffer + RECORDS
    listening = settings.max_backlog + settings.syn_queue
    return settings.max_connections * a_connection + listening * RECORDS


def measure(rounds: int, seed: int = 0) -> list[Held]:
    """Fuzz one stack in every state, so many times over; what it holds after each round."""
    block = Block(seed)
    settings = block.arena.stack.settings
    measured = []
    tracemalloc.start()
    try:
        for _ in range(rounds):
            for state in State:
                block.visit(state)
            streams.forget(block.arena)
            measured.append(Held(allocated(), bound(settings)))
    finally:
        tracemalloc.stop()
    return measured


def allocated() -> int:
    """Octets allocated in the stack's files and still held."""
    gc.collect()
    taken = tracemalloc.take_snapshot()
    own = taken.filter_traces([tracemalloc.Filter(inclusive=True, filename_pattern="*/tcpref/*")])
    return sum(trace.size for trace in own.traces)
