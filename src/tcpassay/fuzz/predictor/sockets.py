"""Descriptors of the case's application, and what each stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tcpassay.fuzz.predictor.connection import Connection

Ends = tuple[str, int]
#: Addresses that stand for any.
ANY = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - recognised, not bound


class Socket:
    """One socket, as the oracle's application has it."""

    __slots__ = (
        "backlog",
        "bound",
        "conn",
        "deferring",
        "early",
        "had",
        "lingers_zero",
        "listening",
        "local",
        "made",
        "remote",
        "v6only",
    )  # fmt: skip

    def __init__(self, local: Ends = ("", 0), conn: Connection | None = None) -> None:
        self.local = local
        self.conn = conn
        self.bound = self.listening = self.lingers_zero = self.v6only = False
        self.had = False, False
        self.deferring = False
        self.remote: Ends | None = None
        self.backlog = 0
        self.early = bytearray()
        self.made: list[Connection] = []

    def takes(self, address: str, port: int) -> bool:
        """Whether a listener is for what comes to an address and port."""
        if self.local[1] != port or (self.v6only and ":" not in address):
            return False
        return self.local[0] in ANY or self.local[0] == address

    @property
    def state(self) -> str:
        """Where what a descriptor stands for is."""
        if self.conn is not None:
            return self.conn.state
        return "LISTEN" if self.listening else "CLOSED"

    @property
    def full(self) -> bool:
        """Whether the queues of a listener hold as many as its backlog asks for."""
        if not self.made:
            return self.backlog <= 0
        self.made = [c for c in self.made if c.state != "CLOSED" and not c.accepted]
        return len(self.made) >= max(self.backlog, 0)


def ends_of(values: tuple[tuple[str, object], ...]) -> Ends | None:
    """The address among tagged values."""
    for tag, value in values:
        if tag == "address" and isinstance(value, (tuple, list)):
            host = str(value[0]).removeprefix("::ffff:").partition("%")[0]
            return host, int(value[1])
    return None
