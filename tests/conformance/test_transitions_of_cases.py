"""All the cases on the reference stack: whatever they make it do is in its transition table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.select import why_unsupported
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.registry import open_target
from tcpref.tcb import State
from tests.tcpref.arrows import BIRTH, TABLE, watch

if TYPE_CHECKING:
    import pytest


def test_no_case_leads_off_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every assignment to a state while all cases run; each is a row of the table."""
    seen = watch(monkeypatch)
    catalogue, target = load_catalogue(), open_target("reference")
    context = Context(target, "", catalogue, Expectations(), 0, 20.0)
    for case in load_cases(catalogue=catalogue):
        if 4 in case.mark.ip and not why_unsupported(case, target.manifest, catalogue):
            run_case(context, PlannedRun(case, 4))
    assert seen <= TABLE | BIRTH
    missed = TABLE - seen
    assert {pair for pair in missed if State.CLOSED not in pair} <= {
        (State.LISTEN, State.SYN_RECEIVED),
        (State.TIME_WAIT, State.SYN_RECEIVED),
        (State.TIME_WAIT, State.TIME_WAIT),
        (State.SYN_RECEIVED, State.FIN_WAIT_1),
    }
