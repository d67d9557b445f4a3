"""A reserved value makes the connection end early."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC5482:3.4-ZERO"


def user_timeout(octets: bytes) -> int | None:
    field = int.from_bytes(octets, "big")
    value = field & options.LARGEST_TIMEOUT
    return 60 * value if field & options.IN_MINUTES else value


def plant(patch: Patch) -> None:
    patch(options, "user_timeout", user_timeout)
