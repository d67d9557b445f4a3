"""How a link is made worse, as text: "loss=2%,burst=4,reorder=2%,dup=1%,delay=10ms,seed=7"."""

from __future__ import annotations

import re
from typing import NamedTuple, Self

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import nearest

_SHARE = re.compile(r"(\d+(?:\.\d+)?)%\Z")
_TIME = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s)\Z")
_UNITS = {"us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_NUMBER = re.compile(r"\d+(?:\.\d+)?\Z")
_WORDS = ("loss", "burst", "reorder", "dup", "delay", "seed")


class Impairment(NamedTuple):
    """Shares of datagrams, 0 to 1, and the time that each spends on the way, in nanoseconds.

    They hold for each direction by itself. `seed` None leaves the seed to the run. Losses come one
    by one, or, where `burst` is above 1, in runs of so many datagrams on the average (Gilbert's
    model); their share stays what `loss` says, but that a pause of 50 ms ends a run.
    """

    loss: float = 0.0
    reorder: float = 0.0
    dup: float = 0.0
    delay_ns: int = 0
    seed: int | None = None
    burst: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form. Raises ConfigurationError."""
        values: dict[str, str] = {}
        for part in text.split(","):
            word, equals, value = part.strip().partition("=")
            if word not in _WORDS:
                hint = nearest(word, _WORDS) or f"; valid: {', '.join(_WORDS)}"
                raise ConfigurationError(f"impair {text!r}: unknown word {word!r}{hint}")
            if not equals or word in values:
                problem = "is given twice" if word in values else "needs a value"
                raise ConfigurationError(f"impair {text!r}: {word!r} {problem}")
            values[word] = value
        return cls(
            loss=_share(text, values, "loss"),
            reorder=_share(text, values, "reorder"),
            dup=_share(text, values, "dup"),
            delay_ns=_time(text, values),
            seed=_seed(text, values),
            burst=_burst(text, values),
        )


def _share(text: str, values: dict[str, str], word: str) -> float:
    match = _SHARE.match(values.get(word, "0%"))
    if match is None or float(match[1]) > 100:
        raise _wrong(text, word, values[word], "a share such as 2% or 0.5%")
    return float(match[1]) / 100


def _time(text: str, values: dict[str, str]) -> int:
    match = _TIME.match(values.get("delay", "0ms"))
    if match is None:
        raise _wrong(text, "delay", values["delay"], "a time such as 10ms, 500us or 1s")
    return round(float(match[1]) * _UNITS[match[2]])


def _seed(text: str, values: dict[str, str]) -> int | None:
    value = values.get("seed")
    if value is None:
        return None
    if not value.isdecimal():
        raise _wrong(text, "seed", value, "a whole number")
    return int(value)


def _burst(text: str, values: dict[str, str]) -> float:
    value = values.get("burst", "1")
    if not _NUMBER.match(value) or float(value) < 1:
        raise _wrong(text, "burst", value, "a mean number of datagrams, 1 or more")
    return float(value)


def _wrong(text: str, word: str, got: str, wanted: str) -> ConfigurationError:
    return ConfigurationError(f"impair {text!r}: {word} is {got!r}, wanted {wanted}")
