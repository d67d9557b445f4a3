"""TCP options as text, in the words of packetdrill where it has one, and back.

`mss 1460, wscale 7, sackOK, TS 1 0, sack 1:101 201:301, nop, eol 0204, FO 0a0b0c0d, cookie,
kind 14 0102, unreadable 0e01`; `cookie` is the one that the stack gave last, `cookie 255` that with
each octet xor-ed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tcpassay.core.toml_places import nearest
from tcpassay.fuzz.cases.steps import LearnedCookie
from tcpassay.fuzz.cases.sums import StepError
from tcpassay.wire import (
    NOP,
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    NoOperation,
    Option,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WORDS: Final = (
    "mss", "wscale", "sackOK", "TS", "sack", "nop", "eol", "FO", "cookie", "kind", "unreadable",
)  # fmt: skip


def options_text(options: Iterable[Option | LearnedCookie]) -> str:
    """Options, comma between them; SACK and timestamps as the steps have them: relative."""
    return ", ".join(map(_text, options))


def _text(option: Option | LearnedCookie) -> str:
    match option:
        case NoOperation():
            return "nop"
        case MaximumSegmentSize(value):
            return f"mss {value}"
        case WindowScale(shift):
            return f"wscale {shift}"
        case SackPermitted():
            return "sackOK"
        case Sack(blocks):
            return " ".join(["sack", *[f"{left}:{right}" for left, right in blocks]])
        case Timestamps(value, echo):
            return f"TS {value} {echo}"
        case FastOpen(cookie):
            return f"FO {cookie.hex()}".rstrip()
        case LearnedCookie(flip):
            return f"cookie {flip}" if flip else "cookie"
        case EndOfList(trailer):
            return f"eol {trailer.hex()}".rstrip()
        case UnknownOption(kind, octets):
            return f"kind {kind} {octets.hex()}".rstrip()
        case UnreadableOptions(octets):
            return f"unreadable {octets.hex()}".rstrip()


def options_of(text: str, number: Callable[[str], int]) -> tuple[Option | LearnedCookie, ...]:
    """Options from text; `number` reads one. Raises StepError."""
    return tuple(_option(part.split(), number) for part in text.split(",") if part.strip())


def _option(words: list[str], number: Callable[[str], int]) -> Option | LearnedCookie:
    name, values = words[0], words[1:]
    try:
        match name, values:
            case "nop", []:
                return NOP
            case "mss", [value]:
                return MaximumSegmentSize(number(value))
            case "wscale", [value]:
                return WindowScale(number(value))
            case "sackOK", []:
                return SackPermitted()
            case "TS", [value, echo]:
                return Timestamps(number(value), number(echo))
            case "sack", blocks:
                return Sack(tuple(_block(block, number) for block in blocks))
            case "cookie", [] | [_]:
                return LearnedCookie(number(values[0]) if values else 0)
            case "kind", [kind] | [kind, _]:
                return UnknownOption(number(kind), bytes.fromhex("".join(values[1:])))
            case (("FO" | "eol" | "unreadable"), [] | [_]):
                return _OCTETS[name](bytes.fromhex("".join(values)))
    except ValueError as error:
        raise StepError(f"option {' '.join(words)!r}: {error}") from None
    if name in WORDS:
        raise StepError(f"option {' '.join(words)!r}, wanted other values behind {name}")
    hint = nearest(name, WORDS) or f", wanted one of {', '.join(WORDS)}"
    raise StepError(f"unknown option {name!r}{hint}")


def _block(text: str, number: Callable[[str], int]) -> tuple[int, int]:
    left, colon, right = text.partition(":")
    if not colon:
        raise StepError(f"block {text!r}, wanted LEFT:RIGHT")
    return number(left), number(right)


_OCTETS: Final[dict[str, Callable[[bytes], Option]]] = {
    "FO": FastOpen,
    "eol": EndOfList,
    "unreadable": UnreadableOptions,
}
