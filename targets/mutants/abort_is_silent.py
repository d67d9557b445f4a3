"""After an abort the peer waits for ever on a connection that is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:3.10.5-ABORT-SYNC"


def plant(patch: Patch) -> None:
    patch(user, "RESETTABLE", frozenset())
