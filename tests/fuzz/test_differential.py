"""Two targets set beside each other: differences are told with the oracle's word on both."""

from __future__ import annotations

from tcpassay.fuzz.cases.steps import Send
from tcpassay.fuzz.judges.differential import Differential, moments
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.stay import Stay
from tcpassay.fuzz.sources.sequence import Sequence
from tcpassay.targets.registry import open_target
from tcpassay.wire import ACK, FIN
from tests.fuzz.faulty import Around, FaultyTarget, case


class Mute(Around):
    """Signal 0: no datagram is sent any more."""

    def take_output(self) -> list[tuple[object, ...]]:
        output = self.inside.take_output()
        return [each for each in output if each[0] != "datagram"] if self.asked else output


def test_a_difference_is_told_with_the_oracles_word() -> None:
    """The other stack falls silent; the hint names step, answers, and who is right."""
    one, other = open_target("reference"), FaultyTarget(Mute)
    judges = Judge(one.manifest, "1"), Judge(other.manifest, "1")
    stay = Stay(one, judges[0], 1)
    differential = Differential("reference", judges[0], other, judges[1], 1)
    whole = case(0)
    end = Send(0, FIN | ACK, 101, 101)
    (ran,) = stay.run([(0, whole._replace(steps=(*whole.steps, end)))])
    hints = differential.compare(ran)
    steps = moments(ran.entries)
    assert [steps[hint.step].answer for hint in hints] == [hint.answers[0] for hint in hints]
    fin = next(hint for hint in hints if hint.input == "FA")
    assert (fin.answers, fin.targets[0]) == (("ACK", "none"), "reference")
    assert fin.said[0].startswith("right by RFC9293:3.10.7.4")
    assert "violates RFC9293:" in str(fin)
    stay.close()
    differential.close()


def test_a_target_does_not_differ_from_itself() -> None:
    """Fifty sequences on the reference twice: no hint."""
    one, other = open_target("reference"), open_target("reference")
    judge = Judge(one.manifest, "1")
    stay, differential = Stay(one, judge, 3), Differential("reference", judge, other, judge, 3)
    source = Sequence(3)
    hints = [
        hint
        for ran in stay.run((number, source.case(number)) for number in range(50))
        for hint in differential.compare(ran)
    ]
    assert hints == []
    stay.close()
    differential.close()
