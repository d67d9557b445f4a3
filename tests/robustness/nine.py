"""Nine cases that pass on every stack, and cost little: no Scapy is imported for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance import reach
from tcpassay.conformance.case import case

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench


@case("MUST-14", rows={f"octets_{count}": count for count in range(1, 10)})
def nine(bench: Bench, row: int) -> None:
    """A few octets on a new connection; they can be read."""
    conn = reach.established(bench)
    conn.send("PA", payload=b"x" * row)
    conn.app.recv(row, want=b"x" * row)
