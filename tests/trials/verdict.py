"""Whether a duel ended as it had to.

- Nobody leaves early and nobody gives up: both streams whole, their ends seen, no call fails.
- Somebody leaves early (`schedule.ABRUPT`): a reset is legal, but what arrived is the beginning of
  the stream, and a stream cut short is never passed off as a whole one.
- R2 has passed in vain: ETIMEDOUT is legal, and so is what follows when the other end vanishes.
- Always: both sides are CLOSED within the time-outs, and nothing is left in either stack.
"""

from __future__ import annotations

from enum import StrEnum

from tests.trials.broken import demand
from tests.trials.leftovers import leftovers
from tests.trials.schedule import SECOND, Ending, Schedule
from tests.trials.world import Side, World

#: What calls may fail with once a connection has been reset, or its process has left it.
AFTER_RESET = frozenset(
    {"ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ENOTCONN", "EBADF"}
)
AFTER_GIVING_UP = AFTER_RESET | {"ETIMEDOUT"}
#: Seconds that a retransmission may wait beyond R2, and a little for the link.
LONGEST_RTO_S = 60
LINK_S = 10


class Outcome(StrEnum):
    """The kinds of end."""

    INTACT = "both streams intact"
    CUT = "cut short by one side"
    TIMED_OUT = "given up after R2"
    BROKEN = "broken"


def judge(schedule: Schedule, world: World) -> Outcome:
    """What kind of end it was; raises BrokenError for one that must not be."""
    gave_up = any(side.gave_up for side in world.sides)
    legal = AFTER_GIVING_UP if gave_up else AFTER_RESET
    outcome = Outcome.TIMED_OUT if gave_up else Outcome.INTACT
    if schedule.abrupt:
        outcome = Outcome.CUT
    for side in world.sides:
        if outcome is Outcome.INTACT:
            whole(side)
        else:
            errors_fit(side, legal)
            end_is_true(side, world.sides[1 - side.number])
        nothing_left(side)
    in_time(world)
    return outcome


def whole(side: Side) -> None:
    """All that the other side sent has come, then its end, and no call has failed."""
    application, number = side.application, side.number
    demand(not application.errors, "no call fails", f"side {number}: {application.errors}")
    wanted, got = len(application.expected), application.delivered
    demand(got == wanted, "the whole stream arrives", f"side {number}: {got} of {wanted}")
    waits = application.program.ending is not Ending.CLOSE
    demand(application.saw_end or not waits, "the end of the stream is seen", f"side {number}")


def errors_fit(side: Side, legal: frozenset[str]) -> None:
    """Calls fail only as they do on a connection that has ended."""
    for name, errno in side.application.errors:
        demand(errno in legal, "a call fails as POSIX has it", f"{name}() {errno}")


def end_is_true(side: Side, other: Side) -> None:
    """An end of stream without any error means that all has come.

    A process that was killed ends its stream where it was; no more was ever sent. Whoever has
    aborted the connection reads nothing more from it.
    """
    application = side.application
    aborted = application.program.ending is Ending.ABORT
    if not application.saw_end or application.errors or aborted or not other.alive:
        return
    got, wanted = application.delivered, len(application.expected)
    demand(got == wanted, "a stream cut short is told", f"side {side.number}: {got} of {wanted}")


def nothing_left(side: Side) -> None:
    """No connection, timer, port, call or octet is left in the stack."""
    left = leftovers(side.assay, side.fresh)
    demand(not left, "nothing is left", f"side {side.number}: {left}")


def in_time(world: World) -> None:
    """The last time-out comes no later than R2, FIN-WAIT-2 and 2 MSL allow."""
    closed = max(side.ended_at or 0 for side in world.sides)
    longest = 0
    for side in world.sides:
        settings = side.assay.stack.settings
        r2 = max(settings.data_r2_s, settings.syn_r2_s) + LONGEST_RTO_S
        longest = max(longest, 2 * r2 + 2 * settings.msl_s + settings.fin_wait_2_s + LINK_S)
    late = (world.now - closed) / SECOND - longest
    demand(late <= 0, "both sides are CLOSED in time", f"{late:.1f} s late")
