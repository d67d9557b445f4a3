"""What an agent costs: to start one for a case, and to take a step with it.

The agent is a small program in C without a stack, so what is measured is the tester's side, the
system's, and the least that an agent can do.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import Figure, median_s
from tcpassay.conformance.processor import on_one_processor
from tcpassay.core.events import Advance, Datagram
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import Target

ROUNDS = 200
STEPS = 2_000
MANIFEST = """\
name = "tiny"
kind = "process"
clock = "virtual"
[start]
command = ["./tiny", "{fd}"]
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
"""
SYN = Datagram(bytes(40))


def figures() -> Iterator[Figure]:
    """Median time of a start with its end, and of a step; on one processor, as in a run."""
    with tiny_target() as target:
        if target is None:
            yield Figure("agents: not measured, there is no C compiler", 0.0, "ms")
        else:
            yield from _of(target)


@contextmanager
def tiny_target() -> Iterator[Target | None]:
    """The small agent as a target, all on one processor; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder, on_one_processor():
        source = Path(__file__).with_name("tiny_agent.c")
        build = [compiler, "-O2", "-o", f"{folder}/tiny", str(source)]
        subprocess.run(build, check=True)
        (Path(folder) / "target.toml").write_text(MANIFEST)
        target = open_target(folder)
        try:
            yield target
        finally:
            target.close()


def _of(target: Target) -> Iterator[Figure]:
    start = median_s(lambda: target.start(StackOptions()).close(), rounds=ROUNDS)
    yield Figure("start an agent, and let it go", start * 1e3, "ms")
    stack = target.start(StackOptions())

    def steps() -> None:
        for _ in range(STEPS):
            stack.execute(SYN)

    def moments() -> None:
        for _ in range(STEPS):
            stack.execute(Advance(stack.now_ns() + 1))

    step = median_s(steps, rounds=5) / STEPS
    yield Figure("a datagram, nothing comes of it", step * 1e6, "us")
    yield Figure("time goes on", median_s(moments, rounds=5) / STEPS * 1e6, "us")
    stack.close()
