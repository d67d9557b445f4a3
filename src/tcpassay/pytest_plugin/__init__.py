"""Conformance cases as pytest items: `pytest conformance --target reference -k rst`.

The plugin is loaded in every pytest run of an environment that has tcpassay, so this module
imports nothing of the project and does nothing unless --target is given.
"""

from __future__ import annotations

from argparse import ArgumentError
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

_OPTION = "tcpassay_targets"
_MATRIX = "tcpassay_matrix"
_NO_ORACLE = "tcpassay_no_oracle"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(parser: pytest.Parser) -> Generator[None, None, None]:
    """Add the options last: a project that has one of that name keeps its own."""
    yield
    group = parser.getgroup("tcpassay", "conformance of TCP stacks")
    try:
        group.addoption(
            "--target",
            action="append",
            default=None,
            dest=_OPTION,
            metavar="NAME",
            help="judge this TCP stack: a name or the path of a target.toml; may be repeated",
        )
        group.addoption(
            "--matrix",
            action="store_true",
            default=False,
            dest=_MATRIX,
            help="with --target: also the rows of the matrix, every state x segment",
        )
        group.addoption(
            "--no-oracle",
            action="store_true",
            default=False,
            dest=_NO_ORACLE,
            help="with --target: the cases' own assertions only",
        )
    except (ValueError, ArgumentError):
        return


def pytest_configure(config: pytest.Config) -> None:
    """Take part where targets are named."""
    names = config.getoption(_OPTION, default=None)
    if names:
        from tcpassay.pytest_plugin.session import activate

        activate(config, names, matrix=config.getoption(_MATRIX, default=False))
