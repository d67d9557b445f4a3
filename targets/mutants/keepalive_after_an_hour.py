"""Connections that are idle for an hour are probed: the default is too short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import keepalive
from tcpref.keepalive import Times

if TYPE_CHECKING:
    from tcpassay.targets.mutants import Patch
    from tcpref.settings import Settings

REQUIREMENT = "RFC9293:MUST-28"


def soon(settings: Settings) -> Times:
    return Times(3_600, settings.keepalive_interval_s, settings.keepalive_count)


def plant(patch: Patch) -> None:
    patch(keepalive, "default_times", soon)
