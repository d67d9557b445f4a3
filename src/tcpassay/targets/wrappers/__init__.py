"""What can be put around any stack: capture, impair, and the pipe that joins two."""

from __future__ import annotations

from tcpassay.targets.wrappers.capture import Capture
from tcpassay.targets.wrappers.impair import Impair
from tcpassay.targets.wrappers.impairment import Impairment
from tcpassay.targets.wrappers.pipe import Pipe, PipeOutcome, Side, SideEvent

__all__ = ["Capture", "Impair", "Impairment", "Pipe", "PipeOutcome", "Side", "SideEvent"]
