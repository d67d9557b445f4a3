"""Ranges of sequence numbers above RCV.NXT, kept in order and apart."""

from __future__ import annotations

from tcpassay.model.tcb import offset

Range = tuple[int, int]


def joined(ranges: tuple[Range, ...], new: Range, origin: int) -> tuple[Range, ...]:
    """`ranges` with `new` in its place, merged with those it touches; `origin` is RCV.NXT."""
    left, right = new
    out: list[Range] = []
    for low, high in ranges:
        if offset(high, left) < 0 or offset(low, right) > 0:
            out.append((low, high))
            continue
        left = low if offset(low, left) < 0 else left
        right = high if offset(high, right) > 0 else right
    out.append((left, right))
    out.sort(key=lambda block: offset(block[0], origin))
    return tuple(out)
