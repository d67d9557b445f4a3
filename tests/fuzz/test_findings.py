"""Findings of mutants: once a key, confirmed alone, small, kept whole, there again in a replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tcpassay.core.errors import ConfigurationError, TcpassayError
from tcpassay.core.verdict import Level
from tcpassay.fuzz.alarms import Alarm, Key
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Listen, Send
from tcpassay.fuzz.finding.confirming import PORTS, joined
from tcpassay.fuzz.finding.findings import TRIES, Findings
from tcpassay.fuzz.finding.kept import Finding, finding_from_json, finding_of
from tcpassay.fuzz.finding.replaying import make_smaller, play_again
from tcpassay.fuzz.finding.suite import Suite
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.reach import accept, opened, reach
from tcpassay.fuzz.playing.stay import Ran, Stay
from tcpassay.targets.contract import Target
from tcpassay.targets.mutants import open_mutant
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, FIN, PSH, SYN, MaximumSegmentSize
from tcpassay.wire.tracefile import load

_FAULTY = "peer_mss_ignored"
_OPEN = opened(syn=(MaximumSegmentSize(536),))
#: A segment of more than the MSS, and much besides.
_CASE = FuzzCase(
    (
        *_OPEN.steps,
        Send(flags=ACK | PSH, seq=1, ack=1, data=20),
        Do("recv", "c0", args=(("length", 100), ("flags", ()))),
        Do("send", "c0", args=(("text", 1200), ("flags", ("MSG_NOSIGNAL",)))),
        Send(seq=21, ack=1201, data=5),
        Send(flags=FIN | ACK, seq=26, ack=1201),
        Do("close", "c0"),
    ),
    "by hand",
)


@pytest.fixture
def mutant() -> Iterator[Target]:
    target = open_mutant(_FAULTY)
    yield target
    target.close()


def _ran(target: Target, *cases: FuzzCase) -> list[Ran]:
    stay = Stay(target, Judge(target.manifest, target.version()), 1)
    try:
        return list(stay.run(enumerate(cases)))
    finally:
        stay.close()


def _findings(target: Target, folder: Path, **more: object) -> Findings:
    return Findings(target, Judge(target.manifest, target.version()), 1, folder, **more)  # type: ignore[arg-type]


@pytest.fixture
def kept(mutant: Target, tmp_path: Path) -> tuple[Findings, Finding]:
    (ran,) = _ran(mutant, _CASE)
    findings = _findings(mutant, tmp_path)
    finding = findings.consider(ran, ran.alarms[0])
    assert finding is not None
    return findings, finding


def test_small_and_named_right(kept: tuple[Findings, Finding]) -> None:
    """A mutant that does not heed the MSS; the requirement, six steps or fewer, few stacks."""
    findings, finding = kept
    assert finding.alarm.key.requirement == "RFC9293:MUST-16"
    assert len(finding.minimal.steps) <= 6
    assert finding.case == _CASE
    assert not finding.spent
    assert 12 <= finding.executions <= 60
    assert findings.stacks <= 70


def test_named_with_the_suite(mutant: Target, tmp_path: Path) -> None:
    """What a case of the suite finds unmet comes first; the case is told, in the trace too."""
    word = {"RFC9293:MUST-14": {"cases": ["a/b", "a/c"], "of": 2, "symptoms": ["RFC9293:MUST-16"]}}
    (tmp_path / "suite.json").write_text(json.dumps(word))
    suite = Suite(mutant, 1, file=tmp_path / "suite.json")
    findings = _findings(mutant, tmp_path, suite=suite)
    (ran,) = _ran(mutant, _CASE)
    finding = findings.consider(ran, ran.alarms[0])
    assert finding is not None
    assert finding.requirement == "RFC9293:MUST-14"
    assert finding.cases == ("a/b", "a/c")
    again = finding_of(load(findings.path(finding)), "x")
    assert (again.names, again.cases) == (finding.names, finding.cases)


def test_known_key_is_counted(kept: tuple[Findings, Finding], mutant: Target) -> None:
    """The same alarm again; counted, no stack."""
    findings, finding = kept
    stacks = findings.stacks
    (ran,) = _ran(mutant, _CASE)
    assert findings.consider(ran, ran.alarms[0]) is None
    assert findings.seen[finding.key] == 2
    assert findings.stacks == stacks


def test_trace_of_a_finding(kept: tuple[Findings, Finding]) -> None:
    """Its file; the finding comes back whole, with verdict and requirement beside it."""
    findings, finding = kept
    path = findings.path(finding)
    file = load(path)
    assert finding_of(file, "x") == finding
    assert file.info["verdict"] == "fail"
    assert file.info["requirements"] == [finding.requirement, *finding.others]
    assert "RFC9293:MUST-16" in finding.names
    assert finding_from_json(json.loads(json.dumps(finding.to_json()))) == finding
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_replay(kept: tuple[Findings, Finding], mutant: Target) -> None:
    """On the mutant the same finding, with other seeds too."""
    _, finding = kept
    for seed in (None, 5, 6):
        again = play_again(finding, mutant, seed)
        assert again.outcome == "same finding"
        assert again.alarm in again.alarms
    other = finding._replace(alarm=finding.alarm._replace(why="something else"))
    assert play_again(other, mutant).outcome == "another finding"


def test_replay_where_it_is_mended(kept: tuple[Findings, Finding], mutant: Target) -> None:
    """On the reference stack nothing."""
    _, finding = kept
    mutant.close()
    again = play_again(finding, open_target("reference"))
    assert (again.outcome, again.alarm) == ("nothing", None)


def test_made_smaller_once_more(kept: tuple[Findings, Finding], mutant: Target) -> None:
    """The case as it was found, minimised later; as small as the campaign's."""
    _, finding = kept
    told: list[int] = []
    found = make_smaller(
        finding._replace(minimal=_CASE), mutant, 200, lambda _, case: told.append(len(case.steps))
    )
    assert found is not None
    assert len(found[0].minimal.steps) == len(finding.minimal.steps)
    assert told[-1] <= told[0]


def test_not_confirmed(mutant: Target, tmp_path: Path) -> None:
    """An alarm that its case never gives alone; counted, tried a few times, nothing kept."""
    (ran,) = _ran(mutant, _CASE)
    alarm = ran.alarms[0]._replace(why="nobody says so")
    findings = _findings(mutant, tmp_path)
    for _ in range(TRIES + 2):
        assert findings.consider(ran, alarm) is None
    assert findings.not_confirmed[alarm.key] == TRIES + 2
    # Each try is two: as it is, and with the peer's numbers where they started.
    assert findings.stacks == 2 * TRIES
    assert list(tmp_path.iterdir()) == []


def test_behind_the_case_before(mutant: Target, tmp_path: Path) -> None:
    """An alarm that wants the case before it; joined into one that shows it alone."""
    harmless = FuzzCase((*opened().steps, Send(seq=1, ack=1, data=3)), "harmless")
    (*_, ran) = _ran(mutant, harmless, _CASE)
    findings = _findings(mutant, tmp_path)
    late = ran.case._replace(steps=harmless.steps)
    ran.case = late
    finding = findings.consider(ran, ran.alarms[0], lambda: [harmless, _CASE, harmless])
    assert finding is not None
    assert findings.behind == 1
    assert any(isinstance(step, Do) and step.call == "send" for step in finding.minimal.steps)


def test_explained_ones(mutant: Target, tmp_path: Path) -> None:
    """Alarms that an entry explains; counted by entry, one example kept as it was found."""
    (ran,) = _ran(mutant, _CASE)
    judge = Judge(mutant.manifest, mutant.version())
    judge._explained.by = lambda *_: "oracle/*MUST-16"  # type: ignore[method-assign]
    findings = Findings(mutant, judge, 1, tmp_path)
    alarm = ran.alarms[0]._replace(explained="oracle/*MUST-16")
    first = findings.consider(ran, alarm)
    assert first is not None
    assert first.minimal == _CASE
    assert findings.path(first).parent == tmp_path / "explained"
    assert findings.path(first).is_file()
    assert findings.consider(ran, alarm) is None
    assert findings.explained["oracle/*MUST-16"] == 2


def test_findings_of_an_earlier_part(
    kept: tuple[Findings, Finding], mutant: Target, tmp_path: Path
) -> None:
    """A campaign that goes on; what it has kept is known."""
    _, finding = kept
    findings = _findings(mutant, tmp_path, kept=[finding])
    (ran,) = _ran(mutant, _CASE)
    assert findings.consider(ran, ran.alarms[0]) is None
    assert findings.seen[finding.key] == 2


def test_full_disk(mutant: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No space; one clear error, nothing half-written, and the finding is not taken for known."""
    (ran,) = _ran(mutant, _CASE)
    findings = _findings(mutant, tmp_path)

    def full(_path: Path, _octets: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(TcpassayError, match="not written: No space left on device"):
        findings.consider(ran, ran.alarms[0])
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    assert findings.consider(ran, ran.alarms[0]) is not None


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda fuzz: fuzz.update(schema=2), "schema 2"),
        (lambda fuzz: fuzz.pop("judge"), "'judge' is missing"),
        (lambda fuzz: fuzz.update(level="MUSTN'T"), "MUSTN'T"),
        (lambda fuzz: fuzz["case"].update(schema=9), "schema 9"),
        (lambda fuzz: fuzz["case"].update(steps=[{"fly": {}}]), "step 0: 'fly'"),
        (
            lambda fuzz: fuzz["case"]["steps"].append({"send": {"seq": "x"}}),
            "wanted a whole number",
        ),
        (lambda fuzz: fuzz.update(number=None), "wanted a whole number"),
        (lambda fuzz: fuzz.update(key=[]), "wanted an object"),
    ],
)
def test_findings_that_make_no_sense(
    kept: tuple[Findings, Finding], spoil: Callable[[dict[str, object]], None], complaint: str
) -> None:
    """What somebody has changed in a file; one line that says what and where."""
    findings, finding = kept
    path = findings.path(finding)
    form = json.loads(path.read_text())
    spoil(form["info"]["fuzz"])
    path.write_text(json.dumps(form))
    with pytest.raises(ConfigurationError, match=complaint) as told:
        finding_of(load(path), str(path))
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_joined_cases() -> None:
    """Two cases as one: own ports and descriptors, the first one's closed; too many: None."""
    one = FuzzCase((Listen(), Send(flags=SYN), accept()), "one")
    both = joined([one, one])
    assert both is not None
    assert both.steps == (
        Listen("listener.0"), Send(flags=SYN), Do("accept4", "listener.0", "c0.0", accept().args),
        Do("close", "listener.0"), Do("close", "c0.0"),
        Listen("listener.1", 1), Send(8, SYN), Do("accept4", "listener.1", "c0.1", accept().args),
    )  # fmt: skip
    assert joined([one] * (PORTS + 1)) is None
    closed = FuzzCase((*reach("CLOSED").steps, Send(8)))
    assert joined([closed, closed, closed]) is None


def test_name_of_a_file() -> None:
    """Keys as names; readable, harmless, one each."""
    alarm = Alarm("crash", Key("A:1/2", "any", "x", "y"), "w", "", 0, Level.MUST)
    case = FuzzCase(())
    names = {
        Finding("t", "v", key, alarm, case, 0, 0, case).name
        for key in (Key("A:1/2", "../x", "a", "b"), Key("A:1/2", "../x", "ab", ""))
    }
    assert len(names) == 2
    assert all("/" not in name and name.startswith("A-1-2-") for name in names)
