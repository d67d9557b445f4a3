"""How many edits of one segment boofuzz makes at a time."""

from __future__ import annotations

from typing import Literal

#: One edit, or one and then every two.
Depth = Literal[1, 2]
