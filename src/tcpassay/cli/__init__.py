"""The command line: one module a verb. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations


def main() -> None:
    """Run `tcpassay`; ends with the exit code of CONTRACTS section 6."""
    from tcpassay.cli.app import app

    app(prog_name="tcpassay")
