"""Small print of the namespace target: IPv6 addresses, options by number, limits of a process."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.events import Spawn
from tcpassay.targets.forking import DESCRIPTOR_TABLE
from tcpassay.targets.namespace import rtnetlink

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.targets.namespace.conftest import Wire

    Start = Callable[..., Wire]

ROUTE = "20010db80000000000000000000000{} 80 00000000000000000000000000000000 00 0 0 0 0 tun0\n"


def test_ipv6_is_awaited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of two addresses has its local route; an error within the time. With both, none."""
    table = tmp_path / "ipv6_route"
    monkeypatch.setattr(rtnetlink, "_ROUTES_IPV6", table)
    monkeypatch.setattr(rtnetlink, "_ROUTES_WITHIN_S", 0.01)
    hosts = ("2001:db8::1", "2001:db8::3")
    table.write_text(ROUTE.format("01"))
    with pytest.raises(TargetUnavailableError, match=r"did not come up within 0\.01 s"):
        rtnetlink.await_ipv6(hosts)
    table.write_text(ROUTE.format("01") + ROUTE.format("03"))
    assert rtnetlink.await_ipv6(hosts) is None  # type: ignore[func-returns-value]


def test_option_by_number(wire: Wire) -> None:
    """An option that has no name; the kernel's ENOPROTOOPT, and a known number works."""
    fd = ("fd", wire.socket())
    unknown = wire.call("getsockopt", fd, ("name", "SOL_SOCKET"), ("name", 0x7F00))
    assert unknown.errno == "ENOPROTOOPT"
    kind = wire.call("getsockopt", fd, ("name", "SOL_SOCKET"), ("name", 3))
    assert kind.get("value") == 1


def test_limit_of_a_process(start: Start) -> None:
    """setrlimit() is for a process of its own; there it bounds the descriptors."""
    wire = start()
    limit = (("name", "RLIMIT_NOFILE"), ("value", 4))
    assert wire.call("setrlimit", *limit).errno == "ENOSYS-AGENT"
    wire.do(Spawn(1))
    assert wire.call("setrlimit", *limit, process=1).errno is None
    assert wire.socket(process=1) == 3
    made = wire.call(
        "socket",
        ("name", wire.family),
        ("flags", ("SOCK_STREAM",)),
        ("value", 0),
        process=1,
    )
    assert made.errno == "EMFILE"
    again = wire.call("setrlimit", ("name", "RLIMIT_NOFILE"), ("value", -7), process=1)
    assert again.errno == "EINVAL"


def test_close_waits_while_a_program_starts(wire: Wire) -> None:
    """A program is being started, with a copy of all descriptors; close() waits until it runs."""
    fd = wire.listener()
    closing = threading.Thread(target=wire.call, args=("close", ("fd", fd)))
    with DESCRIPTOR_TABLE:
        closing.start()
        closing.join(0.05)
        assert closing.is_alive()
    closing.join(1.0)
    assert not closing.is_alive()
    assert wire.send(wire.SYN).events
