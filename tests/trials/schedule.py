"""What a duel is made of: hosts, programs and a link, all drawn from one seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from tests.trials.drawn_settings import draw_settings

MS = 1_000_000
SECOND = 1_000_000_000
LARGEST_STREAM = 200_000
UNLIMITED = 1 << 30
#: Segments a stream may take at most, so that tiny ones do not make a schedule take seconds.
MOST_SEGMENTS = 200


class FastOpening(StrEnum):
    """How an active open goes about fast open (RFC 7413)."""

    NONE = "plain opens"
    ASKS = "opens that ask for a cookie"
    KNOWN = "opens with a cookie"
    WRONG = "opens with a wrong cookie"


class Ending(StrEnum):
    """How a program ends its connection."""

    SHUTDOWN = "shuts its direction, reads to the end, closes"
    CLOSE = "closes when both streams are through"
    AWAIT = "closes after the end of the other stream"
    UNREAD = "closes once it has sent, though not all is read"
    ABORT = "closes with a linger time of zero"
    KILL = "is killed"


#: Endings after which the other side may be reset.
ABRUPT = frozenset({Ending.UNREAD, Ending.ABORT, Ending.KILL})


@dataclass(frozen=True, slots=True)
class Path:
    """One direction of the link. Times are nanoseconds, the rest are probabilities."""

    latency: int
    jitter: int
    loss: float = 0.0
    burst: float = 0.0
    burst_goes_on: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    corruption: float = 0.0

    @property
    def loses(self) -> bool:
        """Whether anything can fail to arrive."""
        return bool(self.loss or self.burst or self.corruption)


@dataclass(frozen=True, slots=True)
class Program:
    """What one application does with its connection."""

    stream: bytes
    write_size: int
    read_size: int
    waits_for_all: bool
    peeks: bool
    stop_after: int
    stop_time: int
    ending: Ending
    ending_after: int
    read_limit: int
    linger_s: int
    max_segment: int
    keepalive_s: int


@dataclass(frozen=True, slots=True)
class Host:
    """One end: its settings, its program, and how far before the wrap its numbers start."""

    settings: dict[str, object]
    program: Program
    before_wrap: int | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """One duel. Side 0 listens, unless both open; `lead` is how much earlier side 1 starts."""

    seed: int
    family: str
    ip: int
    simultaneous: bool
    lead: int
    hosts: tuple[Host, Host]
    paths: tuple[Path, Path]
    fast_open: FastOpening

    @property
    def abrupt(self) -> bool:
        """Whether a reset is among the legal ends."""
        return any(host.program.ending in ABRUPT for host in self.hosts)


def draw(seed: int) -> Schedule:
    """The schedule of a seed."""
    rng = Random(f"duel {seed}")
    family, ip = rng.choice((("AF_INET", 4), ("AF_INET6", 6), ("AF_INET6", 4)))
    good = rng.random() < 0.15
    paths = (draw_path(rng, good=good), draw_path(rng, good=good))
    lossy = any(path.loses for path in paths)
    simultaneous = rng.random() < 0.2
    settings = [draw_settings(rng, ip=ip, lossy=lossy) for _ in paths]
    sizes = [draw_size(rng, settings) for _ in paths]
    endings = draw_endings(rng)
    programs = [
        draw_program(rng, rng.randbytes(sizes[side]), sizes[1 - side], endings[side])
        for side in (0, 1)
    ]
    hosts = [Host(settings[side], programs[side], draw_wrap(rng, sizes[side])) for side in (0, 1)]
    lead = rng.randrange(min(path.latency for path in paths)) if simultaneous else 0
    fast_open = Random(f"fast open {seed}").choice(tuple(FastOpening))
    return Schedule(seed, family, ip, simultaneous, lead, (hosts[0], hosts[1]), paths, fast_open)


def draw_path(rng: Random, *, good: bool) -> Path:
    """One direction: a latency of 0.1 to 300 ms, and its faults."""
    latency = round(rng.choice((0.1, 1, 10, 50, 300)) * MS * rng.uniform(0.5, 1.5))
    jitter = round(latency * rng.choice((0, 0, 0.1, 1, 3)))
    if good:
        return Path(latency, jitter)
    bursts = rng.random() < 0.25
    return Path(
        latency,
        jitter,
        loss=rng.choice((0, 0, 0.01, 0.03, 0.1, rng.uniform(0, 0.2))),
        burst=rng.uniform(0.002, 0.03) if bursts else 0,
        burst_goes_on=rng.uniform(0.3, 0.7) if bursts else 0,
        duplication=rng.choice((0, 0, 0.02, 0.2)),
        reordering=rng.choice((0, 0, 0.02, 0.2)),
        corruption=rng.choice((0, 0, 0.01, 0.05)),
    )


def draw_size(rng: Random, settings: list[dict[str, object]]) -> int:
    """The length of a stream: often nothing or little, at most what MOST_SEGMENTS carry."""
    names = ("mtu", "rcv_buffer", "snd_buffer")
    least = min(int(str(values[name])) for values in settings for name in names)
    most = min(LARGEST_STREAM, MOST_SEGMENTS * max(40, least // 2))
    some = rng.randrange(most)
    return rng.choice((0, 1, rng.randrange(2_000), some // 4, some // 2, some, most))


def draw_endings(rng: Random) -> tuple[Ending, Ending]:
    """How both sides end; at least one of them does not wait for the other."""
    orderly = (Ending.SHUTDOWN, Ending.CLOSE, Ending.AWAIT)
    both = [rng.choice(orderly), rng.choice(orderly)]
    if both == [Ending.AWAIT, Ending.AWAIT]:
        both[rng.randrange(2)] = Ending.SHUTDOWN
    if rng.random() < 0.25:
        both[rng.randrange(2)] = rng.choice(sorted(ABRUPT))
    return both[0], both[1]


def draw_program(rng: Random, stream: bytes, to_read: int, ending: Ending) -> Program:
    """What an application does; the sizes of its calls go from one octet to all at once."""
    stops = rng.random() < 0.15
    return Program(
        stream,
        write_size=rng.choice((max(1, len(stream) // 150), 1_000, 10_000, LARGEST_STREAM)),
        read_size=rng.choice((max(1, to_read // 150), 1_000, 10_000, LARGEST_STREAM)),
        waits_for_all=rng.random() < 0.2,
        peeks=rng.random() < 0.1,
        stop_after=rng.randrange(to_read + 1) if stops else 0,
        stop_time=round(rng.choice((0.05, 1, 10, 70, 400)) * SECOND) if stops else 0,
        ending=ending,
        ending_after=round(rng.expovariate(1 / rng.choice((0.01, 0.3, 3))) * SECOND),
        read_limit=rng.randrange(to_read + 1) if ending is Ending.UNREAD else UNLIMITED,
        linger_s=rng.choice((0, 0, 0, 5)),
        max_segment=rng.choice((0, 0, 0, 88, 600)),
        keepalive_s=rng.choice((0, 0, 0, 20)),
    )


def draw_wrap(rng: Random, size: int) -> int | None:
    """How many numbers before 2^32 the initial one is, so that the stream may cross it."""
    return rng.randrange(size + 3) if rng.random() < 0.4 else None


def describe(schedule: Schedule) -> list[str]:
    """What was drawn, a line each."""
    opening = "both open" if schedule.simultaneous else "side 0 listens"
    lines = [f"{schedule.family} over IPv{schedule.ip}, {opening}, {schedule.fast_open}"]
    for side, (host, path) in enumerate(zip(schedule.hosts, schedule.paths, strict=True)):
        program = host.program
        shown = replace(program, stream=b"")
        lines += [
            f"side {side}: {len(program.stream)} octets, {program.ending}; {shown}",
            f"side {side}: {host.settings}; {host.before_wrap} before the wrap",
            f"side {side} sends over {path}",
        ]
    return lines
