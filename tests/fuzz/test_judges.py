"""The judges beside the oracle can fail: each names a stack that goes wrong, and the case."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.cases.steps import FuzzCase, Raw
from tcpassay.fuzz.judging import Judge, Judged
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.fuzz.robustness import LETS_GO, NO_STORM, READ_INTACT, SENT_INTACT, SERVES, SURVIVES
from tcpassay.fuzz.sources.sequence import Sequence as Sequences
from tcpassay.fuzz.sources.sweep import Sweep
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import open_target
from tests.fuzz.faulty import Around, FaultyTarget, case, cases, with_other_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.trace import Entry, Trace
    from tcpassay.fuzz.alarms import Alarm
    from tcpassay.fuzz.playing.stay import Ran
    from tcpassay.targets.contract import Target


class Deaf(Judge):
    """Without the oracle: what the others see by themselves."""

    def case(self, _trace: Trace, _entries: Sequence[Entry]) -> Judged:
        return Judged([], accepted=True, triples=[])

    def alarms(
        self, _trace: Trace, _entries: Sequence[Entry], *, whole: bool = False
    ) -> list[Alarm]:
        del whole
        return []


def judged(target: Target, numbered: list[tuple[int, FuzzCase]]) -> tuple[list[Ran], list[Ran]]:
    """What is said of cases as they run, and of them late."""
    stay = Stay(target, Deaf(target.manifest, target.version()), 1)
    try:
        return [ran for ran in stay.run(numbered) if ran.alarms], stay.boundary()
    finally:
        stay.close()


def alone(target: Target, one: FuzzCase, *, memory: bool = False) -> list[Alarm]:
    """What is said of a case alone."""
    return try_alone(target, Deaf(target.manifest, "1"), one, memory=memory).alarms


class StopsAccepting(Around):
    """Signal 0: no SYN is ever answered again."""

    def lets_in(self, octets: bytes) -> bool:
        return not (self.asked and octets[33] & 2)


class DropsTheCanary(Around):
    """Signal 0: nothing reaches port 7000 again."""

    def lets_in(self, octets: bytes) -> bool:
        return not (self.asked and int.from_bytes(octets[22:24], "big") == 7000)


class NeedsTwo(Around):
    """Signal 1 and then signal 2: no SYN is ever answered again."""

    def lets_in(self, octets: bytes) -> bool:
        armed = 1 in self.asked and 2 in self.asked[self.asked.index(1) :]
        return not (armed and octets[33] & 2)


@pytest.mark.parametrize("at", [3, 70, 99])
def test_stack_that_stops_accepting(at: int) -> None:
    """One case of 100 stops a stack from accepting; SERVES, told of that case, and of it alone."""
    target = FaultyTarget(StopsAccepting)
    _, late = judged(target, cases(100, {at: (0,)}))
    assert [(ran.number, ran.behind) for ran in late] == [(at, 0)]
    (alarm,) = late[0].alarms
    assert (alarm.judge, alarm.key.requirement) == ("liveness", SERVES)
    assert alarm.key.answer == "a new connection: no SYN,ACK"
    assert alarm.key in [each.key for each in alone(target, case(0))]
    assert alone(target, case()) == []


def test_connection_that_no_longer_carries_text() -> None:
    """One case cuts a connection that was open before; SERVES, the new connection is well."""
    target = FaultyTarget(DropsTheCanary)
    _, late = judged(target, cases(60, {20: (0,)}))
    assert [(ran.number, ran.behind) for ran in late] == [(20, 0)]
    assert late[0].alarms[0].key.answer == "an open connection: its text was not given on"


def test_two_cases_do_it_together() -> None:
    """Case 5 prepares and case 40 does it; the latter is told, with how many have to be before."""
    target = FaultyTarget(NeedsTwo)
    _, late = judged(target, cases(64, {5: (1,), 40: (2,)}))
    assert [(ran.number, ran.behind) for ran in late] == [(40, 40)]


class CountsUp(Around):
    """Signal 0: a timer is never stopped again."""

    def read_stats(self) -> dict[str, int]:
        stats = self.inside.read_stats()
        return {**stats, "timers": stats["timers"] + len(self.asked)}


class Keeps(Around):
    """Signal 0: what arrives is kept for ever."""

    def __init__(self, inside: object) -> None:
        super().__init__(inside)  # type: ignore[arg-type]
        self.kept: list[tuple[int, bytes]] = []

    def on_signal(self, number: int) -> None:
        self.kept += [(number, bytes(64 + len(self.kept) % 3)) for _ in range(4)]


def test_timer_that_stays() -> None:
    """One case leaves a timer; LETS-GO, told of that case."""
    target = FaultyTarget(CountsUp)
    _, late = judged(target, cases(50, {17: (0,)}))
    assert [(ran.number, ran.behind) for ran in late] == [(17, 0)]
    (alarm,) = late[0].alarms
    assert (alarm.judge, alarm.key.requirement, alarm.key.answer) == ("leak", LETS_GO, "timers")
    assert alarm.key in [each.key for each in alone(target, case(0))]


def test_memory_that_stays() -> None:
    """Cases from 20 on make a stack keep octets; LETS-GO by how it grows, not by one value."""
    target = FaultyTarget(Keeps)
    odd = dict.fromkeys(range(20, 64), (0,))
    _, late = judged(target, cases(64, odd))
    assert [alarm.key.answer for ran in late for alarm in ran.alarms] == ["memory"]
    assert late[0].number in odd
    assert late[0].behind == 0
    assert [each.key.answer for each in alone(target, case(0), memory=True)] == ["memory"]
    assert alone(target, case(), memory=True) == []


class ChangesWhatItSends(Around):
    """Signal 0: the first octet of text that is sent is another one."""

    def take_output(self) -> list[tuple[object, ...]]:
        output = self.inside.take_output()
        if not self.asked:
            return output
        return [
            (each[0], with_other_text(each[1])) if each[0] == "datagram" else each  # type: ignore[arg-type]
            for each in output
        ]


class ChangesWhatItGives(Around):
    """Signal 0: recv() gives the octets from the second on."""

    def take_output(self) -> list[tuple[object, ...]]:
        return [self._changed(each) for each in self.inside.take_output()]

    def _changed(self, event: tuple[object, ...]) -> tuple[object, ...]:
        if self.asked and event[0] == "return":
            out = event[5]
            assert isinstance(out, tuple)
            changed = tuple(
                (tag, value[1:] + b"x") if tag == "octets" else (tag, value) for tag, value in out
            )
            return (*event[:5], changed)
        return event


def test_text_that_changes() -> None:
    """Text is changed as it is sent, or given on; integrity, of the case in which it is."""
    for around, requirement in (
        (ChangesWhatItSends, SENT_INTACT),
        (ChangesWhatItGives, READ_INTACT),
    ):
        found = alone(FaultyTarget(around), case(0))
        assert ("integrity", requirement) in [(each.judge, each.key.requirement) for each in found]
        assert alone(FaultyTarget(around), case()) == []


class Storms(Around):
    """Signal 0: what is sent is sent thirty times."""

    def take_output(self) -> list[tuple[object, ...]]:
        return self.inside.take_output() * (60 if self.asked else 1)


class Hangs(Around):
    """Signal 0: never comes back."""

    def on_signal(self, number: int) -> None:
        while number == 0:
            pass


class Breaks(Around):
    """Signals 0 and 1: an exception out of one function or another."""

    def on_signal(self, number: int) -> None:
        (self.divide if number == 0 else self.look_up)({})

    def divide(self, table: dict[int, int]) -> None:
        table[0] = 1 // len(table)

    def look_up(self, table: dict[int, int]) -> None:
        table[1] = 1 // table.setdefault(2, 0)


def test_storm() -> None:
    """A segment is answered sixty times; NO-STORM, at that step."""
    told, _ = judged(FaultyTarget(Storms), cases(3, {1: (0,)}))
    storms = [alarm for alarm in told[0].alarms if alarm.judge == "storm"]
    assert [(told[0].number, each.key.requirement) for each in storms] == [(1, NO_STORM)]
    assert told[0].entries[storms[0].event].kind in {"send", "call"}


def test_hang() -> None:
    """A stack never comes back; SURVIVES, after a second of the processor's time."""
    told, late = judged(FaultyTarget(Hangs), cases(3, {1: (0,)}))
    assert [(ran.number, ran.alarms[0].judge) for ran in told] == [(1, "hang")]
    assert told[0].alarms[0].key.requirement == SURVIVES
    assert "on_signal (test_judges.py)" in told[0].alarms[0].key.answer
    assert late == []


@pytest.mark.parametrize(
    ("word", "judge", "answer"),
    [
        (b"die", "crash", "crash: SIGSEGV"),
        (b"hang", "hang", "hang"),
        (b"raise", "crash", "KeyError in on_datagram (toy_stack.py)"),
    ],
)
def test_stack_in_a_process_that_ends(word: bytes, judge: str, answer: str) -> None:
    """A stack behind an agent dies, spins or raises; SURVIVES, and nothing is said of service."""
    target = open_target(str(Path(__file__).parents[1] / "targets" / "toy_process"))
    try:
        (alarm,) = alone(target, FuzzCase((Raw(word),)))
        assert (alarm.judge, alarm.key.requirement) == (judge, SURVIVES)
        assert answer in alarm.key.answer
        assert alone(target, FuzzCase((Raw(b"two"),))) == []
    finally:
        target.close()


def test_two_crashes_are_two_findings() -> None:
    """Exceptions out of two functions have two keys, that out of one twice has one."""
    target = FaultyTarget(Breaks)
    told, _ = judged(target, cases(6, {1: (0,), 2: (1,), 4: (0,)}))
    keys = [ran.alarms[0].key for ran in told]
    assert keys[0] == keys[2]
    assert keys[0] != keys[1]
    assert keys[0].answer == "crash: ZeroDivisionError in divide (test_judges.py)"


class Haunts(Around):
    """Signal 0: text of the connection comes again with the next SYN, reset or not."""

    def __init__(self, inside: object) -> None:
        super().__init__(inside)  # type: ignore[arg-type]
        self.text = b""
        self.due = False

    def lets_in(self, octets: bytes) -> bool:
        self.due = bool(self.text) and bool(octets[33] & 2)
        return True

    def take_output(self) -> list[tuple[object, ...]]:
        output = self.inside.take_output()
        for each in output:
            octets = each[1]
            if self.asked and each[0] == "datagram" and isinstance(octets, bytes):
                self.text = octets if len(octets) > 100 and not self.text else self.text
        if self.due:
            self.due = False
            self.asked = []
            output.append(("datagram", self.text))
            self.text = b""
        return output


def test_stray_is_told_of_the_case_that_it_belongs_to() -> None:
    """A reset connection speaks during the next case; that case is well, the earlier is not."""
    target = FaultyTarget(Haunts)
    stay = Stay(target, Judge(target.manifest, target.version()), 1)
    ran = list(stay.run(cases(5, {2: (0,)})))
    late = stay.boundary()
    assert [each.number for each in ran if each.alarms] == []
    assert [each.number for each in late] == [2]
    assert late[0].alarms[0].judge == "oracle"
    assert late[0].alarms[0].why.endswith("(during a later case)")
    again = try_alone(target, Judge(target.manifest, "1"), case(0)).alarms
    assert (again[0].key.requirement, again[0].why) == (
        late[0].alarms[0].key.requirement,
        late[0].alarms[0].why,
    )
    others = [octets for each in ran[3].entries if isinstance(octets := each.data, bytes)]
    assert not [octets for octets in others if len(octets) > 100 and octets[22:24] == b"\x4e\x60"]


def test_no_false_alarm_on_the_reference_stack() -> None:
    """Two stays of sequences and one of the sweep; nothing is wrong, at once or late."""
    target = open_target("reference")
    sequences, sweep = Sequences(5), Sweep(5)
    assert judged(target, [(n, sequences.case(n)) for n in range(300)]) == ([], [])
    assert judged(target, [(n, sweep.case(n * 97)) for n in range(250)]) == ([], [])


@pytest.mark.parametrize(
    ("name", "judge", "answer"),
    [
        ("out_of_order_delivered", "integrity", "wrong text read"),
        ("overlap_gives_wrong_octets", "integrity", "wrong text read"),
        ("last_ack_never_ends", "leak", "connections"),
    ],
)
def test_mutants_of_the_reference_stack(name: str, judge: str, answer: str) -> None:
    """Sixty-four sequences on a stack with a planted fault; the judge that is for it speaks."""
    (mutant,) = (each for each in load_mutants() if each.name == name)
    target = mutant.target(open_target("reference").manifest)
    try:
        source = Sequences(5)
        told, late = judged(target, [(n, source.case(n)) for n in range(64)])
        found = {(a.judge, a.key.answer) for ran in (*told, *late) for a in ran.alarms}
        assert found == {(judge, answer)}
    finally:
        target.close()
