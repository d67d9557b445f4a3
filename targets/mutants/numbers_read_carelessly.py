"""A mistyped address is no error: octets too large, blanks and signs lead to another host."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tcpref import names_address
from tcpref.names_address import from_dots

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"


def by_atoi(text: str) -> bytes | None:
    """Numbers are read as far as they go, and cut to what there is room for."""
    right = from_dots(text)
    if right is not None or not re.match(r"[ +\d]", text):
        return right
    *first, last = [int("0" + re.sub(r"\D.*", "", part.lstrip(" +"))) for part in text.split(".")][
        :4
    ]
    room = 4 - len(first)
    return bytes(octet & 0xFF for octet in first) + (last % (1 << 8 * room)).to_bytes(room, "big")


def plant(patch: Patch) -> None:
    patch(names_address, "from_dots", by_atoi)
