"""A program that asks for an unknown service is handed an entry with nothing in it, and uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import calls_names
from tcpref.calls_names import service_result
from tcpref.names_services import Service

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.waiting import Result

REQUIREMENT = "DOC-45"
NOTHING = Service("", (), 0, "")


def never_null(service: Service | None) -> Result:
    return service_result(service or NOTHING)


def plant(patch: Patch) -> None:
    patch(calls_names, "service_result", never_null)
