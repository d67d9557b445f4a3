"""What the application does with one fuzzed connection, and that its octets are the right ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import OPENING
from tests.trials.application import Returned, octets_of
from tests.trials.broken import demand
from tests.trials.observer import MASK

if TYPE_CHECKING:
    from tests.trials.arena import Arena
    from tests.trials.partner import Partner


def read(arena: Arena, partner: Partner, length: int, *flags: str) -> None:
    """recv(); what it returns is compared with what was sent at these numbers."""
    tcb = arena.socket_tcb(partner)
    if tcb is None or partner.busy:
        return
    partner.busy = True

    def returned(result: Returned) -> None:
        partner.busy = False
        same = result.errno is None and arena.socket_tcb(partner) is tcb
        if same and arena.inline and "MSG_PEEK" not in flags and not partner.discards:
            partner.reads(tcb, octets_of(result))
            partner.saw_end |= not result.value and length > 0

    args = ("length", length), ("flags", flags)
    arena.begin("recv", ("fd", partner.fd), *args, then=returned, focus=tcb)


def count_octets(arena: Arena, partner: Partner) -> None:
    """What has been acknowledged is what was read, what waits to be read, and a FIN."""
    tcb = arena.tcb(partner)
    if tcb is None or tcb.state in OPENING or not arena.inline:
        return
    if not (partner.discards or partner.closed) and partner.record is tcb:
        taken = (tcb.rcv_nxt - tcb.irs - 1) & MASK
        counted = partner.delivered + len(tcb.received) + tcb.fin_received
        demand(taken == counted, "every octet is read once", f"{taken} and {counted}")


def write(arena: Arena, partner: Partner, length: int, *more: str) -> None:
    """send() of what comes next in the application's stream, without blocking."""
    octets = partner.observer.stream[partner.queued : partner.queued + length]
    flags = ("flags", ("MSG_DONTWAIT", *more))
    returned = arena.on(partner.fd, "send", ("octets", octets), flags)
    partner.queued += max(0, returned.value)


def close_stale(arena: Arena) -> None:
    """close() what is left of connections that were replaced."""
    while arena.stale:
        arena.on(arena.stale.pop(), "close")


def close(arena: Arena, partner: Partner) -> None:
    """close()."""
    if not partner.closed and partner.fd >= 0:
        partner.closed = True
        arena.on(partner.fd, "close")
        partner.fd = -1


def forget(arena: Arena) -> None:
    """Close what is open, and drop partners whose connections have ended."""
    close_stale(arena)
    for partner in tuple(arena.partners.values()):
        close(arena, partner)
    held = arena.stack.connections
    arena.partners = {key: one for key, one in arena.partners.items() if key in held}
