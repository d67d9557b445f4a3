"""Whoever reads an error message about a name cannot tell a typing error from a lack of memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_errors
from tcpref.names_errors import UNKNOWN, explain

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch

REQUIREMENT = "DOC-46"
KNOWN_TO_RFC_2553 = ("EAI_AGAIN", "EAI_BADFLAGS", "EAI_FAIL", "EAI_FAMILY", "EAI_SERVICE")


def few_words(code: str) -> str:
    return explain(code) if code in KNOWN_TO_RFC_2553 else UNKNOWN


def plant(patch: Patch) -> None:
    patch(names_errors, "explain", few_words)
