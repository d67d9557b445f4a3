"""A connection with round numbers: RCV.NXT 1000, RCV.WND 500, SND.UNA 3000, SND.NXT 3010."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tcpassay.model.answers import Branch
from tcpassay.model.rules import segment_arrives
from tcpassay.model.tcb import State, Tcb
from tcpassay.wire import Segment, flags_value

Arrives = Callable[..., tuple[Branch, ...]]

#: A synchronized connection of the target with ten octets in flight.
OPEN = Tcb(
    state="ESTABLISHED",
    iss=2999,
    snd_una=3000,
    snd_nxt=3010,
    snd_wnd=400,
    snd_wl1=1000,
    snd_wl2=3000,
    max_snd_wnd=400,
    irs=999,
    rcv_nxt=1000,
    rcv_wnd=500,
)


@pytest.fixture
def arrives() -> Arrives:
    """What the rules say of a segment in a state; other variables by name."""

    def ask(
        state: State,
        flags: str,
        seq: int,
        ack: int = 3000,
        text: bytes = b"",
        **variables: Any,
    ) -> tuple[Branch, ...]:
        tcb = OPEN._replace(state=state, **variables)
        number = ack if "A" in flags else 0
        return segment_arrives(
            tcb, Segment(7, 8, seq, number, flags_value(flags), 400, payload=text)
        )

    return ask
