"""Hundreds of stacks at once: descriptor numbers beyond what select() can hold (FD_SETSIZE)."""

from __future__ import annotations

import os
import resource
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tcpassay.targets.agent.launch import posix_launch
from tcpassay.targets.channel import AgentChannel

if TYPE_CHECKING:
    from collections.abc import Iterator

FD_SETSIZE = 1024


@pytest.fixture
def crowd() -> Iterator[None]:
    """Every number below FD_SETSIZE is taken."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * FD_SETSIZE:
        pytest.skip(f"RLIMIT_NOFILE is {hard}, wanted {2 * FD_SETSIZE}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * FD_SETSIZE), hard))
    with ExitStack() as stack:
        while (fd := os.dup(0)) < FD_SETSIZE:
            stack.callback(os.close, fd)
        os.close(fd)
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("crowd")
def test_agent_is_started_and_ended() -> None:
    channel = AgentChannel(posix_launch("crowded"))
    channel.greet()
    assert channel.fileno() >= FD_SETSIZE
    pid = channel.pid
    channel.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
