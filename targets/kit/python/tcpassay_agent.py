# SPDX-License-Identifier: 0BSD
"""The agent's side of tcpassay's agent protocol, version 1, in one file.

Derive a class from Agent, give it what your stack can do, and end your program with
`serve(MyAgent())`. Python 3.8 or newer, standard library only. docs/targets.md of tcpassay
describes the protocol; nothing here knows anything of TCP.

Times are nanoseconds of the stack's clock. With clock "virtual" time stands still but inside the
tester's ADVANCE, which this file carries out: it asks deadline(), moves now_ns there, calls
timer(), and stops at the first event. With clock "real" it waits, for what watch() was given too.
"""

import json
import os
import select
import struct
import sys
import time
import traceback

PROTOCOL = 1
MAX_LENGTH = 1 << 20
#: Exit status of an agent that gives up for a reason of its own: the tester's fault or its own.
EX_AGENT = 70

START, DATAGRAM, CALL, CANCEL, ADVANCE = 0x01, 0x02, 0x03, 0x04, 0x05
READ_STATE, READ_STATS, SPAWN, KILL, BYE = 0x06, 0x07, 0x08, 0x09, 0x0A
HELLO, REFUSED, SENT, RETURN, SIGNAL, EXIT = 0x80, 0x81, 0x82, 0x83, 0x84, 0x85
LOG, STATE, STATS, TIME, IDLE = 0x86, 0x87, 0x88, 0x89, 0x8A

#: What a body has to have; other fields are ignored.
_FIELDS = {
    START: ("seed", "ip", "addresses", "peer", "prefix", "settings"),
    CALL: ("id", "name", "args"),
    CANCEL: ("id",),
    ADVANCE: ("until_ns",),
    READ_STATE: ("local", "remote"),
    SPAWN: ("fork_of", "user"),
    KILL: ("signal",),
}

_HEADER = struct.Struct("!IBIH")
_FIXED = 7
_BATCH = 1 << 16
_ROUNDS = 100000


class ProtocolError(Exception):
    """The tester sent what version 1 does not allow; the agent ends with EX_AGENT."""


class Refused(Exception):
    """To be raised in start(), with one line, for a setting or an address that you do not have."""


class Call:
    """A socket call that the tester makes: answer it now, later, or never.

    Until it is answered it is pending, and IDLE names it as blocked.
    """

    __slots__ = ("agent", "args", "id", "name", "process")

    def __init__(self, agent, number, process, name, args):
        self.agent, self.id, self.process, self.name, self.args = agent, number, process, name, args

    def get(self, tag, default=None):
        """The first argument of this tag: octets as bytes, an address as [host, port]."""
        return next((value for name, value in self.args if name == tag), default)

    def all(self, tag):
        """Every argument of this tag, in order."""
        return [value for name, value in self.args if name == tag]

    def answer(self, value=0, *out):
        """The call returns `value`, and results such as ("octets", b"hi")."""
        self.agent._return(self, value, None, out)

    def fail(self, errno, *out):
        """The call returns -1 and the error of this POSIX name, such as "ECONNREFUSED"."""
        self.agent._return(self, -1, errno, out)


class Agent:
    """One stack and what drives it. Override what your stack has; a call is a method call_NAME."""

    #: What HELLO says. `version` is that of the running stack, not of the agent.
    name, version = "unnamed", "0"
    #: "virtual" or "real", as in target.toml.
    clock = "virtual"
    #: Names of docs/targets.md; target.toml is what counts.
    capabilities = ()

    def __init__(self):
        self.now_ns = 0
        self._pending = {}
        self._events = []
        self._watched = {}

    # -- what you override -----------------------------------------------------------------------

    def start(self, config):
        """Make a fresh stack of START's fields: seed, ip, addresses, peer, prefix, settings."""

    def datagram(self, octets):
        """An IP datagram arrives."""

    def deadline(self):
        """When the stack wants timer() next, or None. It may lie in the past."""

    def timer(self):
        """deadline() has come: do what is due at now_ns."""

    def settle(self):
        """Bring a stack with threads of its own to rest; nothing may be runnable afterwards."""

    def cancelled(self, call):
        """The tester has cancelled a pending call, which fails with EINTR: forget it."""

    def state(self, local, remote):
        """The state in RFC 9293's words of the connection [host, port], [host, port], and numbers.

        `remote` None asks for a listener.
        """
        return "CLOSED", {}

    def stats(self):
        """Counters by name."""
        return {}

    def spawn(self, process, fork_of, user):
        """Start a process: a new one, or a fork of another."""

    def kill(self, process, signal):
        """End a process as by a signal."""

    # -- what you call ---------------------------------------------------------------------------

    def sent(self, octets):
        """The stack sends an IP datagram."""
        self._event(SENT, 0, bytes(octets))

    def signalled(self, process, name):
        """A process got a signal, such as "SIGPIPE"."""
        self._event(SIGNAL, process, {"name": name})

    def exited(self, process, status):
        """A process ended: its status, or minus the number of a signal."""
        self._event(EXIT, process, {"status": status})

    def log(self, text):
        """A line for the trace."""
        self._event(LOG, 0, {"text": text})

    def watch(self, fd, readable):
        """Call readable() when a descriptor can be read, for a stack in real time."""
        self._watched[fd] = readable

    def time_ns(self):
        """The stack's clock, which never goes back."""
        if self.clock == "real":
            self.now_ns = max(self.now_ns, time.monotonic_ns())
        return self.now_ns

    # -- how commands are carried out ------------------------------------------------------------

    def _event(self, kind, process, body):
        self._events.append((self.time_ns(), kind, process, body))

    def _return(self, call, value, errno, out):
        if self._pending.pop(call.id, None) is None:
            raise RuntimeError("%s() of id %d is answered twice" % (call.name, call.id))
        results = [[tag, v.hex() if tag == "octets" else v] for tag, v in out]
        body = {"id": call.id, "value": value, "errno": errno, "out": results}
        self._event(RETURN, call.process, body)

    def _execute(self, kind, process, body, channel):
        """One command but BYE. What is runnable afterwards is run before IDLE."""
        if self.clock == "real":
            self._look(None, 0)
        if kind == DATAGRAM:
            self.datagram(body)
        elif kind == CALL:
            self._call(process, body)
        elif kind == CANCEL:
            call = self._pending.get(body["id"])
            if call is not None:
                self.cancelled(call)
                call.fail("EINTR")
        elif kind == ADVANCE:
            wait = self._advance_real if self.clock == "real" else self._advance_virtual
            wait(body["until_ns"], channel)
        elif kind == READ_STATE:
            state, numbers = self.state(body["local"], body["remote"])
            self._event(STATE, 0, {"state": state, "numbers": numbers})
        elif kind == READ_STATS:
            self._event(STATS, 0, {"numbers": self.stats()})
        elif kind == SPAWN:
            self.spawn(process, body["fork_of"], body["user"])
        else:
            self.kill(process, body["signal"])
        self.settle()

    def _call(self, process, body):
        args = [(tag, bytes.fromhex(v) if tag == "octets" else v) for tag, v in body["args"]]
        call = Call(self, body["id"], process, body["name"], args)
        self._pending[call.id] = call
        make = getattr(self, "call_" + call.name, None)
        if make is None:
            call.fail("ENOSYS-AGENT")
        else:
            make(call)

    def _advance_virtual(self, until_ns, _channel):
        for _ in range(_ROUNDS):
            due = self.deadline()
            if due is None or due > until_ns:
                self.now_ns = max(self.now_ns, until_ns)
                return
            self.now_ns = max(self.now_ns, due)
            self.timer()
            self.settle()
            if self._events:
                return
        raise RuntimeError("timer() at %d ns does not move deadline() on" % self.now_ns)

    def _advance_real(self, until_ns, channel):
        """Until the first event, the moment, or the next frame of the tester's."""
        while not self._events:
            now_ns, due = self.time_ns(), self.deadline()
            if due is not None and due <= now_ns:
                self.timer()
            elif now_ns >= until_ns or self._look(channel, min(until_ns, due or until_ns)):
                return

    def _look(self, channel, until_ns):
        """Serve watched descriptors until this moment; whether the channel can be read."""
        poll = select.poll()
        for fd in self._watched if channel is None else [*self._watched, channel.fd]:
            poll.register(fd, select.POLLIN)
        left_ms = -(-max(0, until_ns - self.time_ns()) // 1000000)
        ready = [fd for fd, _ in poll.poll(left_ms)]
        for fd in ready:
            if fd in self._watched:
                self._watched[fd]()
        return channel is not None and channel.fd in ready

    def _answer(self, step):
        """All frames of an answer: events, with their times where they differ, and IDLE."""
        told = now_ns = self.time_ns()
        frames = []
        for t_ns, kind, process, body in self._events:
            if t_ns != told:
                frames.append(_frame(TIME, step, 0, {"t_ns": t_ns}))
                told = t_ns
            frames.append(_frame(kind, step, process, body))
        self._events = []
        blocked = list(self._pending)
        idle = {"now_ns": now_ns, "next_deadline_ns": self.deadline(), "blocked": blocked}
        return [*frames, _frame(IDLE, step, 0, idle)]


class _Channel:
    """Frames over the descriptor that the tester has passed on."""

    def __init__(self, fd):
        self.fd = fd
        self._buffer = b""

    def read(self):
        """(type, step, process, body), or None at the end. Raises ProtocolError."""
        while True:
            if len(self._buffer) >= _HEADER.size:
                length, kind, step, process = _HEADER.unpack_from(self._buffer)
                if not _FIXED <= length <= MAX_LENGTH or not START <= kind <= BYE:
                    raise ProtocolError("a frame of type 0x%02x, length %d" % (kind, length))
                if len(self._buffer) >= 4 + length:
                    body = self._buffer[_HEADER.size : 4 + length]
                    self._buffer = self._buffer[4 + length :]
                    return kind, step, process, body if kind == DATAGRAM else _object(kind, body)
            try:
                more = os.read(self.fd, MAX_LENGTH + 4)
            except ConnectionResetError:
                more = b""
            if not more:
                if self._buffer:
                    raise ProtocolError("the channel ends inside a frame")
                return None
            self._buffer += more

    def write(self, frames):
        """Whole frames, several a packet; a tester that is gone is noticed by read()."""
        batch = b""
        for index, frame in enumerate(frames):
            batch += frame
            if index + 1 == len(frames) or len(batch) + len(frames[index + 1]) > _BATCH:
                view = memoryview(batch)
                try:
                    while view:
                        view = view[os.write(self.fd, view) :]
                except (BrokenPipeError, ConnectionResetError):
                    return
                batch = b""


def _object(kind, body):
    try:
        value = json.loads(body.decode())
    except ValueError as error:
        raise ProtocolError("a body is not JSON: %s" % error) from None
    if not isinstance(value, dict):
        raise ProtocolError("a body is %r, wanted an object" % (value,))
    missing = [field for field in _FIELDS.get(kind, ()) if field not in value]
    if missing:
        raise ProtocolError("a body of type 0x%02x lacks %s" % (kind, missing[0]))
    return value


def _frame(kind, step, process, body):
    octets = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()
    return _HEADER.pack(_FIXED + len(octets), kind, step, process) + octets


def _die_with_parent():
    """Ask Linux to end this process when the tester dies."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)
    except (ImportError, AttributeError, OSError):
        pass  # End-of-file on the channel ends it as well.


def _serve(agent, channel):
    calls = sorted(name[5:] for name in dir(agent) if name.startswith("call_"))
    hello = {"protocol": PROTOCOL, "name": agent.name, "version": agent.version}
    hello.update(clock=agent.clock, capabilities=list(agent.capabilities), calls=calls)
    channel.write([_frame(HELLO, 0, 0, hello)])
    started = False
    while True:
        frame = channel.read()
        if frame is None or frame[0] == BYE:
            return 0
        kind, step, process, body = frame
        if started == (kind == START):
            raise ProtocolError("a frame of type 0x%02x at this point" % kind)
        try:
            if kind == START:
                agent.start(body)
                started = True
            else:
                agent._execute(kind, process, body, channel)
        except Refused as refusal:
            channel.write([_frame(REFUSED, step, 0, {"reason": str(refusal)})])
            return 0
        channel.write(agent._answer(step))


def serve(agent, fd=None):
    """Serve one stack until the tester goes away, then end the program.

    Exit status 0; EX_AGENT for a breach of the protocol; 1, with a traceback, for an exception of
    yours, which the tester takes for a fault of the stack.
    """
    _die_with_parent()
    try:
        number = os.environ.get("TCPASSAY_FD", "") if fd is None else str(fd)
        if not number.isdigit():
            raise ProtocolError("no TCPASSAY_FD in the environment: the tester starts this program")
        status = _serve(agent, _Channel(int(number)))
    except ProtocolError as error:
        sys.stderr.write("agent: %s\n" % error)
        status = EX_AGENT
    except Exception:
        traceback.print_exc()
        status = 1
    sys.stderr.flush()
    os._exit(status)
