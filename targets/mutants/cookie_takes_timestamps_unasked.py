"""Behind a SYN cookie a peer that has never offered timestamps is held to those of its ACK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies
from tcpref.cookies import Told, options_of

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.options import Options
    from tcpref.segment import Segment

REQUIREMENT = "RFC7323:3.2-UNNEGOTIATED"


def by_the_segment(told: Told, segment: Segment) -> Options:
    return options_of(told._replace(stamped=segment.options.tsval is not None), segment)


def plant(patch: Patch) -> None:
    patch(cookies, "options_of", by_the_segment)
