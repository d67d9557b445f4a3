"""A peer that cannot scale windows is flooded once its SYN is answered by cookie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookie_options
from tcpref.cookie_options import Carried, read

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:SYNCOOKIES-OPTIONS"


def any_shift(tsecr: int) -> Carried:
    return read(tsecr)._replace(wscale=tsecr & 15)


def plant(patch: Patch) -> None:
    patch(cookie_options, "read", any_shift)
