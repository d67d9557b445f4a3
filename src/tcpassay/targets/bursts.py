"""A burst for the stacks that gain nothing by seeing its commands at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tcpassay.core.events import Command, Outcome


def one_by_one(
    execute: Callable[[Command], Outcome],
    commands: Sequence[Command],
    into: list[Outcome] | None = None,
) -> list[Outcome]:
    """`Stack.execute_all` by way of `execute`. Raises what that raises."""
    outcomes = [] if into is None else into
    for command in commands:
        outcomes.append(execute(command))
    return outcomes
