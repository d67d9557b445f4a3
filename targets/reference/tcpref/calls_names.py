"""Calls about names of hosts and services, as POSIX and, for gethostby*(), X/Open have them.

Null pointers are texts without a value. A call that has nothing to find returns 0 and no result,
where C returns a null pointer and says nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tcpref import names_address as text
from tcpref.errors import CallError
from tcpref.names_addrinfo import AddrInfo, getaddrinfo
from tcpref.names_errors import Unanswered, explain, refuse
from tcpref.names_hints import Hints
from tcpref.names_hosts import HostLine, aliases_of
from tcpref.names_nameinfo import Question, getnameinfo
from tcpref.names_services import ANY, MAX_PORT, Service
from tcpref.waiting import Result

if TYPE_CHECKING:
    from tcpref.arguments import Arguments
    from tcpref.kernel import Kernel
    from tcpref.waiting import PendingCall

FOUND = 1
NOTHING = Result(0)


def gethostbyname(kernel: Kernel, call: PendingCall) -> Result:
    """gethostbyname(name): IPv4 only; HOST_NOT_FOUND, NO_DATA, TRY_AGAIN or NO_RECOVERY."""
    name = required(call.args.text())
    number = text.from_dots(name)
    if number is not None:
        return host_result(name, (), [number])
    lines = [line for line in named(kernel, name) if len(line.address) == 4]
    if not lines:
        raise refuse("NO_DATA")
    addresses = dict.fromkeys(line.address for line in lines)
    return host_result(lines[0].name, aliases_of(lines), addresses)


def named(kernel: Kernel, name: str) -> tuple[HostLine, ...]:
    """The lines of a name, with h_errno for what goes wrong."""
    try:
        lines = kernel.resolver.hosts_named(name)
    except Unanswered as error:
        raise CallError(error.h_errno) from None
    if not lines:
        raise refuse("HOST_NOT_FOUND")
    return lines


def gethostbyaddr(kernel: Kernel, call: PendingCall) -> Result:
    """gethostbyaddr(octets, length, family): an address of another length is NO_RECOVERY."""
    address = call.args.octets()
    size = {"AF_INET": 4, "AF_INET6": 16}.get(call.args.name())
    if size is None or call.args.number("length") != size or len(address) != size:
        raise refuse("NO_RECOVERY")
    try:
        line = kernel.resolver.host_at(address)
    except Unanswered as error:
        raise CallError(error.h_errno) from None
    if line is None:
        raise refuse("HOST_NOT_FOUND")
    return host_result(line.name, aliases_of([line]), [address])


def host_result(name: str, aliases: tuple[str, ...], addresses: Iterable[bytes]) -> Result:
    """A struct hostent as results: the addresses in network order."""
    packed = list(addresses)
    entry = {"h_name": name, "h_addrtype": text.family_of(packed[0]), "h_length": len(packed[0])}
    octets = (("octets", address) for address in packed)
    return Result(FOUND, out=(("state", entry), ("texts", aliases), *octets))


def getservbyname(kernel: Kernel, call: PendingCall) -> Result:
    """getservbyname(name, protocol): protocol null is any."""
    name = required(call.args.text())
    return service_result(kernel.resolver.services.named(name, protocol_argument(call.args, 1)))


def getservbyport(kernel: Kernel, call: PendingCall) -> Result:
    """getservbyport(port, protocol): protocol null is any; the port in host order."""
    port = call.args.number("value")
    return service_result(kernel.resolver.services.at(port, protocol_argument(call.args, 0)))


def protocol_argument(args: Arguments, index: int) -> str:
    """The protocol; a name that is empty is the name of none."""
    protocol = args.text(index)
    return ANY if protocol is None else protocol or "none"


def service_result(service: Service | None) -> Result:
    """A struct servent as results, or nothing."""
    if service is None:
        return NOTHING
    entry = {"s_name": service.name, "s_port": service.port, "s_proto": service.protocol}
    return Result(FOUND, out=(("state", entry), ("texts", service.aliases)))


def get_address_info(kernel: Kernel, call: PendingCall) -> Result:
    """getaddrinfo(node, service, hints): the number of a list, held until the process frees it."""
    node, service = call.args.text(0), call.args.text(1)
    try:
        entries = getaddrinfo(kernel.resolver, node, service, hints_argument(call.args))
    except Unanswered as error:
        return unanswered(error)
    held = call.process.address_lists
    if len(held) >= kernel.resolver.max_lists:
        raise refuse("EAI_MEMORY")
    number = next(kernel.resolver.list_numbers)
    held.add(number)
    return Result(number, out=tuple(address_info(entry) for entry in entries))


def hints_argument(args: Arguments) -> Hints:
    """The struct addrinfo of the caller; none at all is the null pointer."""
    if args.first("flags") is None:
        return Hints()
    return Hints(args.names(), args.name(0), args.name(1), args.number("value", 0))


def unanswered(error: Unanswered) -> Result:
    """An EAI code; EAI_SYSTEM comes with errno."""
    return Result(-1, error.eai, (("name", error.errno),) if error.errno else ())


def address_info(entry: AddrInfo) -> tuple[str, object]:
    """A struct addrinfo as a result."""
    told: dict[str, object] = {
        "ai_family": text.family_of(entry.address),
        "ai_socktype": entry.socktype,
        "ai_protocol": entry.protocol,
        "address": text.to_text(entry.address),
        "port": entry.port,
    }
    if entry.canonname:
        told["ai_canonname"] = entry.canonname
    return "state", told


def freeaddrinfo(_kernel: Kernel, call: PendingCall) -> Result:
    """freeaddrinfo(list): EINVAL where POSIX leaves open what happens, with a list not held."""
    call.process.free_addresses(call.args.number("value"))
    return Result()


def get_name_info(kernel: Kernel, call: PendingCall) -> Result:
    """getnameinfo(address, size, host room, service room, flags): host and service."""
    args = call.args
    if args.first("address") is None:
        raise refuse("EAI_FAMILY")
    host, port = args.pair("address")
    address = text.from_strict(host) if isinstance(host, str) else None
    if address is None:
        raise refuse("EAI_FAMILY")
    if not isinstance(port, int) or not 0 <= port <= MAX_PORT:
        raise CallError("EINVAL")
    size, host_room, service_room = (args.size(index) for index in range(3))
    asked = Question(address, port, size, host_room, service_room, args.names())
    try:
        names = getnameinfo(kernel.resolver, asked)
    except Unanswered as error:
        return unanswered(error)
    return Result(out=(("text", names.host), ("text", names.service)))


def gai_strerror(_kernel: Kernel, call: PendingCall) -> Result:
    """gai_strerror(code): the code in words."""
    return Result(FOUND, out=(("text", explain(call.args.name())),))


def required(value: str | None) -> str:
    """A name that may not be null."""
    if value is None:
        raise CallError("EINVAL")
    return value
