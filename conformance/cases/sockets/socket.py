"""socket(): which end points can be made, and how they start out."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case

SOCK_STREAM = 1
IPPROTO_TCP = 6
IPPROTO_UDP = 17
NO_FAMILY = 99


def family_of(bench: Bench) -> str:
    """The address family of this run."""
    return "AF_INET" if bench.ip == 4 else "AF_INET6"


@case("POSIX:SOCKET-EAFNOSUPPORT", "DOC-02")
def unknown_family(bench: Bench) -> None:
    """A family that does not exist; EAFNOSUPPORT."""
    bench.app.call(
        "socket",
        ("name", NO_FAMILY),
        ("flags", ("SOCK_STREAM",)),
        ("value", 0),
        errno="EAFNOSUPPORT",
    )


@case("POSIX:SOCKET-EPROTONOSUPPORT", "DOC-02")
def protocol_of_another_type(bench: Bench) -> None:
    """A stream socket over UDP; EPROTONOSUPPORT or EPROTOTYPE."""
    bench.app.call(
        "socket",
        ("name", family_of(bench)),
        ("flags", ("SOCK_STREAM",)),
        ("value", IPPROTO_UDP),
        errno=("EPROTONOSUPPORT", "EPROTOTYPE"),
    )
