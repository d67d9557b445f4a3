"""A program that sets SO_REUSEADDR takes the clients of a server that is running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.ports import Binding

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:REUSEADDR-LISTENER"


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
        if reuse and binding.reuse:
            return False
        return conflicts(binding, address, reuse=reuse, v6only=v6only, shared=shared)

    patch(Binding, "conflicts", lenient)
