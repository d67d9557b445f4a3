"""The command line: one module a verb. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations


def main() -> None:
    """Run `tcpassay`; ends the process with the exit code."""
    from tcpassay.cli.app import app

    app(prog_name="tcpassay")
