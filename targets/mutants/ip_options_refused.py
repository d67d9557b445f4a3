"""Hosts behind a router that records the route cannot connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import ipv4_options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-50"


def any_option(kinds: frozenset[int]) -> bool:
    return bool(kinds)


def plant(patch: Patch) -> None:
    patch(ipv4_options, "has_source_route", any_option)
