"""Planted faults that need a check of their own: each named by its clause, in both tiers."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.fuzz.predictor import Predictor
from tcpassay.fuzz.sources.campaigns import load_campaigns
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.targets.mutants import Mutant

#: Mutant, a case of a campaign by what its origin has, and the clause that is named.
BLIND = [
    ("close_waits_for_the_window", "closed behind a window/state=ESTABLISHED window=0 size=100",
     "RFC9293:3.10.4-CLOSE-ESTAB"),
    ("windows_not_scaled", "scaled/shift=7 window=4 size=100", "RFC7323:2.3-SCALE-APPLIED"),
    ("window_in_sixteen_bits", "scaled/shift=14 window=4 size=100", "RFC7323:2.3-SCALE-APPLIED"),
    ("window_never_reopened", "our window is closed/send=#1 then=#1",
     "RFC9293:3.8.6-WIN-OPEN-UPDATE"),
    ("link_does_not_bound_segments", "our link carries/mss=1461 size=1461", "RFC9293:MUST-16"),
    ("blind_rst_stops_the_syn", "a forged answer to a SYN/answer=R seq=0", "RFC9293:MUST-22"),
    ("close_in_syn_received_forgets", "closed while two SYNs cross",
     "RFC9293:3.5.2-GROUP3-EMPTY-ACK"),
    ("fin_with_the_ack_leads_to_closing", "FIN and ACK in one/close=close c0",
     "RFC9293:3.10.7.2-SYN"),
    ("accept_wants_an_address", "something else/call=#1 address= length=0", "DOC-19"),
    ("listen_again_empties_the_queues", "something else/call=#5 address=", "POSIX:ACCEPT-EAGAIN"),
    ("connect_again_succeeds", "connected again/state=ESTABLISHED way=listen",
     "POSIX:CONNECT-EISCONN"),
    ("text_before_connect_is_swallowed", "without a connection/bind=#1 flags=0",
     "RFC9293:3.10.2-SEND-CLOSED"),
    ("list_ends_before_the_timestamps", "the same two ends/answer=#1", "RFC9293:MUST-69"),
    ("mss_length_without_its_head", "the same two ends/answer=#1", "RFC9293:MUST-68"),
    ("isn_of_one_service", "one client, two services", "RFC6528:3-FORMULA"),
]  # fmt: skip


@cache
def mutants() -> dict[str, Mutant]:
    return {mutant.name: mutant for mutant in load_mutants()}


@cache
def cases() -> tuple[FuzzCase, ...]:
    wanted = {"campaign held-back", "campaign listeners"}
    some = [campaign for campaign in load_campaigns() if campaign.name in wanted]
    return tuple(each.case(i) for each in some for i in range(each.total or 0))


@pytest.mark.parametrize(("name", "origin", "clause"), BLIND)
def test_a_fault_is_named(name: str, origin: str, clause: str) -> None:
    """The oracle names it, the first tier does not accept it, and the stack without it is clean."""
    case = next(case for case in cases() if origin in case.origin)
    reference = open_target("reference")
    with closing(mutants()[name].target(reference.manifest)) as target:
        judge = Judge(target.manifest, target.version())
        trial = try_alone(target, judge, case)
        trace = trial.trace
        predictor = Predictor(trace.stack_addresses, judge.limits(()))
        assert [alarm.key.requirement for alarm in trial.alarms][:1] == [clause]
        assert not predictor.follow(trace.entries).accepted
    with closing(open_target("reference")) as target:
        assert try_alone(target, judge, case).alarms == []


def test_what_a_stack_may_hold_back() -> None:
    """Silly windows, and a call that still waits on the socket: no alarm on the reference stack."""
    with closing(open_target("reference")) as target:
        judge = Judge(target.manifest, target.version())
        alarms = [(c.origin, a) for c in cases() for a in try_alone(target, judge, c).alarms]
    assert alarms == []
