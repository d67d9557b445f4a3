"""The peer does not learn of the time-out that the application has chosen since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref.uto import UserTimeoutOption

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.settings import Settings
    from tcpref.sockets import Socket

REQUIREMENT = "RFC5482:3-CHANGED"


chosen = UserTimeoutOption.chosen


def chosen_silently(held: UserTimeoutOption, settings: Settings, made: Socket) -> None:
    due = held.due or not held.advertised
    chosen(held, settings, made)
    held.due = due


def plant(patch: Patch) -> None:
    patch(UserTimeoutOption, "chosen", chosen_silently)
