"""Right traffic raises no alarm; one edited packet is named, with its clause."""

from __future__ import annotations

import pytest

from tcpassay.model.oracle.wire_oracle import check_packets
from tcpassay.wire import RST
from tests.check.conversation import PEER, TARGET, Script, conversation
from tests.check.edits import EDITS, EXACT_EDITS, Edit, apply

#: The conversation has no reset, and its only SACK is used by an edit of its own.
_HERE = tuple(edit for edit in (*EDITS, *EXACT_EDITS) if edit.name != "seq of a reset")
_ELSEWHERE = tuple(edit for edit in _HERE if edit.any_vantage)


@pytest.mark.parametrize("vantage", ["target", "path", "peer"])
def test_nothing_is_wrong_with_a_right_conversation(vantage: str) -> None:
    """Loss, repetition, idle time, FINs; no finding, and the states in their order."""
    report = check_packets(conversation(), (TARGET,), vantage)  # type: ignore[arg-type]
    (connection,) = report.connections
    assert connection.findings == []
    assert connection.holes == []
    assert connection.states == [
        "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT",
    ]  # fmt: skip


@pytest.mark.parametrize("edit", _HERE, ids=lambda edit: edit.name.replace(" ", "-"))
def test_an_edited_packet_is_named(edit: Edit) -> None:
    """One packet is changed; its number and the clause are told."""
    edited = apply(edit, conversation(), TARGET)
    assert edited is not None
    packets, n = edited
    (connection,) = check_packets(packets, (TARGET,)).connections
    assert (n, edit.requirement) in [(f.packet, f.requirement) for f in connection.findings]


@pytest.mark.parametrize("vantage", ["path", "peer"])
@pytest.mark.parametrize("edit", _ELSEWHERE, ids=lambda edit: edit.name.replace(" ", "-"))
def test_an_edited_packet_is_named_from_elsewhere(edit: Edit, vantage: str) -> None:
    """What does not hang on what has arrived is judged at every vantage."""
    edited = apply(edit, conversation(), TARGET)
    assert edited is not None
    packets, n = edited
    (connection,) = check_packets(packets, (TARGET,), vantage).connections  # type: ignore[arg-type]
    assert (n, edit.requirement) in [(f.packet, f.requirement) for f in connection.findings]


def test_a_sack_without_permission() -> None:
    """The peer's SYN does not permit SACK; the first block is named."""
    (connection,) = check_packets(conversation(sack=False), (TARGET,)).connections
    named = [f.packet for f in connection.findings]
    assert [f.requirement for f in connection.findings] == ["RFC2018:4-NOT-UNNEGOTIATED"], named


@pytest.mark.parametrize("start", range(1, 20))
def test_a_capture_may_begin_anywhere(start: int) -> None:
    """The first packets are missing: what hangs on them is not judged."""
    (connection,) = check_packets(conversation()[start:], (TARGET,)).connections
    assert connection.findings == []


@pytest.mark.parametrize("missing", range(1, 26))
def test_a_capture_may_lack_a_packet(missing: int) -> None:
    """One packet was not captured: no fault of the target's."""
    packets = [p for p in conversation() if p.n != missing]
    (connection,) = check_packets(packets, (TARGET,)).connections
    assert connection.findings == []


def test_a_tuple_may_be_used_again() -> None:
    """The same SYN, even with the same number, after a reset: two connections, none at fault."""
    script = Script()
    for _ in range(2):
        script.opens()
        script.send(PEER, RST, 1)
        script.wait(200)
    report = check_packets(script.packets, (TARGET,))
    assert [c.states for c in report.connections] == [["SYN-RECEIVED", "ESTABLISHED", "CLOSED"]] * 2
    assert [c.findings for c in report.connections] == [[], []]
