"""Initial sequence numbers as an attacker collects them, and what chance leaves of a pattern."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from hashlib import blake2b, md5, sha1, sha256
from ipaddress import ip_address
from itertools import product
from math import log, sqrt
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tcpassay.conformance.peer import Connection

_Hash = Callable[[bytes], bytes]
_Order = Literal["big", "little"]

BITS = 32
CIRCLE = 2**BITS
#: How often fair numbers are called unfair: once in so many trials of one sample.
FALSE_ALARM = 1e-11
#: Counts of the fastest clock known (64 ns, Linux) within the time that one pair of samples takes.
SLACK = 1 << 20
#: So many differences in a row have to be as a formula says: by chance once in 10^25 at least.
AGREEING = 8


class Sample(NamedTuple):
    """The number that the target picked for a flow, and when its SYN-ACK came (nanoseconds)."""

    flow: tuple[str, int, str, int]
    iss: int
    t_ns: int


def sample(conn: Connection) -> Sample:
    """The initial number of a SYN-ACK; the connection is reset at once, so nothing queues up."""
    with conn.bench.reaching("SYN-RECEIVED", whole=False):
        conn.send("S")
        answer = conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("R")
    return Sample(conn.flow, answer.segment.seq, answer.t_ns)


def steps(numbers: Sequence[int], lag: int = 1) -> list[int]:
    """From each number to the one `lag` later. Of independent fair numbers they are so as well."""
    return [(b - a) % CIRCLE for a, b in zip(numbers, numbers[lag:], strict=False)]


def unfair_bits(numbers: Sequence[int]) -> list[int]:
    """The bits that are set too often or too seldom in `numbers` for a fair coin.

    By Hoeffding a fair bit is `far` from half of n or farther with 2 exp(-2 far^2 / n) at most:
    over all 32 bits FALSE_ALARM a call. Samples below 60 are too small to tell anything.
    """
    count = len(numbers)
    far = sqrt(count * log(2 * BITS / FALSE_ALARM) / 2)
    ones = [sum(number >> bit & 1 for number in numbers) for bit in range(BITS)]
    return [bit for bit in range(BITS) if abs(ones[bit] - count / 2) >= far]


def formulas_that_tell(samples: Sequence[Sample]) -> list[str]:
    """Hashes without a key, of the four ends, by which an outsider could go on from one sample.

    The clock and a constant drop out of differences, but for SLACK.
    """
    few = samples[: AGREEING + 1]
    moved = steps([each.iss for each in few])
    return [name for name, formula in _FORMULAS.items() if _agrees(formula, few, moved)]


def _agrees(formula: Callable[[bytes], int], few: Sequence[Sample], moved: Iterable[int]) -> bool:
    told = steps([formula(_ends(each.flow, "near")) for each in few])
    turned = steps([formula(_ends(each.flow, "far")) for each in few])
    got = list(moved)
    return any(
        all((step - guess) % CIRCLE <= SLACK for step, guess in zip(got, guesses, strict=True))
        for guesses in (told, turned)
    )


def _ends(flow: tuple[str, int, str, int], first: Literal["near", "far"]) -> bytes:
    """Address and port of both ends, the target's first or last."""
    near, near_port, far, far_port = flow
    ends = [ip_address(near).packed + near_port.to_bytes(2, "big")]
    ends.append(ip_address(far).packed + far_port.to_bytes(2, "big"))
    return b"".join(ends if first == "near" else reversed(ends))


def _cut(
    hashed: Callable[[bytes], bytes], order: Literal["big", "little"]
) -> Callable[[bytes], int]:
    return lambda ends: int.from_bytes(hashed(ends)[:4], order)


_HASHES: Final[dict[str, _Hash]] = {
    "MD5": lambda ends: md5(ends, usedforsecurity=False).digest(),
    "SHA-1": lambda ends: sha1(ends, usedforsecurity=False).digest(),
    "SHA-256": lambda ends: sha256(ends).digest(),
    "BLAKE2b": lambda ends: blake2b(ends, digest_size=4).digest(),
    "CRC-32": lambda ends: zlib.crc32(ends).to_bytes(4, "big"),
}
_ORDERS: Final[tuple[_Order, ...]] = ("big", "little")
_FORMULAS: Final = {
    f"{name}, {order}-endian": _cut(hashed, order)
    for (name, hashed), order in product(_HASHES.items(), _ORDERS)
}
