"""A peer that offers a newer option first is taken for one that offers nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options
from tcpref.options import MAXIMUM_SEGMENT_SIZE, NO_OPERATION, NO_OPTIONS, Options, parse_options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:MUST-6"


def known_only(octets: bytes) -> Options:
    known = octets[:1] in (bytes([NO_OPERATION]), bytes([MAXIMUM_SEGMENT_SIZE]))
    return parse_options(octets) if known else NO_OPTIONS


def plant(patch: Patch) -> None:
    patch(options, "parse_options", known_only)
