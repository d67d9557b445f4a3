"""A host that has IPv6 addresses only is said not to exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_errors
from tcpref.names_errors import refuse

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.errors import CallError

REQUIREMENT = "DOC-44"


def less_exact(code: str) -> CallError:
    return refuse("HOST_NOT_FOUND" if code == "NO_DATA" else code)


def plant(patch: Patch) -> None:
    patch(names_errors, "refuse", less_exact)
