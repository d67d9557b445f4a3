"""Once SYNs are answered by cookie a transfer over a long path crawls: windows are not scaled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookie_options
from tcpref.cookie_options import Carried, read

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:SYNCOOKIES-OPTIONS"


def without_shift(tsecr: int) -> Carried:
    return read(tsecr)._replace(wscale=0)


def plant(patch: Patch) -> None:
    patch(cookie_options, "read", without_shift)
