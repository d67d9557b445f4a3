"""A server that crashes leaves its clients waiting on connections that nobody serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.kernel import Kernel

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-34"


end = Kernel.end


def plant(patch: Patch) -> None:
    def without_closing(kernel: Kernel, process: int, status: int) -> None:
        kernel.processes[process].descriptors.clear()
        end(kernel, process, status)

    patch(Kernel, "end", without_closing)
