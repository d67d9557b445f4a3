"""A program that passes a wrong length with an address is told to try again, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_errors
from tcpref.names_errors import refuse

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.errors import CallError

REQUIREMENT = "DOC-44"


def try_again(code: str) -> CallError:
    return refuse("TRY_AGAIN" if code == "NO_RECOVERY" else code)


def plant(patch: Patch) -> None:
    patch(names_errors, "refuse", try_again)
