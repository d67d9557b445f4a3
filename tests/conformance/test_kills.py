"""The kill table: every planted fault is caught, and the table tells when one is not."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance import trials
from tcpassay.conformance.bench import Bench
from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.kills import Kill, by_relevance, kill_table
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.reach import established
from tcpassay.conformance.trials import ip_of
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import Mutant, Patch, load_mutants
from tcpassay.targets.registry import open_target
from tcpref.stack import Stack

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tcpassay.conformance.case import Case
    from tcpassay.targets.contract import Target

CATALOGUE = load_catalogue()
MUTANTS = {mutant.name: mutant for mutant in load_mutants()}
OTHER = "RFC9293:MUST-14"
#: Three mutants and the requirement that each breaks, for what is shown on a few only.
SOME = ("time_wait_too_short", "rst_in_window_accepted", "full_queue_answers_reset")


@pytest.fixture(scope="module")
def cases() -> tuple[Case, ...]:
    """All the project's cases."""
    return load_cases(catalogue=CATALOGUE)


@pytest.fixture(scope="module")
def table(cases: tuple[Case, ...]) -> dict[str, Kill]:
    """The whole kill table, by mutant."""
    return {kill.mutant: kill for kill in kill_table(cases, CATALOGUE)}


def tried(mutant: Mutant, *cases: Case, jobs: int = 1) -> Kill:
    """What becomes of one mutant."""
    (kill,) = kill_table(cases, CATALOGUE, mutants=[mutant], jobs=jobs)
    return kill


def citing(cases: tuple[Case, ...], requirement: str) -> list[Case]:
    return [case for case in cases if requirement in case.mark.requirements]


def verdict_on(target: Target, case: Case) -> Verdict:
    context = Context(target, target.version(), CATALOGUE, Expectations(), 0, 5.0)
    return run_case(context, PlannedRun(case, ip_of(case)))[0].verdict


def planted(requirement: str, plant: Callable[[Patch], None], folder: Path) -> Mutant:
    return Mutant("own", requirement, "Something breaks.", folder / "own.py", plant)


def breaks_datagrams(action: Callable[[Stack, bytes], None]) -> Callable[[Patch], None]:
    """A fault that does something else with every datagram."""
    return lambda patch: patch(Stack, "datagram_arrives", action)


def raises(_stack: Stack, _octets: bytes) -> None:
    raise RuntimeError("a slip of the mutant's author")


def hangs(_stack: Stack, _octets: bytes) -> None:
    while True:
        pass


def deaf(_stack: Stack, _octets: bytes) -> None:
    return


def handshake(bench: Any) -> None:
    established(bench)
    bench.check(1, 1, "one")


def asks_for_syn_ack(bench: Any) -> None:
    bench.app.socket().bind(8080)
    conn = bench.connection()
    conn.send("S")
    conn.expect("RA")


def opens(bench: Any) -> None:
    sock = bench.app.socket()
    sock.bind(8080)
    sock.listen()
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA")


@pytest.mark.parametrize("name", MUTANTS)
def test_mutant_is_killed(table: dict[str, Kill], name: str) -> None:
    """Each planted fault on all the cases; one of them fails by the requirement it breaks."""
    kill = table[name]
    assert kill.case is not None, f"{name} survived {kill.ran} cases: {kill.near_misses}"
    assert kill.requirement == MUTANTS[name].requirement
    assert kill.message


@pytest.mark.parametrize("name", MUTANTS)
def test_killing_case_passes_once_the_fault_is_out(
    table: dict[str, Kill], cases: tuple[Case, ...], name: str
) -> None:
    """The case that killed it, with the fault planted, then taken out; not pass, then pass.

    A case that measures gives info in place of pass.
    """
    base = open_target(MUTANTS[name].base)
    case = next(case for case in cases if case.id == table[name].case)
    with closing(MUTANTS[name].target(base.manifest)) as target:
        assert verdict_on(target, case) in (Verdict.FAIL, Verdict.DEVIATION)
    assert verdict_on(base, case) is (Verdict.INFO if case.mark.measures else Verdict.PASS)


@pytest.mark.parametrize("name", SOME)
def test_mutant_survives_without_the_cases_of_its_requirement(
    table: dict[str, Kill], cases: tuple[Case, ...], name: str
) -> None:
    """The cases that judge its requirement are left out; it survives the others of their folder."""
    folder = (table[name].case or "").partition("/")[0]
    others = [
        case
        for case in cases
        if case.id.startswith(f"{folder}/")
        and MUTANTS[name].requirement not in case.mark.requirements
    ]
    kill = tried(MUTANTS[name], *others)
    assert kill.case is None
    assert kill.ran > 10
    assert kill.ran <= len(others)


@pytest.mark.parametrize("name", SOME)
def test_mutant_survives_a_broken_assertion(
    cases: tuple[Case, ...], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assertions bound to its requirement hold whatever they see; it survives their cases."""
    wanted, judge = MUTANTS[name].requirement, Bench.judge

    def lenient(bench: Bench, what: str, want: Any, **keywords: Any) -> None:
        if (keywords.get("requirement") or bench.requirements[0]) == wanted:
            keywords["met"] = True
        judge(bench, what, want, **keywords)

    concerned = citing(cases, wanted)
    assert tried(MUTANTS[name], *concerned).case is not None
    monkeypatch.setattr(Bench, "judge", lenient)
    assert tried(MUTANTS[name], *concerned).case is None


def test_failure_by_another_requirement_does_not_kill(kit: Any, tmp_path: Path) -> None:
    """A case that fails on the mutant by another entry; a near miss, and it survives."""
    mutant = planted("RFC9293:MUST-3", breaks_datagrams(deaf), tmp_path)
    kill = tried(mutant, kit.case(asks_for_syn_ack, OTHER))
    assert kill.case is None
    assert [(miss.case, miss.why) for miss in kill.near_misses] == [
        ("tests/asks_for_syn_ack", f"unmet: {OTHER}")
    ]
    assert tried(planted(OTHER, mutant.plant, tmp_path), kit.case(asks_for_syn_ack, OTHER)).case


def test_same_rule_in_another_state_does_not_kill(kit: Any, tmp_path: Path) -> None:
    """The mutant names SEQ-ESTAB, the case judges SEQ-FW1; it survives."""
    mutant = planted("RFC9293:3.10.7.4-SEQ-ESTAB", breaks_datagrams(deaf), tmp_path)
    kill = tried(mutant, kit.case(asks_for_syn_ack, "RFC9293:3.10.7.4-SEQ-FW1"))
    assert kill.case is None


def test_case_that_fails_on_the_reference_does_not_kill(kit: Any, tmp_path: Path) -> None:
    """A case that fails on every stack; it is not even tried on the mutant."""
    mutant = planted(OTHER, breaks_datagrams(deaf), tmp_path)
    kill = tried(mutant, kit.case(kit.fails, OTHER))
    assert (kill.case, kill.ran, kill.near_misses) == (None, 0, ())


@pytest.mark.parametrize(("action", "why"), [(raises, "a slip"), (hangs, "took longer than 0.2")])
def test_stack_that_raises_or_hangs_is_not_killed(
    kit: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    action: Callable[[Stack, bytes], None],
    why: str,
) -> None:
    """A mutant that makes the stack crash or spin; that needs no assertion, so it survives."""
    monkeypatch.setattr(trials, "MAX_TIME_S", 0.2)
    mutant = planted(OTHER, breaks_datagrams(action), tmp_path)
    kill = tried(mutant, kit.case(asks_for_syn_ack, OTHER))
    assert kill.case is None
    assert why in kill.near_misses[0].why


def test_malformed_datagram_tells_of_the_form_alone(kit: Any) -> None:
    """A mutant that sends an option of impossible length; killed by a case about that, no other."""
    mutant = MUTANTS["mss_length_without_its_head"]
    kill = tried(mutant, kit.case(opens, OTHER))
    assert kill.case is None
    assert "malformed datagram" in kill.near_misses[0].why
    assert tried(mutant, kit.case(opens, mutant.requirement)).case is not None


def test_set_up_that_fails_does_not_kill(kit: Any, tmp_path: Path) -> None:
    """A mutant on which the state under test cannot be reached; inconclusive, so it survives."""
    kill = tried(planted(OTHER, breaks_datagrams(deaf), tmp_path), kit.case(handshake, OTHER))
    assert kill.case is None
    assert "inconclusive" in kill.near_misses[0].why


def test_verdicts_of_the_reference_are_remembered(
    kit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two mutants on one case; it runs once on the reference and once on each mutant."""
    ran: list[str] = []

    def counted(context: Context, *args: Any, **keywords: Any) -> Any:
        ran.append(context.target.manifest.name)
        return run_case(context, *args, **keywords)

    monkeypatch.setattr(trials, "run_case", counted)
    pair = [MUTANTS[name] for name in SOME[:2]]
    found = list(kill_table([kit.case(handshake, OTHER)], CATALOGUE, mutants=pair))
    assert ran == ["reference", *(f"mutants/{mutant.name}" for mutant in pair)]
    assert [kill.case for kill in found] == [None, None]


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_jobs_in_parallel_find_the_same(table: dict[str, Kill], cases: tuple[Case, ...]) -> None:
    """Three mutants in two processes; the same kills in the same order."""
    few = [MUTANTS[name] for name in SOME]
    found = list(kill_table(cases, CATALOGUE, mutants=few, jobs=2))
    assert found == [table[name] for name in SOME]


def test_cases_that_judge_the_requirement_come_first(kit: Any) -> None:
    """Cases that cite it first, second and not at all; they are tried in that order."""
    no = kit.case(kit.passes, "RFC9293:MUST-3", id_="no")
    second = kit.case(kit.passes, "RFC9293:MUST-3", OTHER, id_="second")
    first = kit.case(kit.passes, OTHER, id_="first")
    assert by_relevance([no, second, first], OTHER) == [first, second, no]


@pytest.mark.parametrize(
    ("requirement", "wrong"),
    [
        ("RFC9293:MUST-999", r"own\.py: unknown requirement"),
        ("POSIX:CLOSE-UNREAD-RST", r"own\.py: REQUIREMENT POSIX:CLOSE-UNREAD-RST is of level OBS"),
        ("RFC9293:MAY-2", r"own\.py: REQUIREMENT RFC9293:MAY-2 is of level MAY"),
    ],
)
def test_requirement_that_nothing_fails_by_is_refused(
    tmp_path: Path, requirement: str, wrong: str
) -> None:
    """An unknown entry, or one of a level that only records; refused before anything runs."""
    mutant = planted(requirement, breaks_datagrams(deaf), tmp_path)
    with pytest.raises(ConfigurationError, match=wrong):
        kill_table([], CATALOGUE, mutants=[mutant])
