"""A program is told that a host is silent when in truth the service is not running."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import disposition
from tcpref.disposition import REFUSED

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "POSIX:CONNECT-ECONNREFUSED"


def plant(patch: Patch) -> None:
    patch(disposition, "REFUSED", REFUSED._replace(errno="ETIMEDOUT"))
