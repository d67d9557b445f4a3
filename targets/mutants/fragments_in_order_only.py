"""A large segment is lost whenever the network changes the order of its fragments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.fragments import Partial

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.fragments import Piece

REQUIREMENT = "RFC8200:4.5-REASSEMBLY"


def plant(patch: Patch) -> None:
    place = Partial.place

    def only_the_next(partial: Partial, piece: Piece) -> bool:
        return piece.start <= partial.octets and place(partial, piece)

    patch(Partial, "place", only_the_next)
