"""A peer whose SYN was answered by cookie gets twice as much as its window takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookie_options
from tcpref.cookie_options import Carried, read

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "LINUX:SYNCOOKIES-OPTIONS"


def one_more(tsecr: int) -> Carried:
    carried = read(tsecr)
    shift = carried.wscale
    return carried._replace(wscale=None if shift is None else shift + 1)


def plant(patch: Patch) -> None:
    patch(cookie_options, "read", one_more)
