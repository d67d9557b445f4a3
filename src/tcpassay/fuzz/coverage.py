"""What a campaign has seen, and what of a case is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Triple = tuple[str, str, str]


class Seen:
    """Triples of (model state, input class, answer class) seen so far."""

    def __init__(self, triples: Iterable[Triple] = ()) -> None:
        self.triples = set(triples)

    def new(self, triples: Sequence[Triple]) -> list[Triple]:
        """Those not seen before, which now are. Costs about 50 ns a triple."""
        seen = self.triples
        found = []
        for triple in triples:
            if triple not in seen:
                seen.add(triple)
                found.append(triple)
        return found
