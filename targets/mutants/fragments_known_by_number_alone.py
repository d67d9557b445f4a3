"""Where two hosts send fragments of the same number, neither's datagram arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fragments import FragmentTable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fragments import FragmentKey, Partial

REQUIREMENT = "RFC1122:3.3.2-REASSEMBLY"


def plant(patch: Patch) -> None:
    find_or_start = FragmentTable.find_or_start

    def by_number(table: FragmentTable, key: FragmentKey) -> Partial:
        return find_or_start(table, (b"", b"", key[2], 0))

    patch(FragmentTable, "find_or_start", by_number)
