"""A SYN cookie that was recorded once opens connections for the rest of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies
from tcpref.cookies import COUNTS, TICK, check

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.cookies import Told
    from tcpref.listener import Listener
    from tcpref.settings import Settings
    from tcpref.tcb import Key

REQUIREMENT = "RFC4987:3.6-COOKIE-AGE"


def of_any_age(
    secret: bytes, key: Key, peer_iss: int, cookie: int, now: int, settings: Settings
) -> Told | None:
    then = now - (now // TICK - (cookie >> 28)) % COUNTS * TICK
    return check(secret, key, peer_iss, cookie, then, settings)


def at_any_time(listener: Listener, _now: int) -> bool:
    return listener.cookie_sent is not None


def plant(patch: Patch) -> None:
    patch(cookies, "check", of_any_age)
    patch(cookies, "may_be_under_way", at_any_time)
