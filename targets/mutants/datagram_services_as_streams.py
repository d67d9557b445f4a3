"""NI_DGRAM is not looked at: a port of datagrams gets the name of a service of streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_nameinfo
from tcpref.names_nameinfo import service_name

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names import Resolver
    from tcpref.names_nameinfo import Question

REQUIREMENT = "DOC-47"


def as_stream(resolver: Resolver, asked: Question) -> str:
    return service_name(resolver, asked._replace(flags=asked.flags - {"NI_DGRAM"}))


def plant(patch: Patch) -> None:
    patch(names_nameinfo, "service_name", as_stream)
