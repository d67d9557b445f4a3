"""A program that sets SO_REUSEADDR takes the clients of a server that is running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.ports import Binding

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:REUSEADDR-LISTENER"


def conflicts(binding: Binding, address: bytes, *, reuse: bool, v6only: bool = False) -> bool:
    return binding.overlaps(address, v6only=v6only) and not (reuse and binding.reuse)


def plant(patch: Patch) -> None:
    patch(Binding, "conflicts", conflicts)
