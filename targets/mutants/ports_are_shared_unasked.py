"""Two servers are bound to one port, and neither is told of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.settings import Settings

REQUIREMENT = "POSIX:REUSEADDR-DEFAULT"
begin = Socket.__init__


def switched_on(
    made: Socket, settings: Settings, *, nonblocking: bool = False, family: str = "AF_INET"
) -> None:
    begin(made, settings, nonblocking=nonblocking, family=family)
    made.reuse = True


def plant(patch: Patch) -> None:
    patch(Socket, "__init__", switched_on)
