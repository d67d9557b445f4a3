"""Fragments of two datagrams are put together where both are under way at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fragments import FragmentTable

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fragments import FragmentKey, Partial

REQUIREMENT = "RFC1122:3.3.2-REASSEMBLY"


def plant(patch: Patch) -> None:
    find_or_start = FragmentTable.find_or_start

    def of_both_hosts(table: FragmentTable, key: FragmentKey) -> Partial:
        return find_or_start(table, (key[0], key[1], 0, key[3]))

    patch(FragmentTable, "find_or_start", of_both_hosts)
