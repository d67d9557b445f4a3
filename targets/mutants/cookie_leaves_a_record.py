"""SYN cookies are sent, but a flood of SYNs fills the memory all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import cookies

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.listener import Listener

REQUIREMENT = "RFC4987:3.6-STATELESS"


def never(_listener: Listener) -> bool:
    return False


def plant(patch: Patch) -> None:
    patch(cookies, "wanted", never)
