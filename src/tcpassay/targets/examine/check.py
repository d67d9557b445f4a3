"""One line of `tcpassay doctor`."""

from __future__ import annotations

from typing import NamedTuple


class Check(NamedTuple):
    """What was looked at and found. `ok` None: there was nothing to hold it to.

    `advice` says what to do where it is not `ok`.
    """

    what: str
    ok: bool | None
    found: str
    advice: str = ""


class Finding(NamedTuple):
    """A check without its name: what a question comes to."""

    ok: bool | None
    found: str
    advice: str = ""
