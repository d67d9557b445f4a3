"""A client that asks for the port of a service knocks at quite another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_names
from tcpref.calls_names import service_result

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_services import Service
    from tcpref.waiting import Result

REQUIREMENT = "DOC-45"


def swapped(service: Service | None) -> Result:
    if service is None:
        return service_result(service)
    port = int.from_bytes(service.port.to_bytes(2, "little"), "big")
    return service_result(service._replace(port=port))


def plant(patch: Patch) -> None:
    patch(calls_names, "service_result", swapped)
