"""AI_NUMERICHOST does not keep a program from waiting for an answer about a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_addrinfo
from tcpref.names_addrinfo import named

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names import Resolver
    from tcpref.names_addrinfo import Found
    from tcpref.names_hints import Hints

REQUIREMENT = "DOC-46"


def always(resolver: Resolver, node: str, hints: Hints) -> Found:
    return named(resolver, node, hints._replace(flags=hints.flags - {"AI_NUMERICHOST"}))


def plant(patch: Patch) -> None:
    patch(names_addrinfo, "named", always)
