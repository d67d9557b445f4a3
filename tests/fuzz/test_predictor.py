"""The predictor rule by rule: what it makes of a case, and where it has the connection stand."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.events import ReadState, StateRead
from tcpassay.fuzz.cases.notation import case_of
from tcpassay.fuzz.cases.steps import FuzzCase
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.playing.reach import STATES, reach
from tcpassay.fuzz.predictor import Predictor
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.model.oracle.limits import Limits
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from tcpassay.fuzz.predictor import Followed

LIMITS = Limits(1, rack=True)

OPEN = """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 5
peer: S seq=0 <mss 1460>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
"""

#: A step behind the handshake, and what it is called: state, input class, answer class.
RULES = {
    "peer: PA seq=1 ack=1 data=10": ("ESTABLISHED", "ACK data", "none"),
    "peer: A seq=1 ack=1": ("ESTABLISHED", "ACK", "none"),
    "peer: A seq=11 ack=1 data=10": ("ESTABLISHED", "ACK seq=in-window data", "ACK"),
    "peer: A seq=100001 ack=1 data=10": ("ESTABLISHED", "ACK seq=beyond data", "ACK"),
    "peer: A seq=0 ack=1": ("ESTABLISHED", "ACK seq=old", "ACK"),
    "peer: A seq=1 ack=5": ("ESTABLISHED", "ACK ack=future", "ACK"),
    "peer: R seq=1": ("ESTABLISHED", "RST", "none"),
    "peer: R seq=50": ("ESTABLISHED", "RST seq=in-window", "ACK"),
    "peer: R seq=100001": ("ESTABLISHED", "RST seq=beyond", "none"),
    "peer: S seq=50": ("ESTABLISHED", "SYN seq=in-window", "ACK"),
    "peer: FA seq=1 ack=1": ("ESTABLISHED", "FIN,ACK", "ACK"),
    "peer: P seq=1 data=10": ("ESTABLISHED", "no flags data", "none"),
    "app: recv c0 100 0": ("ESTABLISHED", "recv()", "errno EAGAIN"),
    "app: shutdown c0 SHUT_WR": ("ESTABLISHED", "shutdown(SHUT_WR)", "FIN,ACK; ok"),
    "app: close c0": ("ESTABLISHED", "close()", "FIN,ACK; ok"),
}


def followed(case: FuzzCase) -> tuple[Followed, str]:
    """What the predictor makes of a case on the reference stack, and why it was refused."""
    with closing(open_target("reference")) as target:
        stack = target.start(StackOptions(seed=1, ip=case.ip))
        player = Player(stack, target.manifest, 1, case.ip)
        assert player.play(case).fault is None
        predictor = Predictor(player.trace.stack_addresses, LIMITS)
        found = predictor.follow(player.trace.entries)
        stack.close()
        return found, predictor.why


@pytest.mark.parametrize("step", RULES)
def test_one_step_in_established(step: str) -> None:
    """The usual answer to it is accepted, and has its class."""
    found, why = followed(case_of(OPEN + step + "\n"))
    assert (found.accepted, found.at, why) == (True, None, "")
    assert RULES[step] in found.triples


@pytest.mark.parametrize("ip", [4, 6])
@pytest.mark.parametrize("state", STATES)
def test_every_state_is_reached(state: str, ip: int) -> None:
    """The way into each state is accepted, and the state is the stack's own."""
    reached = reach(state)
    case = FuzzCase(reached.steps, ip=6 if ip == 6 else 4)
    with closing(open_target("reference")) as target:
        stack = target.start(StackOptions(seed=1, ip=case.ip))
        player = Player(stack, target.manifest, 1, case.ip)
        player.go_on(case.steps)
        predictor = Predictor(player.trace.stack_addresses, LIMITS)
        assert predictor.follow(player.trace.entries).accepted, predictor.why
        ends = player.ends(reached.conn)
        if state not in {"CLOSED", "LISTEN"}:
            assert predictor.state(ends.local, ends.remote) == state
        stack.close()


def test_states_along_a_case_are_the_stack_s_own() -> None:
    """Sequences cut anywhere: the state that is followed is the one that the stack tells."""
    right = asked = 0
    with closing(open_target("reference")) as target:
        for number in range(120):
            case = Sequence(11).case(number)
            stack = target.start(StackOptions(seed=number))
            player = Player(stack, target.manifest, number, 4)
            player.go_on(case.steps[: 6 + number % 12])
            predictor = Predictor(player.trace.stack_addresses, LIMITS)
            predictor.follow(player.trace.entries)
            for conn in range(2):
                ends = player.ends(conn)
                (read,) = stack.execute(ReadState(ends.local, ends.remote)).events
                assert isinstance(read, StateRead)
                asked += read.state != "CLOSED"
                right += read.state != "CLOSED" and (
                    predictor.state(ends.local, ends.remote) == read.state
                )
            stack.close()
    assert asked > 60
    assert right > 0.95 * asked


def test_a_predictor_goes_from_case_to_case() -> None:
    """Nothing of a case is left for the next: the same entries give the same again."""
    with closing(open_target("reference")) as target:
        stack = target.start(StackOptions(seed=1))
        player = Player(stack, target.manifest, 1, 4)
        predictor = Predictor(player.trace.stack_addresses, LIMITS)
        cases = []
        for number in range(20):
            played = player.play(Sequence(5).case(number), number)
            cases.append(player.trace.entries[played.first : played.last])
        first = [predictor.follow(entries) for entries in cases]
        again = [predictor.follow(entries) for entries in reversed(cases)]
        assert again == first[::-1]
        assert any(found.accepted for found in first)
        stack.close()


def test_behind_a_refusal_it_goes_on() -> None:
    """A wrong answer is told with its entry, and what follows still has its classes."""
    with closing(open_target("reference")) as target:
        stack = target.start(StackOptions(seed=1))
        player = Player(stack, target.manifest, 1, 4)
        player.play(case_of(OPEN + "peer: A seq=1 ack=5\npeer: R seq=50\n"))
        entries = list(player.trace.entries)
        at = [i for i, entry in enumerate(entries) if entry.kind == "receive"][1]
        del entries[at]
        predictor = Predictor(player.trace.stack_addresses, LIMITS)
        found = predictor.follow(entries)
        assert (found.accepted, found.at) == (False, entries[at].n)
        assert predictor.why == "ESTABLISHED: no answer"
        assert ("ESTABLISHED", "ACK ack=future", "none") in found.triples
        assert ("ESTABLISHED", "RST seq=in-window", "ACK") in found.triples
        stack.close()
