"""`tcpassay replay TRACE`: the same stimuli again, on a fresh stack."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded
