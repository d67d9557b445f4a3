"""Beginning and ending connections: connect, accept, shutdown, close, dup, _exit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import fastopen_stack, keepalive, user, uto
from tcpref.addresses import is_link_local, is_wildcard, same_network
from tcpref.calls_naming import (
    SOCKET_FLAGS,
    address_argument,
    bind_to,
    connected,
    name_of,
    target,
)
from tcpref.errors import CallError
from tcpref.ip_choices import NO_CHOICES
from tcpref.sockets import Socket
from tcpref.tcb import Key, State, Tcb
from tcpref.waiting import FOREVER, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpref.fastopen import FastOpen
    from tcpref.kernel import Kernel
    from tcpref.stack import Stack
    from tcpref.waiting import PendingCall

    Opener = Callable[[Stack, Key], FastOpen | None]


def connect(kernel: Kernel, call: PendingCall) -> Result | None:
    """connect(fd, address): blocks until the handshake is over, or EINPROGRESS."""
    made = target(call)
    if not call.started:
        refuse_connect(made)
        opening = fastopen_stack.deferred_open if made.fast_open_connect else None
        start_connect(kernel, call, made, opening)
        call.started = True
        if made.deferred:
            return Result()
        if made.nonblocking:
            raise CallError("EINPROGRESS")
        return None
    if made.connecting:
        return None
    if made.failed:
        made.raise_error()
    if made.tcb is None or made.tcb.state is State.CLOSED:
        raise CallError("ECONNABORTED")  # Closed by another call while this one waited.
    return Result()


def refuse_connect(made: Socket) -> None:
    """Raise for a socket that cannot start a connection."""
    if made.listener is not None:
        raise CallError("EOPNOTSUPP")
    if made.connecting:
        raise CallError("EISCONN" if made.deferred else "EALREADY")
    if made.failed:
        made.raise_error()
        raise CallError("EINVAL")  # A failed socket is of no further use.
    if made.tcb is not None:
        raise CallError("EISCONN")


def start_connect(
    kernel: Kernel,
    call: PendingCall,
    made: Socket,
    fast_open: Opener | None = None,
    text: bytes = b"",
) -> Tcb:
    """Choose this end, and send the SYN. `fast_open` makes what it needs for the ends chosen."""
    stack = kernel.stack
    remote, port = address_argument(kernel, made, call.args)
    if not made.reaches(remote) or not made.has_source(remote):
        raise CallError("ENETUNREACH")
    refuse_destination(stack, remote)
    if port == 0:
        raise CallError("EADDRNOTAVAIL")
    if len(stack.connections) >= stack.settings.max_connections:
        raise CallError("ENOBUFS")
    local = source_for(stack, remote) if is_wildcard(made.address) else made.address
    if made.binding is None:
        bind_to(kernel, made, made.address, 0, (local, remote, port))
    key = (local, made.port, remote, port)
    if key in stack.connections or made.binding is None:
        raise CallError("EADDRINUSE")
    made.address = local
    opening = None if fast_open is None else fast_open(stack, key)
    made.tcb = user.open_actively(stack, made, key, made.binding, opening, text)
    kernel.limit_time(call, made.snd_timeout or FOREVER)
    call.timed_out = Result(-1, "EINPROGRESS")
    return made.tcb


def refuse_destination(stack: Stack, remote: bytes) -> None:
    """MUST-46: only a single other host can be reached, and only where a route leads."""
    if not stack.is_host_address(remote) or remote in stack.addresses:
        raise CallError("ENETUNREACH")
    routed = stack.settings.default_route and not is_link_local(remote)
    if not routed and not on_link(stack, remote):
        raise CallError("ENETUNREACH")


def prefix_of(stack: Stack, address: bytes) -> int:
    """How many bits of an address name its network."""
    settings = stack.settings
    return settings.prefix if len(address) == 4 else settings.prefix_ipv6


def on_link(stack: Stack, remote: bytes) -> bool:
    """Whether the address lies in a network of ours."""
    prefix = prefix_of(stack, remote)
    return any(same_network(own, remote, prefix) for own in stack.addresses)


def source_for(stack: Stack, remote: bytes) -> bytes:
    """MUST-44: our address in the same network, or else the first one of the IP version.

    Raises ENETUNREACH where there is none.
    """
    usable = [own for own in stack.addresses if len(own) == len(remote)]
    if not usable:
        raise CallError("ENETUNREACH")
    prefix = prefix_of(stack, remote)
    return next((own for own in usable if same_network(own, remote, prefix)), usable[0])


def accept(kernel: Kernel, call: PendingCall) -> Result | None:
    """accept(fd) and accept4(fd, flags): the head of the accept queue."""
    made = target(call)
    listener = made.listener
    if listener is None or call.args.names() - SOCKET_FLAGS:
        raise CallError("EINVAL")
    if not listener.accept_queue:
        if made.nonblocking:
            raise CallError("EAGAIN")
        kernel.limit_time(call, made.rcv_timeout or FOREVER)
        return None
    flags = call.args.names()
    call.process.lowest_free()  # EMFILE leaves the connection in the queue.
    tcb = listener.take()
    accepted = adopt(kernel.stack, made, tcb, nonblocking="SOCK_NONBLOCK" in flags)
    peer = (name_of(kernel, made, tcb.key[2]), tcb.key[3])
    descriptor = call.process.install(accepted, cloexec="SOCK_CLOEXEC" in flags)
    return Result(descriptor, out=(("address", peer),))


def adopt(stack: Stack, made: Socket, tcb: Tcb, *, nonblocking: bool) -> Socket:
    """A socket for an accepted connection, with the options of its listener."""
    accepted = Socket(stack.settings, nonblocking=nonblocking, family=made.family)
    accepted.address, accepted.port = tcb.key[0], tcb.key[1]
    accepted.linger, accepted.nodelay, accepted.reuse = made.linger, made.nodelay, made.reuse
    accepted.reuseport, accepted.corked = made.reuseport, made.corked
    accepted.window_clamp = made.window_clamp
    accepted.v6only = made.v6only
    accepted.soft_errors = made.soft_errors
    accepted.ip = tcb.ip or NO_CHOICES
    accepted.rcv_buffer, accepted.snd_buffer = made.rcv_buffer, made.snd_buffer
    accepted.rcv_timeout, accepted.snd_timeout = made.rcv_timeout, made.snd_timeout
    accepted.oob_inline, accepted.user_timeout = made.oob_inline, made.user_timeout
    accepted.user_timeout_asked = made.user_timeout_asked
    accepted.keepalive, accepted.keepalive_times = made.keepalive, made.keepalive_times
    accepted.tcb = tcb
    if tcb.binding is not None:
        accepted.binding = stack.ports.share(tcb.binding)
    tcb.listener = None
    tcb.socket = accepted
    catch_up(stack, accepted, tcb)
    return accepted


def catch_up(stack: Stack, accepted: Socket, tcb: Tcb) -> None:
    """Options that the listener was given while the connection was waiting for accept()."""
    tcb.nodelay, tcb.rcv_buffer = accepted.nodelay, accepted.receive_room()
    tcb.corked = accepted.corked
    if accepted.keepalive or tcb.keepalive is not None:
        keepalive.apply(stack, accepted, tcb)
    if accepted.user_timeout or tcb.patience is not None:
        uto.apply(stack, accepted, tcb)


def shutdown(kernel: Kernel, call: PendingCall) -> Result:
    """shutdown(fd, how): ends a direction for all who hold the socket, at once."""
    made = target(call)
    how = call.args.name()
    if how not in ("SHUT_RD", "SHUT_WR", "SHUT_RDWR"):
        raise CallError("EINVAL")
    tcb = connected(made)
    if how != "SHUT_WR":
        made.read_shut = True
        user.stop_receiving(kernel.stack, tcb)
    if how != "SHUT_RD" and not made.write_shut:
        made.write_shut = True
        user.close(kernel.stack, tcb)
    kernel.wake(made)
    return Result()


def close(kernel: Kernel, call: PendingCall) -> Result | None:
    """close(fd): with SO_LINGER and a time it blocks until all is acknowledged."""
    if not call.started:
        call.started = True
        made = call.process.remove(call.args.descriptor())
        call.sockets = (made,)
        kernel.release(made)
    return None if lingers(kernel, call, call.sockets[0]) else Result()


def lingers(kernel: Kernel, call: PendingCall, made: Socket) -> bool:
    """Whether close() must still wait."""
    onoff, seconds = made.linger
    tcb = made.tcb
    if made.references or not onoff or not seconds or tcb is None:
        return False
    if tcb.fin_acked or tcb.state is State.CLOSED:
        return False
    call.timed_out = Result()
    kernel.limit_time(call, seconds * 1000)
    return True


def dup(_kernel: Kernel, call: PendingCall) -> Result:
    """dup(fd): one more descriptor for the same socket."""
    return Result(call.process.install(target(call)))


def exit_process(kernel: Kernel, call: PendingCall) -> None:
    """_exit(status): every descriptor of the process is closed; the call never returns."""
    kernel.end(call.process.number, call.args.number("value", 0) & 0xFF)
