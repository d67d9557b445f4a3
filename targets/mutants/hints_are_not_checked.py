"""A program that asks for what does not exist is given something else, and never told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import names_hints

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.names_hints import Hints

REQUIREMENT = "DOC-46"


def check(_hints: Hints, _node: str | None, _service: str | None) -> None:
    return None


def plant(patch: Patch) -> None:
    patch(names_hints, "check", check)
