"""Any user of the host can put a program in the place of its mail server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.processes import Process

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-07"


def privileged(_process: Process) -> bool:
    return True


def plant(patch: Patch) -> None:
    patch(Process, "privileged", property(privileged))
