"""The resolver: tables, their answers through the calls, and what goes wrong."""

from __future__ import annotations

from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from tcpref import names_address
from tcpref.calls import CALLS
from tcpref.names import Resolver
from tcpref.names_addrinfo import getaddrinfo
from tcpref.names_errors import EAI, TROUBLES, explain
from tcpref.names_hints import Hints
from tcpref.names_hosts import Hosts
from tcpref.names_services import Services, port_number
from tcpref.settings import Settings, make_settings

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host, Returned

HOSTS = """
# a remark
127.0.0.1 localhost
192.0.2.10\tWeb.example.net  www web # another
192.0.2.10 web.example.net old
192.0.2.11 web.example.net
2001:db8::10 web.example.net
2001:db8::30 six
192.0.2.300 broken
192.0.2 short
0x7f.0.0.1 hexadecimal
192.0.2.12
"""
SERVICES = """
http 80/tcp www # remark
domain 53/tcp
domain 53/udp
echo 7/tcp
broken 70000/tcp
broken x/tcp
broken 80
broken
second 80/tcp
"""
ROOMS = ("length", 16), ("length", 1025), ("length", 32)
STREAM = ("flags", ()), ("name", "AF_UNSPEC"), ("name", "SOCK_STREAM"), ("value", 0)

#: What arguments may be, wrong ones among them.
VALUES: dict[str, tuple[object, ...]] = {
    "text": (None, "", "localhost", "six", "1.2.3", "::1", "80", "http", 5, b"x", "\0", "9" * 6000),
    "value": (0, -1, 80, 65536, 1 << 70, "x", None, 3.5),
    "octets": (b"", b"1234", bytes(16), None, "x"),
    "length": (0, 4, 16, 28, 1025, -1, 1 << 70, None, "x"),
    "name": ("AF_INET", "AF_INET6", "AF_UNSPEC", "0", "SOCK_STREAM", "SOCK_RAW", 7, None, b""),
    "flags": ((), ("AI_PASSIVE",), ("AI_CANONNAME", "AI_ALL"), ("NI_DGRAM",), None, 5, (1, 2)),
    "address": (("127.0.0.1", 80), ("::1", 80), ("x", 1), ("::1", -5), (1, 2), None, ("::1",)),
}


@pytest.fixture
def named_host(make_host: type[Host]) -> Host:
    """A host with tables."""
    return make_host(hosts=HOSTS, services=SERVICES, domain="Example.net")


def look_up(host: Host, node: object, *hints: tuple[str, object]) -> Returned:
    return host.call("getaddrinfo", ("text", node), ("text", "80"), *hints)


def test_addresses_of_every_line_once_in_order(named_host: Host) -> None:
    found = named_host.call("gethostbyname", ("text", "WEB.EXAMPLE.NET"))
    assert found.value == 1
    entry = {"h_name": "Web.example.net", "h_addrtype": "AF_INET", "h_length": 4}
    assert found.get("state") == entry
    assert found.get("texts") == ("www", "web", "web.example.net", "old")
    octets = [value for tag, value in found.out if tag == "octets"]
    assert octets == [bytes([192, 0, 2, 10]), bytes([192, 0, 2, 11])]


@pytest.mark.parametrize("name", ["broken", "short", "hexadecimal", "192.0.2.12.", "#", "remark"])
def test_malformed_lines_are_passed_over(name: str) -> None:
    assert Hosts(HOSTS).named(name) == ()


@pytest.mark.parametrize("name", ["broken", "x/tcp", "80"])
def test_malformed_services_are_passed_over(name: str) -> None:
    assert Services(SERVICES).named(name) is None


def test_the_first_service_at_a_port() -> None:
    services = Services(SERVICES)
    assert [found and found.name for found in (services.at(80), services.at(80, "tcp"))] == [
        "http",
        "http",
    ]
    assert services.at(80, "udp") is None


@pytest.mark.parametrize(
    ("text", "port"),
    [("0", 0), ("00000080", 80), ("65535", 65535), ("65536", None), ("", None), ("-1", None),
     ("0" * 5000 + "7", 7), ("9" * 5000, None), ("٣", None), ("²", None)],
)  # fmt: skip
def test_ports(text: str, port: int | None) -> None:
    assert port_number(text) == port


@pytest.mark.parametrize("text", ["9" * 5000, "1." * 5000, "\0", "é", "0xfffffffff", "::\0", "::é"])
def test_odd_numbers_are_no_addresses(text: str) -> None:
    assert names_address.from_text(text) is None


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "::1", "2001:db8::1:0:0:1"])  # noqa: S104 - text
def test_addresses_there_and_back(address: str) -> None:
    packed = names_address.from_text(address)
    assert packed is not None
    assert names_address.to_text(packed) == address


@pytest.mark.parametrize(
    ("trouble", "h_errno", "eai"),
    [(name, *codes) for name, codes in ((n, t[:2]) for n, t in TROUBLES.items() if t)],
)
def test_trouble_has_a_word_in_each_family(
    make_host: type[Host], trouble: str, h_errno: str, eai: str
) -> None:
    host = make_host(resolver=trouble)
    by_address = ("octets", b"\x7f\0\0\1"), ("length", 4), ("name", "AF_INET")
    name_info = ("address", ("127.0.0.1", 80)), *ROOMS, ("flags", ())
    assert host.call("gethostbyname", ("text", "localhost")).errno == h_errno
    assert host.call("gethostbyaddr", *by_address).errno == h_errno
    assert look_up(host, "localhost").errno == eai
    told = host.call("getnameinfo", *name_info)
    assert (told.value, told.errno) == (-1, eai)
    assert told.out == ((("name", "EACCES"),) if eai == "EAI_SYSTEM" else ())
    assert look_up(host, "127.0.0.1").errno is None


def test_resolver_setting_is_one_of_four_words() -> None:
    with pytest.raises(ValueError, match=r"'resolver': wanted one of answers, .*got 'dns'"):
        make_settings({"resolver": "dns"})


def test_lists_are_held_by_a_process_and_forked_with_it(make_host: type[Host]) -> None:
    host = make_host(max_address_lists=2)
    first, second = (look_up(host, "localhost").value for _ in range(2))
    assert look_up(host, "localhost").errno == "EAI_MEMORY"
    host.assay.spawn(1, None, None, host.now)
    assert host.call("freeaddrinfo", ("value", first), process=1).errno == "EINVAL"
    host.assay.spawn(2, 0, None, host.now)
    assert host.call("freeaddrinfo", ("value", first), process=2).errno is None
    assert host.call("freeaddrinfo", ("value", second)).errno is None
    assert host.call("freeaddrinfo", ("value", second)).errno == "EINVAL"
    assert look_up(host, "localhost").value > second


def test_configured_families_only() -> None:
    hints = Hints(frozenset({"AI_ADDRCONFIG"}), socktype="SOCK_STREAM")
    mapped = Hints(hints.flags | {"AI_V4MAPPED"}, "AF_INET6", "SOCK_STREAM")
    for own, families in (([bytes(4)], {4}), ([bytes(16)], {16}), ([bytes(4), bytes(16)], {4, 16})):
        resolver = Resolver(Settings(hosts=HOSTS), own)
        found = getaddrinfo(resolver, "web.example.net", None, hints)
        assert {len(entry.address) for entry in found} == families
    (only,) = getaddrinfo(Resolver(Settings(hosts=HOSTS), [bytes(16)]), "www", None, mapped)
    assert names_address.to_text(only.address) == "::ffff:192.0.2.10"


def test_without_a_host_ipv6_is_first(named_host: Host) -> None:
    found = look_up(named_host, None, *STREAM)
    assert [entry["address"] for _, entry in found.out] == ["::1", "127.0.0.1"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("name", "args", "errno"),
    [
        ("gethostbyname", (), "EINVAL"),
        ("gethostbyname", (("text", None),), "EINVAL"),
        ("gethostbyname", (("text", 7),), "EINVAL"),
        ("gethostbyname", (("text", "six"),), "NO_DATA"),
        ("gethostbyname", (("text", "x" * 100_000),), "HOST_NOT_FOUND"),
        ("gethostbyaddr", (), "EINVAL"),
        ("gethostbyaddr", (("octets", b""), ("length", 4), ("name", "AF_INET")), "NO_RECOVERY"),
        ("gethostbyaddr", (("octets", bytes(4)), ("length", 4), ("name", "AF_X")), "NO_RECOVERY"),
        ("gethostbyaddr", (("octets", bytes(4)), ("name", "AF_INET")), "EINVAL"),
        ("getservbyname", (("text", None), ("text", "tcp")), "EINVAL"),
        ("getservbyport", (("text", "tcp"),), "EINVAL"),
        ("getservbyport", (("value", 80), ("text", 6)), "EINVAL"),
        ("getaddrinfo", (), "EAI_NONAME"),
        ("getaddrinfo", (("text", 1), ("text", 2)), "EINVAL"),
        ("getaddrinfo", (("text", "six"), ("text", None), ("flags", ())), "EINVAL"),
        ("getnameinfo", (("name", "AF_UNIX"), *ROOMS, ("flags", ())), "EAI_FAMILY"),
        ("getnameinfo", (("address", ("banana", 80)), *ROOMS), "EAI_FAMILY"),
        ("getnameinfo", (("address", ("::1", 80)), *ROOMS), "EAI_FAMILY"),
        ("getnameinfo", (("address", ("127.0.0.1", 80)),), "EINVAL"),
        ("getnameinfo", (("address", ("127.0.0.1", 80)), *ROOMS[:2], ("length", -1)), "EINVAL"),
        ("getnameinfo", (("address", ("127.0.0.1", -1)), *ROOMS), "EINVAL"),
        ("getnameinfo", (("address", ("127.0.0.1", 65536)), *ROOMS), "EINVAL"),
        ("freeaddrinfo", (), "EINVAL"),
        ("freeaddrinfo", (("value", 1),), "EINVAL"),
        ("gai_strerror", (), "EINVAL"),
    ],
    ids=str,
)  # fmt: skip
def test_bad_arguments(
    named_host: Host, name: str, args: tuple[tuple[str, object], ...], errno: str
) -> None:
    told = named_host.call(name, *args)
    assert (told.value, told.errno, told.out) == (-1, errno, ())


def test_any_arguments_end_in_one_return(named_host: Host) -> None:
    """10,000 calls with arguments at random, most of them wrong; each returns, none raises."""
    random = Random(3)
    calls = [
        name for name in CALLS if name.startswith(("gethost", "getserv", "getaddr", "getname"))
    ]
    calls += ["freeaddrinfo", "gai_strerror"]
    errors = set()
    for _ in range(10_000):
        tags = random.choices(list(VALUES), k=random.randint(0, 6))
        args = [(tag, random.choice(VALUES[tag])) for tag in tags]
        errors.add(named_host.call(random.choice(calls), *args).errno)
    assert errors >= {None, "EINVAL", "EAI_NONAME", "EAI_FAMILY", "HOST_NOT_FOUND"}
    assert not errors - {None, "EINVAL", "HOST_NOT_FOUND", "NO_DATA", "NO_RECOVERY", *EAI}


def test_no_protocol_is_not_an_empty_one(named_host: Host) -> None:
    assert named_host.call("getservbyname", ("text", "http"), ("text", "")).value == 0
    found = named_host.call("getservbyname", ("text", "http"), ("text", None))
    assert found.get("state") == {"s_name": "http", "s_port": 80, "s_proto": "tcp"}
    assert found.get("texts") == ("www",)


@pytest.mark.parametrize(
    ("address", "name"),
    [("192.0.2.10", "Web"), ("2001:db8::30", "six"), ("127.0.0.1", "localhost")],
)
def test_own_domain_is_left_out(named_host: Host, address: str, name: str) -> None:
    sizes = ("length", 28), *ROOMS[1:]
    args = ("address", (address, 53)), *sizes, ("flags", ("NI_NOFQDN", "NI_DGRAM"))
    assert named_host.call("getnameinfo", *args).out == (("text", name), ("text", "domain"))


def test_codes_in_words() -> None:
    assert len({explain(code) for code in EAI}) == len(EAI) == 10
    assert explain("EAI_BANANA") not in EAI.values()


def test_a_large_table_is_as_fast_as_a_small_one() -> None:
    """100,000 hosts against 10; a look-up costs at most five times as much."""
    lines = [f"10.{i >> 16}.{i >> 8 & 255}.{i & 255} h{i}.example.net h{i}" for i in range(100_000)]
    hints = Hints(socktype="SOCK_STREAM")

    def cost(count: int) -> float:
        resolver = Resolver(Settings(hosts="\n".join(lines[:count])), [])
        names = [f"h{i * 7919 % count}" for i in range(500)]
        times = []
        for _ in range(7):
            start = perf_counter()
            for name in names:
                getaddrinfo(resolver, name, "80", hints)
            times.append(perf_counter() - start)
        return min(times)

    assert cost(100_000) < 5 * cost(10)
