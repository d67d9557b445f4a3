"""TCP_FASTOPEN before listen() does nothing, though the option is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_naming
from tcpref.calls_naming import start_listening

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.kernel import Kernel
    from tcpref.sockets import Socket

REQUIREMENT = "LINUX:TCP_FASTOPEN"


def anew(kernel: Kernel, made: Socket) -> None:
    made.fast_open = None
    start_listening(kernel, made)


def plant(patch: Patch) -> None:
    patch(calls_naming, "start_listening", anew)
