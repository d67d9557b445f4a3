"""The agent that puts one of our own targets behind the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.targets.agent.serve import serve
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.messages import Hello
from tcpassay.targets.protocol import PROTOCOL
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from tcpassay.targets.agent.link import Link
    from tcpassay.targets.contract import Stack
    from tcpassay.targets.messages import Start


def serve_target(name_or_path: str, link: Link) -> int:
    """Serve a fresh stack of a target; the exit status. Raises what opening the target raises."""
    target = open_target(name_or_path)
    manifest = target.manifest
    hello = Hello(
        PROTOCOL,
        manifest.title,
        target.version(),
        manifest.clock,
        tuple(sorted(manifest.capabilities)),
    )

    def open_stack(start: Start) -> Stack:
        return target.start(
            StackOptions(
                seed=start.seed,
                ip=6 if start.ip == 6 else 4,
                own_process=start.own_process,
                overrides=start.settings,
            )
        )

    try:
        return serve(hello, open_stack, link)
    finally:
        target.close()
