"""A program cannot have its peace from reports that it once asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.sockets import Socket

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:SHLD-20"


class Sticky:
    """An option that can be set and not cleared."""

    def __init__(self) -> None:
        self.asked: set[int] = set()

    def __get__(self, socket: Socket, _owner: type) -> bool:
        return id(socket) in self.asked

    def __set__(self, socket: Socket, wanted: bool) -> None:
        if wanted:
            self.asked.add(id(socket))


def plant(patch: Patch) -> None:
    patch(Socket, "soft_errors", Sticky())
