"""How a case ends when it does not simply return."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.errors import TcpassayError

if TYPE_CHECKING:
    from tcpassay.core.trace import FieldDiff


class ExpectationFailed(TcpassayError):  # noqa: N818 - an outcome, not a fault of the program
    """An expectation was not met; the requirement's level decides the verdict."""

    def __init__(self, requirement: str, message: str, diff: tuple[FieldDiff, ...] = ()) -> None:
        super().__init__(message)
        self.requirement = requirement
        self.diff = diff


class Inconclusive(TcpassayError):  # noqa: N818 - an outcome
    """The state under test could not be reached, so nothing was judged."""


class Unsupported(TcpassayError):  # noqa: N818 - an outcome
    """The manifest or the agent says that the target lacks what the case needs."""
