"""Long work on standard error: a live picture on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Self

from rich.live import Live
from rich.text import Text

from tcpassay.reports.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

_REDRAW_S = 0.2
_PLAIN_LINE_S = 5.0


class LiveLines:
    """Draws a few times a second at most; use it as a context manager. `now` reads seconds."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._now = now
        self._drawn = now()
        self._live: Live | None = None
        if console.is_terminal:
            self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    @property
    def width(self) -> int:
        """Columns of the console."""
        return self._console.width

    def say(self, text: str) -> None:
        """One line that stays."""
        self._console.print(Text(f"tcpassay: {one_line(text)}"), soft_wrap=True)

    def draw(self, plain: Callable[[], str], picture: Callable[[], Text]) -> None:
        """Show how things stand, where it is time: `picture` on a terminal, else a line."""
        interval = _PLAIN_LINE_S if self._live is None else _REDRAW_S
        if self._now() - self._drawn < interval:
            return
        self._drawn = self._now()
        if self._live is None:
            self.say(plain())
        else:
            self._live.update(picture(), refresh=True)
