"""Making and naming sockets: socket, bind, listen, getsockname, getpeername."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import addresses, reuseport
from tcpref.errors import CallError
from tcpref.listener import Listener
from tcpref.sockets import Socket
from tcpref.tcb import State, Tcb
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpref.arguments import Arguments
    from tcpref.kernel import Kernel
    from tcpref.port_selection import Destination
    from tcpref.waiting import PendingCall

IPPROTO_TCP = 6
#: Octets of struct sockaddr_in and sockaddr_in6.
SOCKADDR_SIZE = {"AF_INET": 16, "AF_INET6": 28}
SOCKET_FLAGS = frozenset({"SOCK_NONBLOCK", "SOCK_CLOEXEC"})


def socket(kernel: Kernel, call: PendingCall) -> Result:
    """socket(family, type, protocol): streams over TCP, of IPv4 or IPv6."""
    family, flags = call.args.name(), call.args.names()
    refuse_socket(family, flags, call.args.number("value", 0))
    nonblocking = "SOCK_NONBLOCK" in flags
    made = Socket(kernel.stack.settings, nonblocking=nonblocking, family=family)
    return Result(call.process.install(made, cloexec="SOCK_CLOEXEC" in flags))


def refuse_socket(family: str, flags: frozenset[str], protocol: int) -> None:
    """Raise for a kind of socket that the stack does not have."""
    if family not in addresses.WILDCARDS:
        raise CallError("EAFNOSUPPORT")
    if flags - SOCKET_FLAGS != {"SOCK_STREAM"}:
        raise CallError("EPROTOTYPE")
    if protocol not in (0, IPPROTO_TCP):
        raise CallError("EPROTONOSUPPORT")


def target(call: PendingCall) -> Socket:
    """The socket that the call is about; a blocked call keeps it although its number may go."""
    if not call.sockets:
        call.sockets = (call.process.socket(call.args.descriptor()),)
    return call.sockets[0]


def address_argument(kernel: Kernel, made: Socket, args: Arguments) -> tuple[bytes, int]:
    """The address argument; raises EAFNOSUPPORT for one of another family than the socket's.

    A link-local one needs its interface, sin6_scope_id: written behind it, "fe80::1%77" (ipv6(7)).
    """
    host, port = args.pair("address")
    if not isinstance(host, str) or not isinstance(port, int) or not 0 <= port <= 0xFFFF:
        raise CallError("EINVAL")
    try:
        host, scoped = addresses.with_zone(host, kernel.stack.settings.interface_number)
    except ValueError:
        raise CallError("EINVAL") from None
    address = addresses.from_text(host)
    if address is None or addresses.is_link_local(address) > scoped:
        raise CallError("EINVAL")
    if (":" in host) != (made.family == "AF_INET6"):
        raise CallError("EAFNOSUPPORT")
    return address, port


def bind(kernel: Kernel, call: PendingCall) -> Result:
    """bind(fd, address): a local address and port, once."""
    made = target(call)
    address, port = address_argument(kernel, made, call.args)
    if has_name(made):
        raise CallError("EINVAL")
    if not may_be_ours(kernel, made, address):
        raise CallError("EADDRNOTAVAIL")
    if 0 < port < kernel.stack.settings.privileged_ports and not call.process.privileged:
        raise CallError("EACCES")
    bind_to(kernel, made, address, port)
    return Result()


def has_name(made: Socket) -> bool:
    """Whether a local address and port have been chosen already, by whichever call."""
    return made.binding is not None or made.tcb is not None


def may_be_ours(kernel: Kernel, made: Socket, address: bytes) -> bool:
    """Whether the socket can have this local address: any, or one of an interface."""
    own = addresses.is_wildcard(address) or address in kernel.stack.addresses
    return own and made.reaches(address)


def bind_to(
    kernel: Kernel,
    made: Socket,
    address: bytes,
    port: int,
    destination: Destination | None = None,
) -> None:
    """Hold the port; 0 stands for an ephemeral one, to `destination`.

    Raises EADDRINUSE, or EADDRNOTAVAIL where no ephemeral port is left for a connect().
    """
    ports = kernel.stack.ports
    if port == 0:
        free = ports.ephemeral(destination)
        if free is None:
            raise CallError("EADDRINUSE" if destination is None else "EADDRNOTAVAIL")
        port = free
    elif not ports.available(
        address, port, reuse=made.reuse, v6only=made.v6only, shared=made.reuseport
    ):
        raise CallError("EADDRINUSE")
    made.binding = ports.hold(
        address, port, reuse=made.reuse, v6only=made.v6only, shared=made.reuseport
    )
    made.address = address
    made.port = port


def listen(kernel: Kernel, call: PendingCall) -> Result:
    """listen(fd, backlog): an unbound socket gets an ephemeral port; again changes the backlog."""
    made = target(call)
    backlog = call.args.number("length")
    if made.tcb is not None or made.failed:
        raise CallError("EINVAL")
    if made.binding is None:
        bind_to(kernel, made, made.address, 0)
    if made.listener is None:
        start_listening(kernel, made)
    if made.listener is not None:
        made.listener.set_backlog(backlog)
    return Result()


def start_listening(kernel: Kernel, made: Socket) -> None:
    """CLOSED to LISTEN; raises EADDRINUSE when another socket listens there (MUST-41)."""
    stack = kernel.stack
    binding = made.binding
    if binding is None or not stack.ports.may_listen(binding):
        raise CallError("EADDRINUSE")
    binding.listening = True
    made.listener = Listener(made, made.address, made.port, stack.settings)
    reuseport.join(stack, made.listener)


def name_of(kernel: Kernel, made: Socket, address: bytes) -> str:
    """An address as a socket of this family tells it; a link-local one with its interface."""
    text = addresses.to_text(address, made.family)
    scoped = addresses.is_link_local(address)
    return f"{text}%{kernel.stack.settings.interface_number}" if scoped else text


def address_result(
    kernel: Kernel, call: PendingCall, made: Socket, address: bytes, port: int
) -> Result:
    """A result that is an address and its size; only the size where the room is less than that."""
    octets = SOCKADDR_SIZE[made.family]
    size = ("length", octets)
    room = call.args.number("length", octets)
    if room < 0:
        raise CallError("EINVAL")
    if room < octets:
        return Result(out=(size,))
    return Result(out=(("address", (name_of(kernel, made, address), port)), size))


def getsockname(kernel: Kernel, call: PendingCall) -> Result:
    """getsockname(fd): wildcard and port 0 while unbound."""
    made = target(call)
    return address_result(kernel, call, made, made.address, made.port)


def getpeername(kernel: Kernel, call: PendingCall) -> Result:
    """getpeername(fd): ENOTCONN unless a connection is open, EINVAL once it is shut down."""
    made = target(call)
    return address_result(kernel, call, made, *far_end(made))


def far_end(made: Socket) -> tuple[bytes, int]:
    """The peer's address and port."""
    tcb = connected(made)
    if made.read_shut and made.write_shut:
        raise CallError("EINVAL")
    return tcb.key[2], tcb.key[3]


def connected(made: Socket) -> Tcb:
    """The connection, which is open; raises ENOTCONN."""
    tcb = made.connection()
    if made.connecting or tcb.state is State.CLOSED:
        raise CallError("ENOTCONN")
    return tcb
