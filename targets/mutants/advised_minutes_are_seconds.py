"""Advice in minutes is taken for seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC5482:3.1-ADJUST"


def user_timeout(octets: bytes) -> int | None:
    return int.from_bytes(octets, "big") & options.LARGEST_TIMEOUT or None


def plant(patch: Patch) -> None:
    patch(options, "user_timeout", user_timeout)
