"""`python -m tcpassay.targets.agent stack TARGET | posix [--fd N]`."""

from __future__ import annotations

import os
import sys

from tcpassay.core.errors import TcpassayError
from tcpassay.targets.agent.link import Link

_USAGE = "usage: python -m tcpassay.targets.agent stack TARGET [--fd N] | posix [--fd N]"


def main(arguments: list[str]) -> int:
    """Run one of the two agents over the descriptor given, or over $TCPASSAY_FD."""
    words = list(arguments)
    fd = os.environ.get("TCPASSAY_FD", "")
    if "--fd" in words[:-1]:
        at = words.index("--fd")
        fd = words[at + 1]
        del words[at : at + 2]
    if not fd.isdecimal() or words[:1] not in (["stack"], ["posix"]):
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    if words[0] == "posix":
        from tcpassay.targets.agent.posix import run

        return run(int(fd))
    return _serve_stack(words[1:], Link(int(fd)))


def _serve_stack(words: list[str], link: Link) -> int:
    from tcpassay.targets.agent.stack import serve_target

    if len(words) != 1:
        sys.stderr.write(f"{_USAGE}\n")
        return 2
    try:
        return serve_target(words[0], link)
    except TcpassayError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
