"""A transfer over IPv6 stands still behind a link of a small MTU."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import icmpv6

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "RFC8201:4-PTB"


KINDS = icmpv6.KINDS - {icmpv6.PACKET_TOO_BIG}


def plant(patch: Patch) -> None:
    patch(icmpv6, "KINDS", KINDS)
