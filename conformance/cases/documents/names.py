"""DOC-44 to DOC-47: names of hosts and services, over the tables of docs/targets.md."""

from typing import NamedTuple

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.names import Hints, Host, Info, Service

#: Every EAI code of POSIX (netdb.h).
EAI = (
    "EAI_AGAIN",
    "EAI_BADFLAGS",
    "EAI_FAIL",
    "EAI_FAMILY",
    "EAI_MEMORY",
    "EAI_NONAME",
    "EAI_OVERFLOW",
    "EAI_SERVICE",
    "EAI_SOCKTYPE",
    "EAI_SYSTEM",
)
#: Of an address that is none POSIX does not say which; not that it exists without data.
NOT_AN_ADDRESS = ("NO_RECOVERY", "HOST_NOT_FOUND")
WEB4 = ("192.0.2.10", "192.0.2.11")
WEB6 = "2001:db8::10"
WEB = "web.example.net"
ANY4 = "0.0.0.0"  # noqa: S104 - what a call has to give, nothing is bound
MAPPED = tuple(f"::ffff:{address}" for address in WEB4)
#: Nothing but the type: one entry an address.
STREAM = Hints()


def infos(*addresses: str, port: int = 80, canonname: str = "") -> tuple[Info, ...]:
    """Streams to these addresses; the canonical name is the first entry's."""
    first, *others = addresses
    return (
        Info(first, port, canonname=canonname),
        *(Info(address, port) for address in others),
    )


# Hosts, the older calls.


@case(
    "DOC-44",
    rows={
        "official": (WEB, Host(WEB, ("www", "web", "www2"), WEB4)),
        "alias": ("www", Host(WEB, ("www", "web", "www2"), WEB4)),
        "alias_of_one_line": ("www2", Host(WEB, ("www", "www2"), WEB4[1:])),
        "other_case": ("FOUR.Example.Net", Host("four.example.net", ("four",), ("192.0.2.20",))),
        "loopback": ("localhost", Host("localhost", (), ("127.0.0.1",))),
        "numeric": ("203.0.113.9", Host("203.0.113.9", (), ("203.0.113.9",))),
    },
    ip=(4,),
)
def host_by_name(bench: Bench, row: tuple[str, Host]) -> None:
    """gethostbyname(); name, aliases, type, length and addresses, in network order."""
    bench.app.names.gethostbyname(*row)


@case(
    "DOC-44",
    rows={
        "unknown": ("nobody.example.net", "HOST_NOT_FOUND"),
        "empty": ("", "HOST_NOT_FOUND"),
        "malformed_line": ("broken.example.net", "HOST_NOT_FOUND"),
        "part_of_a_name": ("web.example", "HOST_NOT_FOUND"),
        "octet_too_large": ("192.0.2.256", "HOST_NOT_FOUND"),
        "ipv6_only": ("six.example.net", "NO_DATA"),
    },
    ip=(4,),
)
def host_by_name_fails(bench: Bench, row: tuple[str, str]) -> None:
    """gethostbyname() of what has no IPv4 address; a null pointer, h_errno says why."""
    name, error = row
    bench.app.names.gethostbyname(name, error=error)


@case(
    "DOC-44",
    rows={
        "ipv4": ("192.0.2.10", Host(WEB, ("www", "web"), ("192.0.2.10",))),
        "second_address": ("192.0.2.11", Host(WEB, ("www", "www2"), ("192.0.2.11",))),
        "ipv6": ("2001:db8::30", Host("six.example.net", ("six",), ("2001:db8::30",))),
        "loopback6": ("::1", Host("localhost", ("ip6-localhost",), ("::1",))),
    },
    ip=(4,),
)
def host_by_address(bench: Bench, row: tuple[str, Host]) -> None:
    """gethostbyaddr(); the host entry that has the address."""
    bench.app.names.gethostbyaddr(*row)


@case("DOC-44", rows={"ipv4": "203.0.113.9", "ipv6": "2001:db8::99"}, ip=(4,))
def host_by_address_unknown(bench: Bench, address: str) -> None:
    """gethostbyaddr() of an address in no entry; a null pointer and HOST_NOT_FOUND."""
    bench.app.names.gethostbyaddr(address, error="HOST_NOT_FOUND")


@case("DOC-44", rows={"short": (3, "AF_INET"), "as_ipv6": (4, "AF_INET6")}, ip=(4,))
def host_by_address_of_another_length(bench: Bench, row: tuple[int, str]) -> None:
    """gethostbyaddr() whose length does not fit the type; a null pointer."""
    length, family = row
    names = bench.app.names
    names.gethostbyaddr("192.0.2.10", length=length, family=family, error=NOT_AN_ADDRESS)


@case("DOC-44", settings=("resolver_try_again",), ip=(4,))
def host_table_does_not_answer(bench: Bench) -> None:
    """gethostbyname() and gethostbyaddr() without an answer; TRY_AGAIN, numbers need none."""
    bench.app.names.gethostbyname("web", error="TRY_AGAIN")
    bench.app.names.gethostbyaddr("192.0.2.10", error="TRY_AGAIN")
    bench.app.names.gethostbyname("192.0.2.10", Host("192.0.2.10", (), ("192.0.2.10",)))


@case("DOC-44", settings=("resolver_no_recovery",), ip=(4,))
def host_table_fails(bench: Bench) -> None:
    """gethostbyname() and gethostbyaddr() when asking fails for good; NO_RECOVERY."""
    bench.app.names.gethostbyname("web", error="NO_RECOVERY")
    bench.app.names.gethostbyaddr("192.0.2.10", error="NO_RECOVERY")


# Services.


@case(
    "DOC-45",
    rows={
        "tcp": ("http", "tcp", Service("http", ("www", "www-http"), 80, "tcp")),
        "udp": ("tftp", "udp", Service("tftp", (), 69, "udp")),
        "any": ("domain", None, Service("domain", ("nameserver",), 53, "tcp")),
        "any_of_udp_only": ("tftp", None, Service("tftp", (), 69, "udp")),
        "alias": ("nameserver", "udp", Service("domain", ("nameserver",), 53, "udp")),
        "other_protocol": ("http", "udp", None),
        "no_such_protocol": ("http", "sctp", None),
        "unknown": ("gopher", None, None),
        "other_case": ("HTTP", "tcp", None),
        "number": ("80", "tcp", None),
        "port_out_of_range": ("broken", "tcp", None),
    },
    ip=(4,),
)
def service_by_name(bench: Bench, row: tuple[str, str | None, Service | None]) -> None:
    """getservbyname(); the service over that protocol, over any if null, else nothing."""
    bench.app.names.getservbyname(*row)


@case(
    "DOC-45",
    rows={
        "tcp": (80, "tcp", Service("http", ("www", "www-http"), 80, "tcp")),
        "exec": (512, "tcp", Service("exec", (), 512, "tcp")),
        "biff": (512, "udp", Service("biff", ("comsat",), 512, "udp")),
        "any": (512, None, Service("exec", (), 512, "tcp")),
        "other_protocol": (80, "udp", None),
        "unknown": (81, None, None),
        "above_65535": (65536 + 80, "tcp", None),
        "negative": (-1, "tcp", None),
    },
    ip=(4,),
)
def service_by_port(bench: Bench, row: tuple[int, str | None, Service | None]) -> None:
    """getservbyport(); the service at that port over the protocol, over any if null."""
    bench.app.names.getservbyport(*row)


# getaddrinfo().


class Asked(NamedTuple):
    """A question to getaddrinfo() and the answer, or the EAI code."""

    node: str | None
    service: str | None
    hints: Hints | None
    want: tuple[Info, ...] | str


def ask(bench: Bench, asked: Asked) -> None:
    """Put the question, judge the answer, free the list."""
    names = bench.app.names
    if isinstance(asked.want, str):
        names.getaddrinfo(asked.node, asked.service, asked.hints, error=asked.want)
    else:
        number = names.getaddrinfo(asked.node, asked.service, asked.hints, asked.want)
        names.freeaddrinfo(number)


@case(
    "DOC-46",
    rows={
        "name_and_service": Asked("web", "http", STREAM, infos(WEB4[0])),
        "several_addresses": Asked("www", "http", STREAM, infos(*WEB4, WEB6)),
        "name_only": Asked("four", None, STREAM, infos("192.0.2.20", port=0)),
        "number_and_service": Asked("203.0.113.9", "https", STREAM, infos("203.0.113.9", port=443)),
        "ipv6_number": Asked("2001:db8:0::9", "80", STREAM, infos("2001:db8::9")),
        "ipv6_name": Asked("six", "http", STREAM, infos("2001:db8::30")),
        "port_0": Asked("four", "0", STREAM, infos("192.0.2.20", port=0)),
        "port_65535": Asked("four", "65535", STREAM, infos("192.0.2.20", port=65535)),
        "unknown": Asked("nobody", "http", STREAM, "EAI_NONAME"),
        "neither": Asked(None, None, STREAM, "EAI_NONAME"),
        "empty": Asked("", "http", STREAM, "EAI_NONAME"),
    },
    ip=(4,),
)
def names_to_addresses(bench: Bench, asked: Asked) -> None:
    """getaddrinfo() of host and service; the socket addresses in order, or EAI_NONAME."""
    ask(bench, asked)


@case(
    "DOC-46",
    rows={
        "three_parts": ("1.2.3", "1.2.0.3"),
        "two_parts_hexadecimal": ("0x7f.1", "127.0.0.1"),
        "one_part": ("3221225994", "192.0.2.10"),
        "octal": ("0300.0.02.012", "192.0.2.10"),
        "five_parts": ("1.2.3.4.5", ""),
        "octet_too_large": ("1.2.3.256", ""),
        "last_part_too_large": ("1.2.65536", ""),
        "empty_part": ("1..3.4", ""),
        "digit_8_in_octal": ("08.1.1.1", ""),
        "no_digits": ("0x.1.1.1", ""),
        "blank": ("192.0.2.10 ", ""),
        "sign": ("+1.2.3.4", ""),
        "eight_groups_and_two": ("1:2:3:4:5:6:7:8:9", ""),
        "two_gaps": ("2001::db8::1", ""),
        "group_too_large": ("2001:10db8::1", ""),
        "mapped": ("::ffff:192.0.2.10", "::ffff:192.0.2.10"),
        "name": ("web.example.net", ""),
    },
    ip=(4,),
)
def numeric_hosts(bench: Bench, row: tuple[str, str]) -> None:
    """getaddrinfo() with AI_NUMERICHOST; what inet_addr() and inet_pton() take, else EAI_NONAME.

    POSIX names inet_addr(): one to four parts, decimal, octal or hexadecimal.
    """
    node, address = row
    want = infos(address) if address else "EAI_NONAME"
    ask(bench, Asked(node, "80", Hints(("AI_NUMERICHOST",)), want))


@case(
    "DOC-46",
    rows={
        "client": Asked(None, "80", Hints((), "AF_INET"), infos("127.0.0.1")),
        "client_ipv6": Asked(None, "80", Hints((), "AF_INET6"), infos("::1")),
        "server": Asked(None, "80", Hints(("AI_PASSIVE",), "AF_INET"), infos(ANY4)),
        "server_ipv6": Asked(None, "80", Hints(("AI_PASSIVE",), "AF_INET6"), infos("::")),
        "passive_with_host": Asked("four", "80", Hints(("AI_PASSIVE",)), infos("192.0.2.20")),
        "numeric_service": Asked(None, "80", Hints(("AI_NUMERICSERV",), "AF_INET6"), infos("::1")),
        "named_service": Asked(None, "http", Hints(("AI_NUMERICSERV",)), "EAI_NONAME"),
        "canonical_name": Asked(
            "www", "80", Hints(("AI_CANONNAME",)), infos(*WEB4, WEB6, canonname=WEB)
        ),
        "canonical_number": Asked(
            "1.2.3", "80", Hints(("AI_CANONNAME",)), infos("1.2.0.3", canonname="1.2.3")
        ),
        "all_flags": Asked(
            "www",
            "80",
            Hints(("AI_PASSIVE", "AI_CANONNAME", "AI_NUMERICSERV", "AI_V4MAPPED", "AI_ALL")),
            infos(*WEB4, WEB6, canonname=WEB),
        ),
        "unknown_flag": Asked("web", "80", Hints(("AI_PASSIVE", "AI_UNHEARD")), "EAI_BADFLAGS"),
    },
    ip=(4,),
)
def flags_of_getaddrinfo(bench: Bench, asked: Asked) -> None:
    """getaddrinfo() with flags; each does what POSIX says, an unknown one is EAI_BADFLAGS."""
    ask(bench, asked)


@case(
    "DOC-46",
    rows={
        "ipv4": Asked("www", "80", Hints((), "AF_INET"), infos(*WEB4)),
        "ipv6": Asked("www", "80", Hints((), "AF_INET6"), infos(WEB6)),
        "ipv4_of_ipv6_only": Asked("six", "80", Hints((), "AF_INET"), "EAI_NONAME"),
        "ipv6_of_ipv4_only": Asked("four", "80", Hints((), "AF_INET6"), "EAI_NONAME"),
        "ipv6_of_ipv4_number": Asked("1.2.3.4", "80", Hints((), "AF_INET6"), "EAI_NONAME"),
        "mapped": Asked(
            "four", "80", Hints(("AI_V4MAPPED",), "AF_INET6"), infos("::ffff:192.0.2.20")
        ),
        "mapped_only_if_no_ipv6": Asked(
            "www", "80", Hints(("AI_V4MAPPED",), "AF_INET6"), infos(WEB6)
        ),
        "mapped_and_all": Asked(
            "www", "80", Hints(("AI_V4MAPPED", "AI_ALL"), "AF_INET6"), infos(WEB6, *MAPPED)
        ),
        "all_without_mapped": Asked("four", "80", Hints(("AI_ALL",), "AF_INET6"), "EAI_NONAME"),
        "mapped_without_ipv6_hint": Asked(
            "four", "80", Hints(("AI_V4MAPPED", "AI_ALL")), infos("192.0.2.20")
        ),
        "other_family": Asked("web", "80", Hints((), "AF_UNIX"), "EAI_FAMILY"),
    },
    ip=(4,),
)
def families_of_getaddrinfo(bench: Bench, asked: Asked) -> None:
    """getaddrinfo() with a family; only its addresses, IPv4-mapped ones where the flags say so."""
    ask(bench, asked)


#: By the IP version of the run, a number of the version that the host does not have.
OTHER_NUMBER = {4: "2001:db8::9", 6: "203.0.113.9"}


@case("DOC-46", rows={"www": False, "number": True})
def only_configured_families(bench: Bench, number: bool) -> None:
    """getaddrinfo() with AI_ADDRCONFIG; no address of a family that the host has none of."""
    own, other = ("AF_INET", "AF_INET6") if bench.ip == 4 else ("AF_INET6", "AF_INET")
    flags = ("AI_ADDRCONFIG",)
    names = bench.app.names
    if number:
        for family in (other, "AF_UNSPEC"):
            names.getaddrinfo(
                OTHER_NUMBER[bench.ip], "80", Hints(flags, family), error="EAI_NONAME"
            )
        return
    want = infos(*WEB4) if bench.ip == 4 else infos(WEB6)
    names.getaddrinfo("www", "80", Hints(flags, other), error="EAI_NONAME")
    names.getaddrinfo("www", "80", Hints(flags), want)
    names.getaddrinfo("www", "80", Hints(flags, own), want)


UDP = Info("192.0.2.20", 53, "SOCK_DGRAM")


@case(
    "DOC-46",
    rows={
        "datagram": Asked("four", "domain", Hints((), socktype="SOCK_DGRAM"), (UDP,)),
        "by_protocol": Asked("four", "domain", Hints((), socktype="0", protocol=17), (UDP,)),
        "raw": Asked(
            "four",
            None,
            Hints((), socktype="SOCK_RAW", protocol=89),
            (Info("192.0.2.20", 0, "SOCK_RAW", 89),),
        ),
        "any_type": Asked(
            "four", "domain", Hints((), socktype="0"), (*infos("192.0.2.20", port=53), UDP)
        ),
        "any_type_of_tcp_only": Asked("four", "http", Hints((), socktype="0"), infos("192.0.2.20")),
        "no_hints": Asked("four", "domain", None, (*infos("192.0.2.20", port=53), UDP)),
        "datagram_of_tcp_only": Asked(
            "four", "http", Hints((), socktype="SOCK_DGRAM"), "EAI_SERVICE"
        ),
        "stream_of_udp_only": Asked("four", "tftp", STREAM, "EAI_SERVICE"),
        "raw_service": Asked("four", "http", Hints((), socktype="SOCK_RAW"), "EAI_SERVICE"),
        "unknown_service": Asked("four", "gopher", STREAM, "EAI_SERVICE"),
        "port_65536": Asked("four", "65536", STREAM, "EAI_SERVICE"),
        "port_negative": Asked("four", "-1", STREAM, "EAI_SERVICE"),
        "port_hexadecimal": Asked("four", "0x50", STREAM, "EAI_SERVICE"),
        "empty_service": Asked("four", "", STREAM, "EAI_SERVICE"),
        "unknown_type": Asked("four", "80", Hints((), socktype="SOCK_UNHEARD"), "EAI_SOCKTYPE"),
    },
    ip=(4,),
)
def services_of_getaddrinfo(bench: Bench, asked: Asked) -> None:
    """getaddrinfo() with type and protocol; the port for each, else EAI_SERVICE, EAI_SOCKTYPE."""
    ask(bench, asked)


@case("DOC-46", "DOC-47", settings=("resolver_try_again",), ip=(4,))
def names_are_not_answered(bench: Bench) -> None:
    """getaddrinfo(), getnameinfo() without an answer; EAI_AGAIN, numbers need none."""
    names = bench.app.names
    names.getaddrinfo("web", "80", STREAM, error="EAI_AGAIN")
    ask(bench, Asked("192.0.2.10", "80", STREAM, infos("192.0.2.10")))
    names.getaddrinfo("web", "80", Hints(("AI_NUMERICHOST",)), error="EAI_NONAME")
    names.getnameinfo("192.0.2.10", 80, error="EAI_AGAIN")
    names.getnameinfo("192.0.2.10", 80, "NI_NUMERICHOST", want=("192.0.2.10", "http"))


@case("DOC-46", settings=("resolver_no_recovery",), ip=(4,))
def names_fail_for_good(bench: Bench) -> None:
    """getaddrinfo(), getnameinfo() when asking fails for good; EAI_FAIL."""
    bench.app.names.getaddrinfo("web", "80", STREAM, error="EAI_FAIL")
    bench.app.names.getnameinfo("192.0.2.10", 80, error="EAI_FAIL")


@case("DOC-46", settings=("resolver_unreadable",), ip=(4,))
def names_meet_a_system_error(bench: Bench) -> None:
    """getaddrinfo(), getnameinfo() when the system fails; EAI_SYSTEM, and errno has the reason."""
    begin = bench.app.begin
    system_error = {"errno": "EAI_SYSTEM", "out": (("name", "EACCES"),)}
    asked = begin("getaddrinfo", ("text", "web"), ("text", "80"))
    asked.expect_return(**system_error)
    rooms = (("length", 16), ("length", 1025), ("length", 32))
    asked = begin("getnameinfo", ("address", ("192.0.2.10", 80)), *rooms, ("flags", ()))
    asked.expect_return(**system_error)


@case("DOC-46", settings=("resolver_two_lists",), ip=(4,))
def lists_are_released(bench: Bench) -> None:
    """A third list where there is memory for two; EAI_MEMORY until freeaddrinfo() releases one."""
    names = bench.app.names
    first = names.getaddrinfo("web", "80", STREAM, infos(WEB4[0]))
    names.getaddrinfo("web", "80", STREAM, infos(WEB4[0]))
    names.getaddrinfo("web", "80", STREAM, error="EAI_MEMORY")
    names.freeaddrinfo(first)
    names.getaddrinfo("web", "80", STREAM, infos(WEB4[0]))


@case("DOC-46", ip=(4,))
def codes_in_words(bench: Bench) -> None:
    """gai_strerror() of each EAI code; a text, and another one for every code."""
    texts = [bench.app.names.gai_strerror(code) for code in EAI]
    bench.check([code for code, text in zip(EAI, texts, strict=True) if not text], [], "no text")
    bench.check(len(set(texts)), len(EAI), "different texts")


# getnameinfo().


class Named(NamedTuple):
    """A question to getnameinfo() and the answer, or the EAI code."""

    address: str
    port: int
    flags: tuple[str, ...]
    want: tuple[str, str] | str


@case(
    "DOC-47",
    rows={
        "names": Named("192.0.2.10", 80, (), (WEB, "http")),
        "ipv6": Named("2001:db8::30", 443, (), ("six.example.net", "https")),
        "mapped": Named("::ffff:192.0.2.20", 80, (), ("four.example.net", "http")),
        "unknown": Named("203.0.113.9", 81, (), ("203.0.113.9", "81")),
        "unknown_ipv6": Named("2001:db8:0:0::9", 0, (), ("2001:db8::9", "0")),
        "numeric_host": Named("192.0.2.10", 80, ("NI_NUMERICHOST",), ("192.0.2.10", "http")),
        "numeric_service": Named("192.0.2.10", 80, ("NI_NUMERICSERV",), (WEB, "80")),
        "numeric": Named(
            "2001:db8::30", 80, ("NI_NUMERICHOST", "NI_NUMERICSERV"), ("2001:db8::30", "80")
        ),
        "stream": Named("192.0.2.10", 512, (), (WEB, "exec")),
        "datagram": Named("192.0.2.10", 512, ("NI_DGRAM",), (WEB, "biff")),
        "datagram_of_tcp_only": Named("192.0.2.10", 80, ("NI_DGRAM",), (WEB, "80")),
        "own_domain": Named("192.0.2.10", 80, ("NI_NOFQDN",), ("web", "http")),
        "other_domain": Named("198.51.100.7", 80, ("NI_NOFQDN",), ("far.example.org", "http")),
        "no_domain": Named("127.0.0.1", 80, ("NI_NOFQDN",), ("localhost", "http")),
        "name_required": Named("192.0.2.10", 81, ("NI_NAMEREQD",), (WEB, "81")),
        "name_required_unknown": Named("203.0.113.9", 80, ("NI_NAMEREQD",), "EAI_NONAME"),
        "all_flags": Named(
            "192.0.2.10",
            512,
            ("NI_NOFQDN", "NI_NAMEREQD", "NI_NUMERICSERV", "NI_DGRAM"),
            ("web", "512"),
        ),
        "unknown_flag": Named("192.0.2.10", 80, ("NI_UNHEARD",), "EAI_BADFLAGS"),
    },
    ip=(4,),
)
def addresses_to_names(bench: Bench, asked: Named) -> None:
    """getnameinfo() under flags; host and service as names, or as numbers where none is known."""
    names = bench.app.names
    if isinstance(asked.want, str):
        names.getnameinfo(asked.address, asked.port, *asked.flags, error=asked.want)
    else:
        names.getnameinfo(asked.address, asked.port, *asked.flags, want=asked.want)


@case("DOC-47", rows={"sockaddr_in": ("192.0.2.10", 15), "sockaddr_in6": ("::1", 27)}, ip=(4,))
def address_too_short(bench: Bench, row: tuple[str, int]) -> None:
    """getnameinfo() with fewer octets than the family's address has; EAI_FAMILY."""
    address, size = row
    bench.app.names.getnameinfo(address, 80, size=size, error="EAI_FAMILY")


@case(
    "DOC-47",
    rows={
        "host": (len(WEB), 32),
        "service": (1025, len("http")),
        "host_numeric": (len("192.0.2.10"), 32),
        "one_octet": (1, 1),
    },
    ip=(4,),
)
def room_too_short(bench: Bench, row: tuple[int, int]) -> None:
    """getnameinfo() with room for all but the null character; EAI_OVERFLOW."""
    host_room, service_room = row
    flags = ("NI_NUMERICHOST",) if host_room == len("192.0.2.10") else ()
    names = bench.app.names
    names.getnameinfo(
        "192.0.2.10",
        80,
        *flags,
        host_room=host_room,
        service_room=service_room,
        error="EAI_OVERFLOW",
    )


@case("DOC-47", ip=(4,))
def room_that_fits(bench: Bench) -> None:
    """getnameinfo() with room for the names and the null character, or for one; just those."""
    names = bench.app.names
    names.getnameinfo("192.0.2.10", 80, host_room=16, service_room=5, want=(WEB, "http"))
    names.getnameinfo("192.0.2.10", 80, host_room=0, want=("", "http"))
    names.getnameinfo("192.0.2.10", 80, service_room=0, want=(WEB, ""))
    names.getnameinfo("192.0.2.10", 80, host_room=0, service_room=0, error="EAI_NONAME")
