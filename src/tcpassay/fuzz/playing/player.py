"""Plays cases on a stack, one after the other, each on ports of its own, into one trace."""

from __future__ import annotations

from hashlib import blake2b
from struct import Struct
from time import process_time
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core import events
from tcpassay.core.errors import AgentFault, StackFault
from tcpassay.core.events import (
    Advance,
    Call,
    Cancel,
    Datagram,
    Outcome,
    Returned,
    Sent,
    StartCall,
)
from tcpassay.core.trace import Entry, Trace
from tcpassay.fuzz.cases.numbers import Numbers
from tcpassay.fuzz.cases.octets import Ends, learn_options, message_octets, segment_octets
from tcpassay.fuzz.cases.steps import (
    PER_PORT,
    PORTS,
    Do,
    FuzzCase,
    Listen,
    Raw,
    Send,
    Tell,
    Wait,
    app_text,
    listen_calls,
)
from tcpassay.wire import ACK, FIN, RST, SYN, flow_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpassay.core.events import StackEvent, Tagged
    from tcpassay.core.trace import Kind
    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.judges.budget import Budget
    from tcpassay.targets.contract import IpVersion, Stack
    from tcpassay.targets.manifest import Manifest

#: Local and remote ports of the first case of a stay, and how many each case has to itself.
FIRST_LOCAL, LOCALS = 8_000, PORTS
FIRST_REMOTE, REMOTES = 20_000, PORTS * PER_PORT

#: Rounds in which what is still open is reset; a challenge tells the number for the next one.
ROUNDS = 3
#: Events in one step of waiting that no sane stack exceeds.
STORM: Final = 5_000

#: Numbers further ahead were not meant to be taken.
_GAP = 4_000
#: A reset further ahead than this is heard by nobody.
_WINDOW = 1 << 16

#: Calls that the next steps need not wait for: with them a burst goes on.
_JOINING = frozenset(
    {"socket", "bind", "listen", "accept4", "recv", "send", "shutdown", "setsockopt", "close"}
)
#: Calls whose arguments depend on what the calls before them have returned.
_IN_ORDER = frozenset({"send"})

_MASK = 0xFFFFFFFF
_HALF = 1 << 31
#: Of a segment: ports, number, acknowledgement, offset and flags.
_FRONT = Struct("!HHIIH")
_NO_OPTIONS = 5
_TWO = Struct("!II")
#: A tuple's own constructor: half the time of that of a class with names for its fields.
_new = tuple.__new__


class Played(NamedTuple):
    """What became of a case: its entries are `first` to `last` (exclusive) of the player's trace.

    `fault` is what ended the stack, None where it lives. `storm` counts the events of the worst
    step where they were absurdly many. `strays` are entries that hold datagrams to ports of the
    peer's that are not the case's.
    """

    case: FuzzCase
    number: int
    first: int
    last: int
    fault: StackFault | AgentFault | None
    storm: int
    strays: tuple[int, ...] = ()


class Apart(NamedTuple):
    """What a second player on a stack needs not to meet the first: its trace, and other numbers.

    `numbers` is the first one's where both have descriptors at the same time.
    """

    trace: Trace
    local: int
    remote: int
    calls: int
    numbers: Numbers | None = None


class Player:
    """Everything done to one stack. `trace` has it all; `names` has the ends of each connection.

    `apart` is for one beside another on the same stack; `budget` bounds each of its steps. `seed`
    feeds where the peer's numbers start: the same seed and place give the same case.
    """

    def __init__(
        self,
        stack: Stack,
        manifest: Manifest,
        seed: int,
        ip: IpVersion,
        settings: tuple[str, ...] = (),
        apart: Apart | None = None,
        budget: Budget | None = None,
    ) -> None:
        addresses = manifest.needed_addresses(ip)
        self._stack = stack
        self._local, self._remote = addresses.stack[0], addresses.peer
        self._family = ("name", "AF_INET6" if ip == 6 else "AF_INET")
        self._seed = seed
        self._place = 0
        self._calls = apart.calls if apart else 0
        self._first_local = apart.local if apart else FIRST_LOCAL
        self._first_remote = apart.remote if apart else FIRST_REMOTE
        self.trace = (
            apart.trace
            if apart
            else Trace(
                target=manifest.name,
                seed=seed,
                ip=ip,
                settings=settings,
                stack_addresses=manifest.own_addresses(ip, settings),
            )
        )
        self._entries = self.trace.entries
        self._now = stack.now_ns()
        #: Of the case being played, by number and by the peer's port.
        self._conns: dict[int, Ends] = {}
        self._by_port: dict[int, Ends] = {}
        #: Connections whose peer's port another one has by now.
        self._former: list[tuple[int, Ends]] = []
        self._slots: dict[str, int] = {}
        self._said: dict[int, int] = {}
        self._pending: dict[int, Do] = {}
        #: What is given to the stack at once, and descriptors that will be there, or gone, then.
        self._burst: list[Datagram | StartCall] = []
        self._unsettled: set[str] = set()
        self.numbers = apart.numbers if apart and apart.numbers is not None else Numbers()
        #: Who is given the descriptor that is only expected in this burst, by which call; whether
        #: something is sent by it.
        self._expected, self._expecting, self._sending = "", 0, False
        self._storm = 0
        self._strays: list[int] = []
        self._budget = budget
        self._iss: int | None = None

    # -- one case --------------------------------------------------------------------------------

    def play(self, case: FuzzCase, number: int = 0) -> Played:
        """Play a case to its end, and take down what it has built up."""
        first = len(self._entries)
        self._begin(case)
        fault: StackFault | AgentFault | None = None
        try:
            self._steps(case.steps)
            self._take_down(case.steps)
        except (StackFault, AgentFault) as error:
            fault = error
        self._place += 1
        self._rest()
        strays = tuple(self._strays)
        return Played(case, number, first, len(self._entries), fault, self._storm, strays)

    def go_on(self, steps: Sequence[Step]) -> None:
        """Play steps that belong to no case; what they open stays open.

        Raises StackFault and AgentFault.
        """
        try:
            self._steps(steps)
        finally:
            self._rest()

    def end(self) -> None:
        """Take down what `go_on` has built up. Raises StackFault and AgentFault."""
        try:
            self._take_down(())
        finally:
            self._rest()

    def _rest(self) -> None:
        if self._budget is not None:
            self._budget.began = None

    def place_of(self, remote: int) -> int | None:
        """Which case of this player, counted from 0, had this port of the peer's; None for none."""
        place = (remote - self._first_remote) // REMOTES
        return place if 0 <= place < self._place else None

    def _begin(self, case: FuzzCase) -> None:
        self._conns, self._by_port, self._slots = {}, {}, {}
        self._former = []
        self._said, self._pending, self._storm, self._strays = {}, {}, 0, []
        self._burst = []
        self._unsettled.clear()
        self._expected, self._expecting = "", 0
        self._iss = case.iss

    def _steps(self, steps: Sequence[Step]) -> None:
        conns = self._conns
        for step in steps:
            if isinstance(step, Send):
                octets = segment_octets(step, conns.get(step.conn) or self.ends(step.conn))
                self._burst.append(_new(Datagram, (octets,)))
                if step.flags & SYN:
                    self._flush()
            elif isinstance(step, Do):
                self._call(step)
            elif isinstance(step, Raw):
                self._send(step.octets)
            elif isinstance(step, Tell):
                self._send(message_octets(step, self.ends(step.conn)))
            elif isinstance(step, Listen):
                for call in listen_calls(step):
                    self._call(call)
            else:
                self._wait(step)
        self._flush()

    def ends(self, conn: int) -> Ends:
        """The ends of a connection of the case being played."""
        ends = self._conns.get(conn)
        if ends is None:
            place = self._place
            local = self._first_local + place * LOCALS + conn // PER_PORT % LOCALS
            remote = self._first_remote + place * REMOTES + conn % REMOTES
            drawn = blake2b(b"%d/%d/%d" % (self._seed, remote, conn), digest_size=8).digest()
            iss, stamp = _TWO.unpack(drawn)
            if self._iss is not None:
                iss = self._iss
            ends = Ends((self._local, local), (self._remote, remote), iss, stamp)
            self._conns[conn] = self._by_port[remote] = ends
        return ends

    # -- steps -----------------------------------------------------------------------------------

    def _send(self, octets: bytes) -> None:
        self._burst.append(Datagram(octets))

    def _flush(self) -> None:
        """Give what has been put together at once, and put down each with its answers.

        The command at which the stack ends has no answers, and is the last to be put down.
        """
        burst = self._burst
        if not burst:
            return
        self._burst = []
        if self._budget is not None:
            self._budget.began = process_time()
        now, outcomes = self._stack.now_ns(), list[Outcome]()
        try:
            self._stack.execute_all(burst, outcomes)
        finally:
            entries = self._entries
            kind: Kind
            for command, (events, idle) in zip(burst, outcomes, strict=False):
                kind = "send" if type(command) is Datagram else "call"
                entries.append(_new(Entry, (len(entries), now, kind, 0, command[0])))
                if events:
                    self._learn(events)
                now = self._now = idle[0]
            if len(outcomes) < len(burst):
                command = burst[len(outcomes)]
                kind = "send" if type(command) is Datagram else "call"
                entries.append(Entry(len(entries), now, kind, 0, command[0]))
            self._unsettled.clear()
            if self._expected or self._expecting:
                self._forget()

    def _call(self, step: Do) -> None:
        """Put a call to the burst; one that leads to numbers which later steps need ends it."""
        name, on = step.call, step.on
        if step.gives and step.gives in self._unsettled:
            self._flush()  # From here on the name is another descriptor's.
        if on != self._expected or not on:
            if on in self._unsettled or (name in _IN_ORDER and self._burst):
                self._flush()
        elif name in _IN_ORDER:
            if self._sending:
                self._flush()
            self._sending = True
        args = self._arguments(step)
        if args is None:
            return
        self._calls += 1
        number = self._calls
        self._pending[number] = step
        self._burst.append(_new(StartCall, (_new(Call, (number, 0, name, args)),)))
        if step.gives:
            if self.numbers.known and not self._unsettled and step.gives not in self._slots:
                self._expect(step.gives, number)
            self._unsettled.add(step.gives)
        if name == "close":
            self._unsettled.add(on)
            if on == self._expected:
                self._expected = ""
        elif name not in _JOINING:
            self._flush()

    def _expect(self, slot: str, call: int) -> None:
        """Go on as if a call had given the descriptor that it will give unless it fails.

        Where it fails, what the burst does with the descriptor is done with one that is not open.
        """
        fd = self.numbers.lowest()
        self._expected, self._expecting, self._sending = slot, call, False
        self._slots[slot] = fd
        self._said.pop(fd, None)

    def _forget(self) -> None:
        """The burst is over: what was expected in it has come, or not."""
        step = self._pending.get(self._expecting)
        if step is not None:
            self._slots.pop(step.gives, None)
        self._expected, self._expecting = "", 0

    def _arguments(self, step: Do) -> tuple[Tagged, ...] | None:
        """A call's arguments; None for one on a descriptor that never came."""
        args: list[Tagged] = []
        if step.on:
            fd = self._slots.get(step.on)
            if fd is None:
                return None
            args.append(("fd", fd))
        elif step.call == "socket":
            args.append(self._family)
        for tag, value in step.args:
            if tag == "address":
                args.append((tag, self._address(value)))
            elif tag == "text" and isinstance(value, int):
                said = self._said.get(self._slots.get(step.on, -1), 0)
                args.append(("octets", app_text(said + 1, value)))
            else:
                args.append((tag, value))
        return tuple(args)

    def _address(self, value: object) -> tuple[str, int]:
        what, number = value if isinstance(value, tuple) else (value, 0)
        if what == "stack":
            return self._local, self._first_local + self._place * LOCALS + number
        if what == "peer":
            return self.ends(number).remote
        raise ValueError(value)

    def _wait(self, step: Wait) -> None:
        self._flush()
        until, count = self._stack.now_ns() + step.ns, 0
        while self._now < until:
            self._record("advance", until)
            before = len(self._entries)
            self._take(self._stack.execute(Advance(until)))
            count += len(self._entries) - before
            if count > STORM:
                self._storm = count
                return

    # -- what comes ------------------------------------------------------------------------------

    def _record(self, kind: Kind, data: object) -> None:
        if self._budget is not None:
            self._budget.began = process_time()
        entries = self._entries
        entries.append(Entry(len(entries), self._stack.now_ns(), kind, 0, data))

    def _take(self, outcome: Outcome) -> None:
        self._learn(outcome.events)
        self._now = outcome.idle.now_ns

    def _learn(self, happened: Sequence[StackEvent]) -> None:
        """Put down what has happened, and learn from it what the next steps need."""
        entries = self._entries
        for event in happened:
            if isinstance(event, Sent):
                t_ns, octets = event.t_ns, event.octets
                entries.append(_new(Entry, (len(entries), t_ns, "receive", 0, octets)))
                self._seen(octets)
            elif isinstance(event, Returned):
                entries.append(_new(Entry, (len(entries), event.t_ns, "return", 0, event)))
                self._returned(event)
            else:
                entries.append(_entry(len(entries), event))

    def _seen(self, octets: bytes) -> None:
        """Learn from a segment of the stack's what the next steps need."""
        start = 20 if octets[0] == 0x45 else 40 if octets[0] >> 4 == 6 else 0
        if not start or len(octets) < start + 20 or octets[9 if start == 20 else 6] != 6:
            return
        _, remote, seq, ack, control = _FRONT.unpack_from(octets, start)
        ends = self._by_port.get(remote)
        if ends is None:
            self._strays.append(len(self._entries) - 1)
            return
        if control & SYN:
            self._opens(octets, ends, seq)
        if control & RST:
            # What it answers may have been wrong, and the connection still be there.
            return
        ends.reset = False
        offset = control >> 12
        # A SYN counts, and so does a FIN.
        size = len(octets) - start - 4 * offset + (control >> 1 & 1) + (control & 1)
        after = (seq + size) & _MASK
        if ends.stack_next is None or control & SYN or (after - ends.stack_next) & _MASK < _HALF:
            ends.stack_next = after
        if control & ACK:
            ends.acked = ack
        if offset > _NO_OPTIONS:
            learn_options(octets, ends)

    def _opens(self, octets: bytes, ends: Ends, seq: int) -> None:
        """A SYN of the stack's."""
        flow = flow_of(octets)
        if flow is not None:
            local = flow[0], flow[1]
            if local != ends.local:
                if ends.stack_next is not None:
                    # One more connect() to the same port: the first one has an end as well.
                    conn = next(conn for conn, each in self._conns.items() if each is ends)
                    self._former.append((conn, ends.copy()))
                ends.local = local
        ends.stack_iss = seq

    def _returned(self, returned: Returned) -> None:
        step = self._pending.pop(returned.call, None)
        if step is None:
            return
        call, on, gives, _ = step
        if gives and returned.call == self._expecting:
            self._slots.pop(gives, None)
            self._expecting = 0
        if returned.errno is not None:
            return
        if gives:
            self.numbers.given(returned.value)
            # A name given twice: what had it first is closed at the end all the same.
            before = self._slots.pop(gives, None)
            if before is not None:
                self._slots[f"{gives} {before}"] = before
            self._slots[gives] = returned.value
            self._said.pop(returned.value, None)
        if call == "close":
            self.numbers.closed(self._slots.pop(on, -1))
        elif call == "send":
            fd = self._slots.get(on, -1)
            self._said[fd] = self._said.get(fd, 0) + returned.value

    # -- the end ---------------------------------------------------------------------------------

    def _take_down(self, steps: Sequence[Step]) -> None:
        """Reset what is open, cancel what waits, close what there is."""
        self._flush()
        self._reset_all(_furthest(steps) if self._may_be_open() else {})
        if self._pending:
            self._flush()
        for call in list(self._pending):
            self._record("cancel", call)
            self._take(self._stack.execute(Cancel(call)))
        for slot in list(self._slots):
            self._call(Do("close", slot))
        for _ in range(ROUNDS - 1):
            self._flush()
            if not self._reset_all({}):
                return
        self._flush()

    def _may_be_open(self) -> bool:
        for ends in self._conns.values():
            if ends.stack_next is not None and not ends.reset:
                return True
        return bool(self._former)

    def _reset_all(self, furthest: dict[int, list[int]]) -> bool:
        """Put resets to the burst; whether there was anything that may be open.

        What a stack has taken and not acknowledged yet is out of sight. So it is reset by what it
        has acknowledged last and by the end of what it was sent (`furthest`): that is right or in
        the window, where a challenge tells the right number (RFC 5961, 3.2).
        """
        any_open = False
        for conn, ends in (*self._conns.items(), *self._former):
            if ends.stack_next is None or ends.reset:
                continue
            seq = 1 if ends.acked is None else (ends.acked - ends.peer_iss) & _MASK
            ack = (ends.stack_next - ends.stack_iss) & _MASK
            self._reset(conn, ends, seq, ack)
            for number in furthest.get(conn, ()):
                if seq < number < seq + _WINDOW:
                    self._reset(conn, ends, number, ack)
            any_open = ends.reset = True
        return any_open

    def _reset(self, conn: int, ends: Ends, seq: int, ack: int) -> None:
        step = _new(Send, (conn, RST | ACK, seq, ack, 0, 0, (), 0, ()))
        self._burst.append(_new(Datagram, (segment_octets(step, ends),)))


def _furthest(steps: Sequence[Step]) -> dict[int, list[int]]:
    """The numbers behind what was sent on each connection without a wide gap, from each SYN on."""
    ends: dict[int, list[int]] = {}
    for step in steps:
        if type(step) is not Send:
            continue
        conn, flags, seq, _, _, data, _, _, _ = step
        if flags & RST:
            continue
        end = seq + data + (flags & FIN) + (flags >> 1 & 1)
        places = ends.get(conn)
        if places is None:
            places = ends[conn] = [1]
        for place, before in enumerate(places):
            if -_GAP <= seq - before <= _GAP:
                if end > before:
                    places[place] = end
                break
        else:
            if flags & SYN:
                places.append(end)
    return ends


def _entry(n: int, event: StackEvent) -> Entry:
    match event:
        case events.Signalled():
            return Entry(n, event.t_ns, "signal", event.process, event)
        case events.Exited():
            return Entry(n, event.t_ns, "exit", event.process, event)
        case events.Logged(t_ns, text):
            return Entry(n, t_ns, "log", 0, text)
        case events.StateRead():
            return Entry(n, event.t_ns, "state", 0, event)
        case events.StatsRead():
            return Entry(n, event.t_ns, "stats", 0, event)
        case _:
            raise TypeError(event)
