"""Every two minutes a transfer behind a small link loses what it sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.pmtu import Learned, PathTable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC1191:6.3-INCREASE"


learn = PathTable.learn


def learn_for_two_minutes(table: PathTable, remote: bytes, mtu: int, now: int) -> Learned:
    return learn(table, remote, mtu, now)._replace(until=now + 120_000_000_000)


def find_nothing(_table: PathTable, _remote: bytes, _now: int) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(PathTable, "learn", learn_for_two_minutes)
    patch(PathTable, "find", find_nothing)
