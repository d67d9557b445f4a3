"""What became of every cell of the full product: a row, merged with one, impossible, or in turn.

The product is state x flags x SEQ edge x ACK edge x opening x closing, for each IP version.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Literal, NamedTuple

from tcpassay.conformance.matrix.axes import ACK_EDGES, CONTROLS, SEQ_EDGES
from tcpassay.conformance.matrix.rows import (
    ALL_ACKED,
    CLOSINGS,
    EMPTY,
    IN_FLIGHT,
    NO_EDGE,
    OPENINGS,
    WAYS,
    Row,
    rows,
)

if TYPE_CHECKING:
    from tcpassay.conformance.reach import Way

Fate = Literal["generated", "merged", "impossible", "left to --full"]

_NO_WINDOW = "no receive window yet, so every SEG.SEQ is alike (3.10.7.1 to 3.10.7.3)"
_NO_ACK_BIT = "SEG.ACK counts only with the ACK bit (3.1)"
_NO_CONNECTION = "without a connection every SEG.ACK is alike (3.10.7.1, 3.10.7.2)"
_ALL_ACKED = "all is acknowledged, so SND.NXT is SND.UNA (3.3.1)"
_ONE_IN_FLIGHT = "fewer than two numbers are in flight: nothing lies between SND.UNA and SND.NXT"
_NOT_CLOSED = "the application has not closed yet, so its way to close is no difference"
_NOT_OPENED = "there is no connection yet that could have been opened in another way"
_CROSSING_LATER = "a simultaneous open differs from connect() only once the SYNs have crossed"
_ACTIVE_LISTEN = "an active open does not pass LISTEN (3.3.2, figure 5)"
_PASSIVE_SENT = "a passive open goes from LISTEN to SYN-RECEIVED (3.3.2, figure 5)"
_IN_TURN = "the ways into a state take turns; each meets every flag set and every edge"
_ANSWERED = "connect() that is answered by SYN,ACK goes to ESTABLISHED (3.10.7.3)"

#: Ways that do not lead into a state, and why.
_NO_WAY: dict[tuple[str, Way], str] = {
    ("LISTEN", "connect"): _ACTIVE_LISTEN,
    ("LISTEN", "simultaneous"): _ACTIVE_LISTEN,
    ("SYN-SENT", "listen"): _PASSIVE_SENT,
    ("SYN-RECEIVED", "connect"): _ANSWERED,
}


class Entry(NamedTuple):
    """So many cells of one state with one fate, and the rule behind it."""

    fate: Fate
    state: str
    why: str
    cells: int


class Census(NamedTuple):
    """The product of one IP version, accounted for."""

    cells: int
    entries: tuple[Entry, ...]
    rows: tuple[Row, ...]

    def of(self, fate: Fate) -> int:
        """How many cells came to that."""
        return sum(entry.cells for entry in self.entries if entry.fate == fate)


def census(*, full: bool = False) -> Census:
    """Count every cell of the product once (0.1 s)."""
    generated = tuple(rows(full=full))
    chosen = set(generated)
    seen: set[Row] = set()
    counts: Counter[tuple[Fate, str, str]] = Counter()
    axes = product(WAYS, CONTROLS, SEQ_EDGES, ACK_EDGES, OPENINGS, CLOSINGS)
    for state, control, seq, ack, way, how in axes:
        if (state, way) in _NO_WAY:
            counts["impossible", state, _NO_WAY[state, way]] += 1
        elif control.has_ack and ack == "in-flight" and state not in {*IN_FLIGHT, *EMPTY}:
            counts["impossible", state, _ONE_IN_FLIGHT] += 1
        else:
            row, why = _row_of(Row(state, control, seq, ack, way, how))
            if row in seen:
                counts["merged", state, why] += 1
            elif row in chosen:
                counts["generated", state, ""] += 1
            else:
                counts["left to --full", state, _IN_TURN] += 1
            seen.add(row)
    entries = tuple(Entry(*key, cells) for key, cells in counts.items())
    return Census(sum(counts.values()), entries, generated)


def _row_of(cell: Row) -> tuple[Row, str]:
    """The row that stands for a cell, and the first rule that makes it stand for others too."""
    state, control, seq, ack, way, how = cell
    whys = []
    if state in EMPTY or state == "SYN-SENT":
        seq = NO_EDGE
        whys.append(_NO_WINDOW)
    if state in EMPTY:
        ack = NO_EDGE
        whys.append(_NO_CONNECTION)
    elif not control.has_ack:
        ack = NO_EDGE
        whys.append(_NO_ACK_BIT)
    elif ack == "snd.nxt" and state in ALL_ACKED:
        ack = "snd.una"
        whys.append(_ALL_ACKED)
    if state == "CLOSED":
        way = "listen"
        whys.append(_NOT_OPENED)
    elif state == "SYN-SENT" and way == "simultaneous":
        way = "connect"
        whys.append(_CROSSING_LATER)
    if not cell.closes:
        how = "close"
        whys.append(_NOT_CLOSED)
    return Row(state, control, seq, ack, way, how), whys[0] if whys else ""
