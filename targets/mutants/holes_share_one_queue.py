"""One client's segments out of order take the room for everybody's: each loss costs a round trip
more, each segment behind it goes again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.reassembly import Reassembly

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC9293:7-OUT-OF-ORDER-FLOOD"

insert = Reassembly.insert


def plant(patch: Patch) -> None:
    queues: dict[int, Reassembly] = {}

    def while_there_is_room(waiting: Reassembly, start: int, octets: bytes) -> None:
        queues[id(waiting)] = waiting
        if sum(len(queue._blocks) for queue in queues.values()) < waiting.limit:
            insert(waiting, start, octets)

    patch(Reassembly, "insert", while_there_is_room)
