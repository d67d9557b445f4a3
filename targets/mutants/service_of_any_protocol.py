"""A service is found over protocols that do not offer it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names_services import ANY, Services

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_services import Service

REQUIREMENT = "DOC-45"
exact = Services.named


def named(services: Services, name: str, protocol: str = ANY) -> Service | None:
    return exact(services, name, protocol) or exact(services, name, ANY)


def plant(patch: Patch) -> None:
    patch(Services, "named", named)
