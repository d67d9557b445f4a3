"""Which sources a campaign has, and how much each gets of it."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, Literal

from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.campaign.schedule import Share
from tcpassay.fuzz.sources.campaigns import load_campaigns, read_campaign
from tcpassay.fuzz.sources.corpus import Corpus, shipped_seeds
from tcpassay.fuzz.sources.generation import Profile
from tcpassay.fuzz.sources.sequence import Sequence as Guide
from tcpassay.fuzz.sources.shuffle import Shuffle
from tcpassay.fuzz.sources.sweep import Sweep

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tcpassay.fuzz.cases.steps import FuzzCase
    from tcpassay.fuzz.sources import Source
    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.manifest import Manifest

#: What of the sources is wanted.
Mode = Literal["all", "sweep", "sequence", "campaigns", "boofuzz"]

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


def guided(seed: int, manifest: Manifest, ip: IpVersion = 4) -> Guide:
    """The source that learns of what all cases bring.

    Raises ConfigurationError for a corpus file that is broken.
    """
    profile = Profile(ip=ip, patient=manifest.clock == "virtual")
    return Guide(seed, profile, Corpus(shipped_seeds()))


class Together:
    """The cases of several sources, each once: the sources take turns, each in an order that a seed
    gives, so a short run sees as much of a small one as of a large one.
    """

    def __init__(self, name: str, sources: Sequence[Source], seed: int) -> None:
        self.name = name
        totals = [source.total or 0 for source in sources]
        self.total: int | None = sum(totals)
        self._sources = tuple(sources)
        self._shuffles = tuple(
            Shuffle(total, f"{seed}:{source.name}")
            for source, total in zip(sources, totals, strict=True)
        )
        #: From these numbers on, behind so many rounds, these sources are left.
        self._firsts: list[int] = []
        self._left: list[tuple[int, tuple[int, ...]]] = []
        first = rounds = 0
        for total in sorted(set(totals) - {0}):
            left = tuple(which for which, each in enumerate(totals) if each >= total)
            self._firsts.append(first)
            self._left.append((rounds, left))
            first += (total - rounds) * len(left)
            rounds = total

    def case(self, number: int) -> FuzzCase:
        """The case of a number from 0 on. Raises IndexError behind the last."""
        if not 0 <= number < (self.total or 0):
            raise IndexError(number)
        at = bisect_right(self._firsts, number) - 1
        rounds, left = self._left[at]
        more, turn = divmod(number - self._firsts[at], len(left))
        which = left[turn]
        return self._sources[which].case(self._shuffles[which].at(rounds + more))


def shares_of(
    mode: Mode, seed: int, manifest: Manifest, guide: Guide, ip: IpVersion = 4
) -> tuple[Share, ...]:
    """The sources of a campaign by its seed: what this target can be put to.

    Raises ConfigurationError for a campaign file that is wrong, and where nothing is left.
    """
    sources: list[Source] = []
    if mode in {"all", "sweep"}:
        sweep = Sweep(seed, ip=ip, capabilities=manifest.capabilities)
        sources.append(Part("single edits", sweep, 0, sweep.singles))
        sources.append(Part("pairs", sweep, sweep.singles, sweep.pairs))
    if mode in {"all", "campaigns"}:
        known = [campaign.on(manifest, ip) for campaign in load_campaigns()]
        sources.append(Together("campaigns", [each for each in known if each.total], seed))
    if mode in {"all", "sequence"}:
        sources.append(guide)
    return tuple(Share(source, WEIGHTS[source.name]) for source in sources)


def share_of_file(path: Path, seed: int, manifest: Manifest, ip: IpVersion = 4) -> Share:
    """The campaign of one file alone.

    Raises ConfigurationError for a file that is wrong, and for one that needs what the target has
    not.
    """
    campaign = read_campaign(path)
    able = campaign.on(manifest, ip)
    if not able.total:
        needs = ", ".join(sorted(campaign.capabilities - manifest.capabilities)) or "more"
        msg = f"{path}: nothing of it can be played on {manifest.name}, which lacks {needs}"
        raise ConfigurationError(msg)
    return Share(Together(able.name, [able], seed), 1)
