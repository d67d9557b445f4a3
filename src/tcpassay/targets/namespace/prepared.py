"""A call made ready: what to run, how to tell that it sleeps, how to put its results."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import AgentFault
from tcpassay.targets.namespace import libc

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Tagged


class Raw(NamedTuple):
    """What the kernel returned: the value, and the error number (0 on success)."""

    value: int
    errno: int


class Prepared(NamedTuple):
    """One call with its arguments in C form.

    `run` makes the call and may block. `finish` turns the kernel's value into the app's and its
    results. `sleeps_in` are the system call numbers in which a blocked caller is seen, with
    `first` as first argument where that is not None; empty for a call that cannot block.
    `attempt` makes the call if it can be made without blocking, else returns None.
    """

    run: Callable[[], Raw]
    finish: Callable[[int], tuple[int, tuple[Tagged, ...]]]
    sleeps_in: frozenset[int] = frozenset()
    first: int | None = None
    attempt: Callable[[], Raw | None] | None = None


#: System call numbers of the calls that may block, and restart_syscall (include/uapi/asm).
_NUMBERS: dict[str, dict[str, tuple[int, ...]]] = {
    "x86_64": {
        "accept": (43,), "accept4": (288,), "connect": (42,), "send": (44,), "recv": (45,),
        "sendmsg": (46,), "recvmsg": (47,), "close": (3,), "poll": (7, 271),
        "select": (23, 270), "restart": (219,),
    },
    "aarch64": {
        "accept": (202,), "accept4": (242,), "connect": (203,), "send": (206,), "recv": (207,),
        "sendmsg": (211,), "recvmsg": (212,), "close": (57,), "poll": (73,),
        "select": (72,), "restart": (128,),
    },
}  # fmt: skip


def _numbers_here() -> dict[str, frozenset[int]]:
    machine = platform.machine()
    table = _NUMBERS.get(machine, {})
    restart = table.get("restart", ())
    return {name: frozenset(numbers + restart) for name, numbers in table.items()}


_SLEEPS_IN = _numbers_here()


def sleeps_in(name: str) -> frozenset[int]:
    """The system calls in which a blocked `name` sleeps. Raises AgentFault."""
    if name in _SLEEPS_IN:
        return _SLEEPS_IN[name]
    msg = (
        f"blocking calls are not known on {platform.machine()}: the namespace kind runs on "
        f"{' and '.join(_NUMBERS)}"
    )
    raise AgentFault(msg)


def raw(function: Callable[..., int], *arguments: object) -> Raw:
    """Call a C function and pick up errno."""
    value = function(*arguments)
    return Raw(value, libc.errno_now() if value < 0 else 0)


def nothing(value: int) -> tuple[int, tuple[Tagged, ...]]:
    """Results of a call that only returns a value."""
    return value, ()
