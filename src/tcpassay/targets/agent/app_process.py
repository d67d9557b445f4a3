"""One app process: makes the socket calls that the supervisor hands on."""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import traceback
from typing import TYPE_CHECKING, Final, NoReturn

from tcpassay.core.errors import AgentFault, TcpassayError
from tcpassay.core.events import Advance, Cancel, Idle, Outcome, Signalled, Spawn, StartCall
from tcpassay.targets.agent.descriptors import close_all_but, raised
from tcpassay.targets.agent.link import Link
from tcpassay.targets.agent.serve import answer
from tcpassay.targets.messages import read_command, time_frame
from tcpassay.targets.namespace.calls import PosixCalls
from tcpassay.targets.orphans import die_with
from tcpassay.targets.protocol import EX_AGENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from tcpassay.core.events import StackEvent
    from tcpassay.targets.protocol import Frame

_PR_SET_DUMPABLE: Final = 4
_REPORTED: Final = (signal.SIGPIPE, signal.SIGURG, signal.SIGIO, signal.SIGUSR1, signal.SIGUSR2)
_CLONE_NEWUSER: Final = 0x1000_0000
_prctl = ctypes.CDLL(None).prctl
_unshare = ctypes.CDLL(None).unshare


class Nursery:
    """Where a process that has just been born hands in the other end of its control link."""

    def __init__(self) -> None:
        receiving, sending = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._receiving = socket.socket(fileno=raised(receiving.detach()))
        self._sending = socket.socket(fileno=raised(sending.detach()))
        self.supervisor = os.getpid()

    def hand_in(self) -> int:
        """In the new process: make a control link; our end of it, all else of ours closed."""
        close_all_but(self._sending.fileno())
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._sending, [str(os.getpid()).encode()], [theirs.fileno()])
        return raised(ours.detach())

    def take(self, within_s: float) -> tuple[int, int]:
        """In the supervisor: the pid and the control link of the process born last.

        Raises AgentFault when none comes.
        """
        self._receiving.settimeout(within_s)
        try:
            text, fds, _, _ = socket.recv_fds(self._receiving, 32, 1)
        except OSError as error:
            raise AgentFault(f"an app process did not start: {error}") from None
        return int(text), raised(fds[0])


class AppProcess:
    """The life of an app process, from fork to end of file on its control link."""

    def __init__(self, nursery: Nursery, now_ns: Callable[[], int]) -> None:
        self._nursery = nursery
        self._now_ns = now_ns
        self._signals: list[StackEvent] = []
        self._number = 0
        self._calls = PosixCalls(now_ns, on_return=self._wake)
        for each in _REPORTED:
            signal.signal(each, self._on_signal)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def live(self, number: int, user: int | None) -> NoReturn:
        """Take up life as process `number`, serve the supervisor, and exit."""
        status = EX_AGENT
        try:
            self._number = number
            control = self._nursery.hand_in()
            self._wake_read, self._wake_write = (raised(fd) for fd in os.pipe())
            os.set_blocking(self._wake_write, False)
            die_with(self._nursery.supervisor)
            if user is not None:
                _become(user)
                die_with(self._nursery.supervisor)
            self._serve(Link(control))
            status = 0
        except TcpassayError as error:
            os.write(2, f"{error}\n".encode())
        except BaseException:
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(status)

    def _serve(self, link: Link) -> None:
        sources = select.poll()
        sources.register(link.fileno(), select.POLLIN)
        sources.register(self._wake_read, select.POLLIN)
        while True:
            ready = [fd for fd, _ in sources.poll()]
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                link.write(time_frame(self._now_ns(), 0))
            if link.fileno() in ready:
                frame = link.read()
                if frame is None:
                    return
                self._obey(frame, link)

    def _obey(self, frame: Frame, link: Link) -> None:
        match read_command(frame):
            case StartCall(call):
                self._calls.start(call)
            case Cancel(call_id):
                self._calls.cancel(call_id)
            case Spawn(process, _, user):
                self._fork(process, user)
            case Advance():
                pass
            case command:
                raise AgentFault(f"{type(command).__name__} is nothing for an app process")
        events = self._calls.settle()
        events[:0], self._signals = self._signals, []
        idle = Idle(self._now_ns(), None, self._calls.blocked())
        link.write(answer(Outcome(events, idle), frame.step))

    def _fork(self, number: int, user: int | None) -> None:
        """Fork, twice: the child becomes the supervisor's, which alone can wait for it."""
        between = os.fork()
        if between:
            self._calls.descriptors_shared()
            os.waitpid(between, 0)
            return
        if os.fork():
            os._exit(0)
        while os.getppid() != self._nursery.supervisor:
            os.sched_yield()
        self._calls.forked()
        self._signals.clear()
        self.live(number, user)

    def _wake(self) -> None:
        try:
            os.write(self._wake_write, b"!")
        except BlockingIOError:
            return

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        self._signals.append(Signalled(self._now_ns(), self._number, name))
        self._wake()


def _become(user: int) -> None:
    """Give up all privileges for those of `user`, and stay readable in /proc for ourselves.

    Inside an unprivileged user namespace there is nobody else to become. A user namespace below it
    does as well: its processes have no privileges over the stack's network namespace.
    """
    try:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    except OSError as error:
        if _unshare(_CLONE_NEWUSER):
            raise AgentFault(
                f"cannot become user {user}: {error.strerror}; run as root, or without this case"
            ) from None
    _prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
