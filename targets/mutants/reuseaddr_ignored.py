"""A server that is restarted cannot have its port back for four minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.ports import Binding

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-09"


def conflicts(
    binding: Binding,
    address: bytes,
    *,
    reuse: bool,  # noqa: ARG001 - the fault
    v6only: bool = False,
    shared: bool = False,
) -> bool:
    return not (shared and binding.shared) and binding.overlaps(address, v6only=v6only)


def plant(patch: Patch) -> None:
    patch(Binding, "conflicts", conflicts)
