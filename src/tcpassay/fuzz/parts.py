"""Which sources a campaign has, and how much each gets of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from tcpassay.fuzz.generation import Profile
from tcpassay.fuzz.schedule import Share
from tcpassay.fuzz.sequence import Sequence
from tcpassay.fuzz.sweep import Sweep

if TYPE_CHECKING:
    from tcpassay.fuzz.sources import Source
    from tcpassay.fuzz.steps import FuzzCase
    from tcpassay.targets.contract import IpVersion

#: What of the sources is wanted.
Mode = Literal["all", "sweep", "sequence", "campaigns"]

#: Blocks in a turn of all. Single edits and campaigns come to an end; pairs hardly do.
WEIGHTS: Final = {"single edits": 3, "campaigns": 1, "sequence": 3, "pairs": 1}


class Part:
    """Cases `first` to `first` + `total` - 1 of a source, under a name of their own."""

    def __init__(self, name: str, source: Source, first: int, total: int) -> None:
        self.name = name
        self.total: int | None = total
        self._source = source
        self._first = first

    def case(self, number: int) -> FuzzCase:
        """The case of a number from 0 on. Raises IndexError behind the last."""
        if not 0 <= number < (self.total or 0):
            raise IndexError(number)
        return self._source.case(self._first + number)


def shares_of(mode: Mode, seed: int, *, virtual: bool, ip: IpVersion = 4) -> tuple[Share, ...]:
    """The sources of a campaign by its seed. Where the clock is `virtual` cases may wait long."""
    shares: list[Share] = []
    if mode in {"all", "sweep"}:
        sweep = Sweep(seed, ip=ip)
        shares.append(_share("single edits", Part("single edits", sweep, 0, sweep.singles)))
        pairs = Part("pairs", sweep, sweep.singles, sweep.pairs)
        shares.append(_share("pairs", pairs))
    if mode in {"all", "sequence"}:
        profile = Profile(ip=ip, patient=virtual)
        shares.append(_share("sequence", Sequence(seed, profile)))
    return tuple(shares)


def _share(name: str, source: Source) -> Share:
    return Share(source, WEIGHTS[name])
