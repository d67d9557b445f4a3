"""Timestamps stand behind the end of the option list, where no peer looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-69"


def build_sack_permitted() -> bytes:
    return bytes((options.SACK_PERMITTED, 2, options.END_OF_LIST, options.END_OF_LIST))


def plant(patch: Patch) -> None:
    patch(options, "build_sack_permitted", build_sack_permitted)
