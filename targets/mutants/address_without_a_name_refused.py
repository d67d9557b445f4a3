"""A server cannot even log the number of a client that has no name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_nameinfo
from tcpref.names_nameinfo import host_name

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names import Resolver
    from tcpref.names_nameinfo import Question

REQUIREMENT = "DOC-47"


def always_required(resolver: Resolver, asked: Question) -> str:
    return host_name(resolver, asked._replace(flags=asked.flags | {"NI_NAMEREQD"}))


def plant(patch: Patch) -> None:
    patch(names_nameinfo, "host_name", always_required)
