"""A peer that never permitted SACK gets options that it cannot read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookie_options
from tcpref.cookie_options import Carried, read

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:SYNCOOKIES-OPTIONS"


def with_sack(tsecr: int) -> Carried:
    return read(tsecr)._replace(sack=True)


def plant(patch: Patch) -> None:
    patch(cookie_options, "read", with_sack)
