"""The command line: one module a verb. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations


def main() -> None:
    """Run `tcpassay`; ends the process with the exit code."""
    import sys

    from tcpassay.cli.app import make_app

    make_app(sys.argv[1:])(prog_name="tcpassay")
