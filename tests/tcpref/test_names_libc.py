"""getaddrinfo() and the services table against the C library of this machine.

Only questions that need no host table are put, so nothing depends on how the machine resolves
names. The two differ in one thing: of an address of a family that is not wanted the C library says
EAI_ADDRFAMILY, which RFC 3493 has dropped and POSIX never had; ours is EAI_NONAME.
"""

from __future__ import annotations

import socket
from itertools import combinations, product
from pathlib import Path
from random import Random

import pytest

from tcpref import names_address
from tcpref.errors import CallError
from tcpref.names import Resolver
from tcpref.names_addrinfo import getaddrinfo
from tcpref.names_hints import Hints
from tcpref.names_nameinfo import Question, getnameinfo
from tcpref.names_services import Services
from tcpref.settings import Settings

SERVICES = Path("/etc/services")
FAMILIES = {"AF_UNSPEC": 0, "AF_INET": 2, "AF_INET6": 10, "AF_UNIX": 1}
TYPES = {"0": 0, "SOCK_STREAM": 1, "SOCK_DGRAM": 2, "SOCK_RAW": 3, "SOCK_RDM": 4}
PROTOCOLS = (0, 6, 17, 89)
FLAGS = ("AI_PASSIVE", "AI_CANONNAME", "AI_NUMERICSERV", "AI_V4MAPPED", "AI_ALL")
NI_FLAGS = ("NI_NUMERICSERV", "NI_DGRAM", "NI_NOFQDN")
NODES = (None, "192.0.2.1", "2001:db8::1", "1.2.3", "no.number")
SERVICE_NAMES = (None, "80", "nosuchservice")
Entry = tuple[int, int, int, str, str, int]
Answer = str | frozenset[Entry]
CODES = {number: name for name, number in vars(socket).items() if name.startswith("EAI_")}


def of_libc(node: str | None, service: str | None, hints: Hints) -> Answer:
    """What the C library answers."""
    flags = 0
    for name in hints.flags:
        flags |= getattr(socket, name)
    family, kind = FAMILIES[hints.family], TYPES[hints.socktype]
    host = None if node is None else node.encode()
    try:
        found = socket.getaddrinfo(host, service, family, kind, hints.protocol, flags)
    except socket.gaierror as error:
        code = CODES[error.errno or 0]
        return "EAI_NONAME" if code == "EAI_ADDRFAMILY" else code
    return frozenset(
        (int(family), int(kind), proto, canon, str(place[0]), int(place[1]))
        for family, kind, proto, canon, place in found
    )


def of_ours(resolver: Resolver, node: str | None, service: str | None, hints: Hints) -> Answer:
    """What the reference stack answers."""
    try:
        found = getaddrinfo(resolver, node, service, hints)
    except CallError as error:
        return error.errno
    return frozenset(
        (
            FAMILIES[names_address.family_of(entry.address)],
            TYPES[entry.socktype],
            entry.protocol,
            entry.canonname,
            names_address.to_text(entry.address),
            entry.port,
        )
        for entry in found
    )


@pytest.fixture(scope="module")
def resolver() -> Resolver:
    """A resolver with the services of this machine, if it has any."""
    services = SERVICES.read_text() if SERVICES.exists() else ""
    return Resolver(Settings(hosts="", services=services), [])


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("service", SERVICE_NAMES)
def test_every_hint(resolver: Resolver, node: str | None, service: str | None) -> None:
    """Each family, type, protocol and set of flags; the answer or the code of the C library."""
    flag_sets = [frozenset(some) for n in range(6) for some in combinations(FLAGS, n)]
    for family, kind, protocol, flags in product(FAMILIES, TYPES, PROTOCOLS, flag_sets):
        hints = Hints(flags | {"AI_NUMERICHOST"}, family, kind, protocol)
        ours, libc = of_ours(resolver, node, service, hints), of_libc(node, service, hints)
        assert ours == libc, (hints, ours, libc)


def test_numeric_hosts(resolver: Resolver) -> None:
    """Texts made of what numeric hosts are made of; the addresses of the C library."""
    random = Random(4)
    hints = Hints(frozenset({"AI_NUMERICHOST"}), socktype="SOCK_STREAM")
    taken = 0
    for alphabet in ("0123456789.x", "012.", "0123456789abcdef::", "01:.f"):
        for _ in range(4000):
            text = "".join(random.choices(alphabet, k=random.randint(1, 16)))
            ours, libc = of_ours(resolver, text, None, hints), of_libc(text, None, hints)
            assert ours == libc, (text, ours, libc)
            taken += not isinstance(ours, str)
    assert taken > 1000


@pytest.mark.skipif(not SERVICES.exists(), reason="this machine has no /etc/services")
def test_services_of_this_machine() -> None:
    """Each name, alias and port in /etc/services; what getservbyname(), getservbyport() give."""
    table = Services(SERVICES.read_text())
    lines = (line.partition("#")[0].split() for line in SERVICES.read_text().splitlines())
    questions = 0
    for name, place, *aliases in filter(None, lines):
        port, protocol = int(place.partition("/")[0]), place.partition("/")[2]
        for each in (name, *aliases):
            found = table.named(each, protocol)
            assert found is not None
            assert found.port == socket.getservbyname(each, protocol)
        at = table.at(port, protocol)
        assert at is not None
        assert at.name == socket.getservbyport(port, protocol)
        questions += 1
    assert questions > 10


@pytest.mark.skipif(not SERVICES.exists(), reason="this machine has no /etc/services")
@pytest.mark.parametrize("service", ["http", "domain", "tftp", "nameserver"])
def test_named_services_in_addresses(resolver: Resolver, service: str) -> None:
    """A service by name under each type and protocol; the ports of the C library."""
    for kind, protocol in product(TYPES, PROTOCOLS):
        hints = Hints(frozenset({"AI_NUMERICHOST"}), socktype=kind, protocol=protocol)
        ours = of_ours(resolver, "192.0.2.1", service, hints)
        assert ours == of_libc("192.0.2.1", service, hints), (hints, ours)


@pytest.mark.skipif(not SERVICES.exists(), reason="this machine has no /etc/services")
@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8:0:0:1::1", "::ffff:192.0.2.1"])
@pytest.mark.parametrize("port", [80, 69, 512, 514, 12345, 0])
def test_names_of_addresses(resolver: Resolver, address: str, port: int) -> None:
    """getnameinfo() of numbers under NI_NUMERICHOST; the names of the C library."""
    packed = names_address.from_strict(address)
    assert packed is not None
    for flags in (set(some) for n in range(3) for some in combinations(NI_FLAGS, n)):
        number = socket.NI_NUMERICHOST
        for name in flags:
            number |= getattr(socket, name)
        question = Question(packed, port, 28, 1025, 32, frozenset(flags | {"NI_NUMERICHOST"}))
        assert getnameinfo(resolver, question) == socket.getnameinfo((address, port), number)
