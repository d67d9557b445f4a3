"""No sender can read what is reported: the length of the option leaves out its head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import options, sack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.targets.mutants import Patch
    from tcpref.scoreboard import Block

REQUIREMENT = "RFC2018:3-FORMAT"


def build_sack(blocks: Sequence[Block]) -> bytes:
    edges = b"".join(edge.to_bytes(4, "big") for block in blocks for edge in block)
    return bytes((options.NO_OPERATION, options.NO_OPERATION, options.SACK, len(edges))) + edges


def plant(patch: Patch) -> None:
    patch(sack, "build_sack", build_sack)
