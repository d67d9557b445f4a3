"""An option of a length that no cookie has is answered as if it were one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC7413:4.1.1-IGNORE-BAD"


def plant(patch: Patch) -> None:
    patch(options, "COOKIE_LENGTHS", frozenset(range(39)))
