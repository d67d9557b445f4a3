"""The reference stack, with rubbish among what it sends."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tcpref.assay import open_stack as open_polite

if TYPE_CHECKING:
    from collections.abc import Mapping


class Rude:
    """Passes everything on; from the `after`th datagram on each is followed by rubbish."""

    def __init__(self, config: Mapping[str, object]) -> None:
        settings = config["settings"]
        assert isinstance(settings, dict)
        self._kind = str(settings.pop("rubbish"))
        self._after = int(settings.pop("after"))
        self._inner = open_polite({**config, "settings": settings})
        self._random = random.Random(str(config["seed"]))
        self._sent = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def take_output(self) -> list[tuple[object, ...]]:
        """What the stack has to say, and rubbish behind its datagrams."""
        out: list[tuple[object, ...]] = []
        for item in self._inner.take_output():
            out.append(item)
            if item[0] == "datagram":
                self._sent += 1
                if self._sent >= self._after:
                    octets = item[1]
                    assert isinstance(octets, bytes)
                    out.append(("datagram", self._rubbish(octets)))
        return out

    def _rubbish(self, octets: bytes) -> bytes:
        match self._kind:
            case "random":
                return self._random.randbytes(self._random.randrange(1, 200))
            case "empty":
                return b""
            case "truncated":
                return octets[: self._random.randrange(1, len(octets))]
            case "flipped":
                at = self._random.randrange(len(octets))
                return octets[:at] + bytes([octets[at] ^ 0x10]) + octets[at + 1 :]
            case "huge":
                return octets + b"\xff" * 65000
            case _:
                return bytes([0x60]) + octets[1:]


def open_stack(config: Mapping[str, object]) -> Rude:
    """The manifest's entry."""
    return Rude(config)
