"""The command line: one module a verb. Nothing heavy is imported before a verb needs it."""

from __future__ import annotations


def main() -> None:
    """Run `tcpassay`; ends the process with the exit code."""
    import sys

    try:
        _open_standard_streams()
        from tcpassay.cli.app import make_app

        make_app(sys.argv[1:])(prog_name="tcpassay")
    except KeyboardInterrupt:
        sys.stderr.write("tcpassay: interrupted\n")
        sys.exit(130)


def _open_standard_streams() -> None:
    """Give a stream that we were started without (`>&-`) to nobody.

    Its descriptor would otherwise become that of a file or a TUN, and what is printed go there.
    """
    import os
    import sys

    for fd, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            os.dup2(os.open(os.devnull, os.O_RDWR), fd)
            setattr(sys, name, open(fd, mode, closefd=False))  # noqa: SIM115 - it stays open
