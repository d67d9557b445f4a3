"""Memory: what a stack holds, in a unit of its own, and whether it grows round by round.

One value tells nothing of a program's memory: allocators keep what they once had. So a stack that
holds more at its end is only suspected, and what counts is how much each of several rounds of the
same cases adds on one stack, each looked at when all is over.
"""

from __future__ import annotations

import gc
from itertools import pairwise
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.events import ReadStats, StatsRead
from tcpassay.fuzz.judges.signs import Sign
from tcpassay.fuzz.robustness import LETS_GO
from tcpassay.targets.inprocess import InProcessStack
from tcpassay.targets.process import ProcessStack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.targets.contract import Stack

#: The word of a key.
MEMORY = "memory"
#: Rounds that may grow while a stack comes to hold what it always will.
_WARMING = 2
#: The counter of a stack that tells itself what is in use.
HEAP = "heap_octets"
_PAGE = 4096
#: A sanitizer reserves terabytes, and keeps what was freed: such a process cannot be weighed.
_RESERVED = 1 << 40
#: Octets in a buffer that count as one object.
_PER_OBJECT = 64
_SHARED = (type, ModuleType, FunctionType, BuiltinFunctionType, CodeType)


class Weight(NamedTuple):
    """`amount` of `unit`: "objects" of Python or "octets" in memory."""

    unit: str
    amount: int

    @property
    def suspicious(self) -> int:
        """How much more at a stay's end is looked into."""
        return 192 if self.unit == "objects" else 1 << 17

    @property
    def growth(self) -> int:
        """How much each round has to add to be a leak."""
        return 16 if self.unit == "objects" else 1 << 16

    @property
    def round(self) -> int:
        """How many cases a round has at least: memory comes by the page, objects one by one."""
        return 32 if self.unit == "objects" else 256

    @property
    def rounds(self) -> int:
        """How many rounds tell a leak."""
        return 4 if self.unit == "objects" else 6


def weigh(stack: Stack) -> Weight | None:
    """What the stack holds; None where nobody can tell (a kernel, a process under a sanitizer).

    A process whose garbage is collected late counts `heap_octets` itself, without it; the memory
    of any other is what the kernel says. Raises what the stack raises.
    """
    if isinstance(stack, InProcessStack):
        return Weight("objects", _reachable(stack.inside))
    if isinstance(stack, ProcessStack):
        for event in stack.execute(ReadStats()).events:
            if isinstance(event, StatsRead) and HEAP in event.numbers:
                return Weight("octets", event.numbers[HEAP])
        try:
            pages = Path(f"/proc/{stack.pid}/statm").read_text().split()
        except OSError:
            return None
        if int(pages[0]) * _PAGE < _RESERVED:
            return Weight("octets", int(pages[1]) * _PAGE)
    return None


def _reachable(root: object) -> int:
    """Objects that only `root` leads to, long buffers counted as several; not what is shared."""
    seen = {id(root)}
    layer: list[object] = [root]
    weight = 0
    while layer:
        weight += len(layer)
        found: list[object] = []
        for each in gc.get_referents(*layer):
            if id(each) in seen or isinstance(each, _SHARED):
                continue
            seen.add(id(each))
            found.append(each)
            if isinstance(each, bytes | bytearray):
                weight += len(each) // _PER_OBJECT
        layer = found
    return weight


def grows(weights: Sequence[Weight]) -> bool:
    """Whether each of the last rounds has added more than a stack in order ever does."""
    return len(weights) > _WARMING and all(
        after.amount - before.amount > before.growth
        for before, after in pairwise(weights[_WARMING - 1 :])
    )


def memory_sign(weights: Sequence[Weight]) -> Sign:
    """What is told of a stack that grows."""
    told = ", ".join(f"{weight.amount}" for weight in weights)
    why = f"memory grows with each round of the same cases: {told} {weights[0].unit}"
    return Sign("leak", LETS_GO, MEMORY, why, "what is over leaves nothing behind")


def memory_suspected(fresh: Weight | None, now: Weight | None, unsuspicious: int) -> bool:
    """Whether a stack ends so much heavier than it began that rounds have to tell why."""
    if fresh is None or now is None:
        return False
    return now.amount - fresh.amount > max(now.suspicious, unsuspicious)
