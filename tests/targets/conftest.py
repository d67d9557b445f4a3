"""Stacks for the tests of the adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tcpassay.targets.contract import Stack, Target

HERE = Path(__file__).parent


@pytest.fixture
def start() -> Iterator[Callable[..., Stack]]:
    """Starts fresh stacks of a target by the name of its folder here; all are closed at the end."""
    stacks: list[Stack] = []
    targets: list[Target] = []

    def begin(name: str = "toy", options: StackOptions | None = None) -> Stack:
        folder = HERE / name
        target = open_target(str(folder) if folder.is_dir() else name)
        targets.append(target)
        stacks.append(target.start(options or StackOptions()))
        return stacks[-1]

    yield begin
    for stack in stacks:
        stack.close()
    for target in targets:
        target.close()
