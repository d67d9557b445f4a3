"""No blind eye: for each fault planted in a trace the oracle names its clause, at its entry."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.verdict import Level
from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits
from tests.model.edits import Script
from tests.model.exchanges import EXCHANGES, recorded
from tests.model.planted import FAULTS
from tests.model.planting import Fault

RULE = "RFC9293:3.10.7.4-"
NO_RST = "RFC9293:3.5.2-NO-RST-FOR-RST"

#: What the oracle tells beside the clause, for one fault of each kind: its level, what would have
#: been right (numbers of the target's left open), and the clauses that rule out the other ways.
TOLD: dict[str, tuple[Level, str, tuple[str, ...]]] = {
    "SYN,ACK with ACK one too low": (Level.RULE, "<SEQ=><ACK=889192486><CTL=SYN,ACK>", ()),
    "SYN,ACK without MSS": (Level.MUST, "an MSS option", ()),
    "SYN,ACK never again": (Level.MUST, "a retransmission", ()),
    "no RST for a wrong ACK": (Level.RULE, "<SEQ=500><CTL=RST>", ("RFC9293:3.10.7.2-ACK",)),
    "TSecr in a SYN": (Level.SHOULD, "TSecr=0", ()),
    "text before the handshake": (Level.RULE, "nothing but the SYN", ()),
    "silent to a SYN": (Level.RULE, "<SEQ=0><ACK=1001><CTL=RST,ACK>", ()),
    "RST for a RST": (Level.RULE, "silence", ()),
    "ACK one too high": (Level.RULE, "ACK=889192491", ()),
    "ACK after 0.6 s": (Level.MUST, "<SEQ=*><ACK=889192496><CTL=ACK>", ()),
    "an ACK of the FIN one too low": (Level.RULE, "ACK=889192497", ("RFC9293:3.10.7.2-FINACK",)),
    "a storm of ACKs": (Level.ROBUSTNESS, "silence", ()),
    "window shrunk": (Level.SHOULD_NOT, "a window of 65525", ()),
    "RST for a RST in the window": (Level.RULE, "silence", (NO_RST,)),
    "challenge ACK with SEG.SEQ of the RST": (Level.RULE, "ACK=889192486", (NO_RST,)),
    "no challenge ACK for a SYN": (
        Level.MUST,
        "<SEQ=*><ACK=889192486><CTL=ACK>",
        (f"{RULE}SYN-ESTAB",),
    ),
    "SYN,ACK for a SYN in ESTABLISHED": (Level.RULE, "no SYN", (f"{RULE}SYN-ESTAB",)),
    "no duplicate ACK for a hole": (Level.MAY, "<SEQ=*><ACK=889192486><CTL=ACK>", ()),
    "an MSS option in a text segment": (Level.MUST_NOT, "none", ()),
    "a FIN without close()": (Level.RULE, "no FIN", ()),
    "a segment above the MSS": (Level.MUST, "at most 1000", ("RFC9293:MUST-16",)),
    "two octets into a closed window": (Level.RULE, "at most 0 octets", ()),
    "sent again after 0.6 s": (Level.SHOULD, "after 1 s", ()),
    "TIME-WAIT cut short": (Level.MUST, "no reset", ()),
    "no RST at an abort": (Level.RULE, "<SEQ=*><ACK=889192486><CTL=RST,ACK>", ()),
    "a wrong echo": (Level.MUST, "TSecr=600", ()),
}

#: Faults in time, and in what is at once by the letter only, that a real clock hides.
HIDDEN_BY_A_REAL_CLOCK = {
    "SYN,ACK again after 0.3 s",
    "SYN again after 0.5 s",
    "SYN never again",
    "ACK after 0.6 s",
    "sent again without a cause",
    "never sent again",
    "sent again after 0.6 s",
    "sent again after 50 ms",
    "given up after 10 s",
    "FIN never again",
    "FIN again after 0.1 s",
    "no SIGPIPE",
    "SIGPIPE for nothing",
}
SLACK_NS = 50_000_000


@pytest.mark.parametrize("name", EXCHANGES)
def test_the_exchange_as_recorded_breaks_nothing(name: str) -> None:
    report = judge_trace(recorded(name))
    assert report.violations == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.exchange}: {fault.what}")
def test_the_clause_is_named_at_the_faulty_entry(fault: Fault) -> None:
    script = Script(recorded(fault.exchange))
    fault.plant(script)
    trace, n = script.trace()
    violations = judge_trace(trace).violations
    assert violations, "the oracle is blind"
    first = violations[0]
    assert (first.requirement, first.event) == (fault.requirement, n), str(first)
    assert first.why


@pytest.mark.parametrize("what", TOLD)
def test_what_would_have_been_right_is_told(what: str) -> None:
    """The level of the clause, the answers allowed, and what rules the other hypotheses out."""
    (fault,) = (fault for fault in FAULTS if fault.what == what)
    script = Script(recorded(fault.exchange))
    fault.plant(script)
    first = judge_trace(script.trace()[0]).violations[0]
    level, allowed, ruled_out = TOLD[what]
    assert (first.level, first.ruled_out) == (level, ruled_out)
    assert fnmatchcase(first.allowed, allowed), first.allowed
    assert str(level) in str(first)
    assert allowed == "" or first.allowed in str(first)


@pytest.mark.parametrize("name", EXCHANGES)
def test_a_real_clock_alarms_at_nothing(name: str) -> None:
    assert judge_trace(recorded(name), Limits(slack_ns=SLACK_NS)).violations == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.exchange}: {fault.what}")
def test_a_real_clock_hides_few_faults(fault: Fault) -> None:
    script = Script(recorded(fault.exchange))
    fault.plant(script)
    violations = judge_trace(script.trace()[0], Limits(slack_ns=SLACK_NS)).violations
    named = bool(violations) and violations[0].requirement == fault.requirement
    assert named is (fault.what not in HIDDEN_BY_A_REAL_CLOCK)


def test_there_are_enough_and_each_is_bound_to_the_catalogue() -> None:
    assert len(FAULTS) >= 80
    assert {fault.what for fault in FAULTS} > HIDDEN_BY_A_REAL_CLOCK
    told = f"the faults that a real clock hides, {len(HIDDEN_BY_A_REAL_CLOCK)} of {len(FAULTS)}."
    assert told in (content_root() / "docs" / "oracle.md").read_text()
    catalogue = load_catalogue()
    for fault in FAULTS:
        assert catalogue.get(fault.requirement).id == fault.requirement
