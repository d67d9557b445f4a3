"""What happens around a stack: the commands given to it and the events it answers with.

This is the step contract as values (docs/targets.md says it in prose). Times are nanoseconds of
the stack's own clock. Argument and result values are tagged, so that a program which has never
heard of a call can still tell a descriptor from a length.
"""

from __future__ import annotations

from typing import NamedTuple

#: Tag and value of one argument or result of a call. The tags:
#:   fd       int                      a descriptor
#:   fds      tuple[int, ...]          descriptors of select()
#:   pollfds  tuple[(fd, (name, ...))] descriptors and events of poll()
#:   address  (host, port)             an IP socket address, host as text
#:   flags    tuple[str, ...]          names of or-ed constants ("MSG_PEEK", "O_NONBLOCK")
#:   name     str                      the name of one constant ("AF_INET"); a number that has none
#:   text     str | None               a string; None is a null pointer
#:   texts    tuple[str, ...]          a list of strings
#:   octets   bytes                    data
#:   length   int                      a size or a count (a backlog is one)
#:   value    int                      any other number
#:   linger   (onoff, seconds)         struct linger
#:   timeout  int                      milliseconds; -1 waits for ever
#:   state    dict[str, int | str]     named numbers (TCP_INFO and the like)
Tagged = tuple[str, object]


class Call(NamedTuple):
    """A socket call made on the target's side; `id` is unique within a stack."""

    id: int
    process: int
    name: str
    args: tuple[Tagged, ...]


class Datagram(NamedTuple):
    """Deliver one IP datagram to the stack."""

    octets: bytes


class StartCall(NamedTuple):
    """Begin a socket call; it may return at once, later, or never."""

    call: Call


class Cancel(NamedTuple):
    """Make a blocked call return with EINTR."""

    call: int


class Advance(NamedTuple):
    """Let time pass until the first event or until `until_ns`, whichever is first."""

    until_ns: int


class ReadState(NamedTuple):
    """Ask for a connection's state by its two ends; `remote` None asks for a listener's."""

    local: tuple[str, int]
    remote: tuple[str, int] | None


class ReadStats(NamedTuple):
    """Ask for the stack's counters (connections, queued octets, timers)."""


class Spawn(NamedTuple):
    """Start process `process`: a new one, or a fork of `fork_of` with its descriptors.

    `user` None keeps the agent's user; any other number is a user id without privileges.
    """

    process: int
    fork_of: int | None = None
    user: int | None = None


class Kill(NamedTuple):
    """End a process as by the signal named, without its own help."""

    process: int
    signal: str = "SIGKILL"


Command = Datagram | StartCall | Cancel | Advance | ReadState | ReadStats | Spawn | Kill


class Sent(NamedTuple):
    """The stack sent this IP datagram."""

    t_ns: int
    octets: bytes


class Returned(NamedTuple):
    """A call returned. `errno` is a POSIX name, None on success; `out` holds results.

    An agent that does not know the call answers with errno "ENOSYS-AGENT".
    """

    t_ns: int
    call: int
    process: int
    value: int
    errno: str | None = None
    out: tuple[Tagged, ...] = ()

    def get(self, tag: str) -> object:
        """The first result with this tag; raises KeyError when there is none."""
        for name, value in self.out:
            if name == tag:
                return value
        raise KeyError(tag)


class Signalled(NamedTuple):
    """A signal reached a process on the target's side, by name ("SIGPIPE")."""

    t_ns: int
    process: int
    signal: str


class Exited(NamedTuple):
    """A process on the target's side ended: its status, or minus the number of the signal."""

    t_ns: int
    process: int
    status: int


class Logged(NamedTuple):
    """A line that the stack printed."""

    t_ns: int
    text: str


class StateRead(NamedTuple):
    """The answer to ReadState: `state` is a name of RFC 9293 ("CLOSED" for no connection).

    `numbers` holds what the target can tell: "snd.una", "rcv.nxt", ...
    """

    t_ns: int
    state: str
    numbers: dict[str, int]


class StatsRead(NamedTuple):
    """The answer to ReadStats."""

    t_ns: int
    numbers: dict[str, int]


StackEvent = Sent | Returned | Signalled | Exited | Logged | StateRead | StatsRead


class Idle(NamedTuple):
    """The stack has nothing left to do at `now_ns` until a command or `next_deadline_ns`.

    `blocked` names the calls that have started and not returned.
    """

    now_ns: int
    next_deadline_ns: int | None
    blocked: tuple[int, ...]


class Outcome(NamedTuple):
    """What a command led to: any number of events, then idle."""

    events: list[StackEvent]
    idle: Idle
