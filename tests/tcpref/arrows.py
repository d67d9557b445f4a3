"""Every change of state that a connection makes, wherever in the stack it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.tcb import State, Tcb
from tcpref.transitions import TRANSITIONS

if TYPE_CHECKING:
    import pytest

Arrow = tuple[State, State]
#: A passive open and a reopened connection begin with a record of their own, in CLOSED.
BIRTH = {(State.CLOSED, State.SYN_RECEIVED)}
TABLE = {(row.state, row.next) for row in TRANSITIONS}


def watch(monkeypatch: pytest.MonkeyPatch) -> set[Arrow]:
    """The changes from now on: a set that grows."""
    seen: set[Arrow] = set()
    slot = Tcb.__dict__["state"]

    def assign(tcb: Tcb, state: State) -> None:
        old = getattr(tcb, "iss", None) is not None and slot.__get__(tcb)
        slot.__set__(tcb, state)
        if old and old is not state:
            seen.add((old, state))

    monkeypatch.setattr(Tcb, "state", property(slot.__get__, assign))
    return seen
