"""Who wants each router of the way named gets a way through others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import source_route
from tcpref.ipv4_options import LOOSE_SOURCE_ROUTE

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.source_route import Route

REQUIREMENT = "RFC9293:MUST-51"


of_application = source_route.of_application


def of_any_kind(octets: bytes) -> Route | None:
    route = of_application(octets)
    return None if route is None else route._replace(kind=LOOSE_SOURCE_ROUTE)


def plant(patch: Patch) -> None:
    patch(source_route, "of_application", of_any_kind)
