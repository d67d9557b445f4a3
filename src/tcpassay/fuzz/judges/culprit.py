"""Which case did it: the stack shows a sign, and the cases before it are played again.

The case played last is tried alone first. Then the shortest beginning of the stay that gives the
sign is found by halving; its last case did it, alone or with those before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import StackFault
from tcpassay.fuzz.judges.beside import Beside, like_of
from tcpassay.fuzz.judges.weight import grows, memory_sign
from tcpassay.fuzz.playing.player import Apart, Player

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.judges.signs import Sign
    from tcpassay.fuzz.judges.weight import Weight
    from tcpassay.targets.contract import Target

#: Calls of a round, so that no two rounds on a stack have one of the same number.
_CALLS = 1 << 20


class Culprit(NamedTuple):
    """The sign, the place of the case that did it in its stay, and whether it did it alone.

    `place` is None where no replay gave the sign again.
    """

    sign: Sign
    place: int | None
    alone: bool


def signs_after(target: Target, cases: Sequence[FuzzCase], seed: int) -> list[Sign]:
    """What a fresh stack shows behind these cases, all of one IP version and settings."""
    beside = Beside(target, like_of(cases[0]), seed)
    try:
        for case in cases:
            if beside.player.play(case).fault is not None:
                return []
        return beside.leave().signs
    except StackFault:
        return []
    finally:
        beside.close()


def memory_after(target: Target, cases: Sequence[FuzzCase], seed: int) -> list[Sign]:
    """The sign of a stack that grows with each round of these cases; nothing of one that does not.

    Few cases are played as often as makes a round.
    """
    beside = Beside(target, like_of(cases[0]), seed)
    weights: list[Weight] = []
    try:
        unit = beside.weigh()
        if unit is None:
            return []
        times = -(-unit.round // len(cases))
        for number in range(unit.rounds):
            apart = Apart(type(beside.player.trace)(), 8_000, 20_000, (number + 1) * _CALLS)
            player = Player(beside.stack, target.manifest, seed, *like_of(cases[0]), apart=apart)
            for case in [*cases] * times:
                if player.play(case).fault is not None:
                    return []
                apart.trace.entries.clear()
            beside.settle()
            weights.append(beside.weigh() or unit)
    except StackFault:
        return []
    finally:
        beside.close()
    return [memory_sign(weights)] if grows(weights) else []


def find(
    sign: Sign, cases: Sequence[FuzzCase], shows: Callable[[Sequence[FuzzCase]], list[Sign]]
) -> Culprit:
    """Who did it, of the cases of a stay up to where the sign was seen."""

    def again(some: Sequence[FuzzCase]) -> bool:
        return any(each.answer == sign.answer for each in shows(some))

    last = len(cases) - 1
    if again(cases[last:]):
        return Culprit(sign, last, alone=True)
    if not again(cases):
        return Culprit(sign, None, alone=False)
    innocent, enough = 0, len(cases)
    while enough - innocent > 1:
        middle = (innocent + enough) // 2
        if again(cases[:middle]):
            enough = middle
        else:
            innocent = middle
    place = enough - 1
    return Culprit(sign, place, alone=place == 0 or again(cases[place : place + 1]))
