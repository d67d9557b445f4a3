"""A program that sets SO_REUSEPORT takes clients from a server that has never agreed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.ports import Binding

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:REUSEPORT"


conflicts = Binding.conflicts


def plant(patch: Patch) -> None:
    def lenient(
        binding: Binding,
        address: bytes,
        *,
        reuse: bool,
        v6only: bool = False,
        shared: bool = False,
    ) -> bool:
        either = shared or binding.shared
        return not either and conflicts(binding, address, reuse=reuse, v6only=v6only)

    patch(Binding, "conflicts", lenient)
