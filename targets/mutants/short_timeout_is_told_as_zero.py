"""A peer is told a user time-out of no seconds: what is below a second is cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options
from tcpref.options import build_user_timeout as build

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC5482:3.4-ZERO"


def cut_off(seconds: int) -> bytes:
    return bytes((options.USER_TIMEOUT, 4, 0, 0)) if seconds == 1 else build(seconds)


def plant(patch: Patch) -> None:
    patch(options, "build_user_timeout", cut_off)
