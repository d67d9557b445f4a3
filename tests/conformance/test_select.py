from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.select import (
    Selection,
    any_of,
    matches,
    matching,
    plan_target,
    select,
    state_of,
)
from tcpassay.core.errors import ConfigurationError, NothingSelectedError
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.manifest import Addresses

CATALOGUE = load_catalogue()


@pytest.fixture
def cases(kit: Any) -> tuple[Any, ...]:
    return (
        kit.case(kit.passes, kit.MUST, id_="rfc/3.6/one", state="LISTEN"),
        kit.case(kit.passes, kit.SHOULD, id_="rfc/3.6/two"),
        kit.case(kit.passes, kit.MAY, kit.MUST, id_="sockets/connect/refused", measures=True),
    )


@pytest.mark.parametrize(
    ("glob", "wanted"),
    [
        ("rfc/3.6/one", True),
        ("rfc/3.6", True),
        ("rfc/", True),
        ("rfc/*/o?e", True),
        ("*one", True),
        ("rf", False),
        ("3.6", False),
    ],
)
def test_glob_names_ids_patterns_and_folders(glob: str, wanted: bool) -> None:
    ids = ["rfc/3.6/one", "rfd/of/them"]
    assert matches(glob, ids[0]) is wanted
    assert matching(glob, ids) == ids[:wanted]
    assert bool(any_of(["sockets/*", glob]).match(ids[0])) is wanted


def test_id_with_brackets_is_its_own_glob() -> None:
    ids = ["rfc/one[1]", "rfc/one1"]
    assert matching(ids[0], ids) == ids
    assert any_of([ids[0]]).match(ids[0])


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(), ["rfc/3.6/one", "rfc/3.6/two", "sockets/connect/refused"]),
        (Selection(cases=("rfc/*/two", "sockets")), ["rfc/3.6/two", "sockets/connect/refused"]),
        (Selection(requirements=("MUST-14",)), ["rfc/3.6/one", "sockets/connect/refused"]),
        (Selection(levels=("should",)), ["rfc/3.6/two"]),
        (Selection(states=("listen",)), ["rfc/3.6/one"]),
        (Selection(cases=("rfc",), requirements=("MUST-14",)), ["rfc/3.6/one"]),
        (Selection(measures=True), ["sockets/connect/refused"]),
    ],
)
def test_filters_narrow(cases: Any, selection: Selection, wanted: list[str]) -> None:
    assert [case.id for case in select(cases, selection, CATALOGUE)] == wanted


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(requirements=("MUST-144",)), "unknown requirement 'MUST-144'"),
        (Selection(levels=("MUTS",)), r"unknown level 'MUTS' \(nearest: 'MUST'\)"),
        (Selection(levels=("x",)), "unknown level 'x'; there are: MUST, "),
        (Selection(states=("LISTENING",)), r"unknown state 'LISTENING' \(nearest: 'LISTEN'\)"),
    ],
)
def test_unknown_name_is_told_with_the_nearest(
    cases: Any, selection: Selection, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        select(cases, selection, CATALOGUE)


def test_glob_that_matches_nothing_is_told_with_the_nearest(cases: Any) -> None:
    with pytest.raises(NothingSelectedError, match=r"'rfc/3.6/on' \(nearest: 'rfc/3.6/one'\)"):
        select(cases, Selection(cases=("rfc", "rfc/3.6/on")), CATALOGUE)


def test_filters_that_leave_nothing_are_told(cases: Any) -> None:
    with pytest.raises(NothingSelectedError, match="passes all the filters"):
        select(cases, Selection(cases=("rfc/3.6/two",), levels=("MUST",)), CATALOGUE)


def test_state_is_that_of_the_first_requirement_where_the_case_names_none(kit: Any) -> None:
    with_state = next(r for r in CATALOGUE if r.state == "CLOSE-WAIT")
    assert state_of(kit.case(kit.passes, with_state.id), CATALOGUE) == "CLOSE-WAIT"


def plan(target: Any, case: Any, **selection: Any) -> Any:
    return plan_target(target, [case], Selection(**selection), CATALOGUE, Expectations())


def test_capability_not_declared_makes_a_case_unsupported(kit: Any) -> None:
    made = plan(kit.Target(), kit.case(kit.passes, needs=("urgent",)))
    (run,) = made.runs
    assert run.unsupported == "the manifest of scripted does not declare 'urgent'"


def test_condition_of_the_first_requirement_is_a_need(kit: Any) -> None:
    bound = next(r for r in CATALOGUE if r.condition == "sack")
    (run,) = plan(kit.Target(), kit.case(kit.passes, bound.id)).runs
    assert run.unsupported.startswith(f"{bound.id} binds only where the manifest declares 'sack'")
    (other,) = plan(kit.Target(), kit.case(kit.passes, kit.MUST, bound.id)).runs
    assert not other.unsupported


def test_setting_not_in_the_manifest_makes_a_case_unsupported(kit: Any) -> None:
    (run,) = plan(kit.Target(), kit.case(kit.passes, settings=("fast",))).runs
    assert "[settings.fast]" in run.unsupported


@pytest.mark.parametrize(
    ("clock", "slow", "runs"), [("real", False, 0), ("real", True, 1), ("virtual", False, 1)]
)
def test_slow_cases_wait_for_slow_only_on_a_real_clock(
    kit: Any, clock: Any, slow: bool, runs: int
) -> None:
    made = plan(kit.Target(clock=clock), kit.case(kit.passes, real_s=90.0), slow=slow)
    assert len(made.runs) == runs
    reasons = [left.reason for left in made.not_run]
    assert reasons == ([] if runs else ["needs 90 s of real time; --slow runs it"])


@pytest.mark.parametrize("slow", [False, True])
def test_case_that_needs_more_than_the_time_for_one_says_how_much(kit: Any, slow: bool) -> None:
    made = plan(kit.Target(clock="real"), kit.case(kit.passes, real_s=900.0), slow=slow)
    assert not made.runs
    (left,) = made.not_run
    assert left.reason == "needs 15 min of real time; --slow --max-time 990 runs it"


def test_case_of_the_other_ip_version_is_left_out_with_how_to_get_it(kit: Any) -> None:
    made = plan(kit.Target(), kit.case(kit.passes, ip=(6,)))
    assert not made.runs
    assert [left.reason for left in made.not_run] == ["needs IPv6; --ip 6 runs it"]


def test_ip_version_without_address_is_refused(kit: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"scripted cannot be run over IPv6.*ipv6\]"):
        plan(kit.Target(), kit.case(kit.passes), ip=(6,))


def test_target_with_ipv6_only_runs_over_ipv6(kit: Any) -> None:
    target = kit.Target()
    six = Addresses(("2001:db8::1",), "2001:db8::2", 64)
    target.manifest = replace(target.manifest, ipv4=None, ipv6=six)
    assert [run.ip for run in plan(target, kit.case(kit.passes)).runs] == [6]


def test_both_ip_versions_run_a_case_twice(kit: Any) -> None:
    target = kit.Target()
    six = Addresses(("2001:db8::1",), "2001:db8::2", 64)
    target.manifest = replace(target.manifest, ipv6=six)
    assert [run.ip for run in plan(target, kit.case(kit.passes), ip=(4, 6)).runs] == [4, 6]
