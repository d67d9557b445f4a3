"""A dial-up line that is idle never hangs up: each connection probes its peer unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.settings import Settings

REQUIREMENT = "POSIX:KEEPALIVE-DEFAULT"
begin = Socket.__init__


def switched_on(
    made: Socket, settings: Settings, *, nonblocking: bool = False, family: str = "AF_INET"
) -> None:
    begin(made, settings, nonblocking=nonblocking, family=family)
    made.keepalive = True


def plant(patch: Patch) -> None:
    patch(Socket, "__init__", switched_on)
