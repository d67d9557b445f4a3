"""A program that passes half an address, or a flag that is none, gets a name all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_nameinfo
from tcpref.names_nameinfo import FLAGS, SOCKADDR_SIZE, getnameinfo

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names import Resolver
    from tcpref.names_nameinfo import Names, Question

REQUIREMENT = "DOC-47"


def unchecked(resolver: Resolver, asked: Question) -> Names:
    whole = SOCKADDR_SIZE[len(asked.address)]
    return getnameinfo(resolver, asked._replace(size=whole, flags=asked.flags & FLAGS))


def plant(patch: Patch) -> None:
    patch(names_nameinfo, "getnameinfo", unchecked)
