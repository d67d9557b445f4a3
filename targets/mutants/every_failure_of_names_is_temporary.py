"""A program waits for a name server that will never answer, since it is told to try later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.names import Resolver
from tcpref.names_errors import Unanswered

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"
ask = Resolver._ask


def for_the_moment(resolver: Resolver) -> None:
    try:
        ask(resolver)
    except Unanswered:
        raise Unanswered("TRY_AGAIN", "EAI_AGAIN") from None


def plant(patch: Patch) -> None:
    patch(Resolver, "_ask", for_the_moment)
