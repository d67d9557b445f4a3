"""A retransmission that is lost as well waits for the timer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import rack
from tcpref.rack import sent_before

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.rack import Rack, Sent

REQUIREMENT = "RFC8985:6.2-LOST-AGAIN"


def first_copies(times: Rack, sent: Sent) -> bool:
    return not sent.again and sent_before(times, sent)


def plant(patch: Patch) -> None:
    patch(rack, "sent_before", first_copies)
