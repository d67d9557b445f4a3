"""Calls about names: what the app asks, and that another answer is not taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tcpassay.conformance.names import Hints, Host, Info, Service
from tcpassay.conformance.outcome import ExpectationFailed
from tcpassay.core.events import Call, Returned, StartCall

if TYPE_CHECKING:
    from tcpassay.conformance.names import Names
    from tcpassay.core.events import Tagged

HOST = Host("web", ("www",), ("192.0.2.1", "192.0.2.2"))
HOSTENT: tuple[Tagged, ...] = (
    ("state", {"h_name": "web", "h_addrtype": "AF_INET", "h_length": 4}),
    ("texts", ("www",)),
    ("octets", bytes([192, 0, 2, 1])),
    ("octets", bytes([192, 0, 2, 2])),
)
SERVENT: tuple[Tagged, ...] = (
    ("state", {"s_name": "http", "s_port": 80, "s_proto": "tcp"}),
    ("texts", ()),
)
ADDRINFO: tuple[Tagged, ...] = (
    (
        "state",
        {
            "ai_family": "AF_INET6",
            "ai_socktype": "SOCK_DGRAM",
            "ai_protocol": 17,
            "address": "::1",
            "port": 53,
            "ai_canonname": "self",
        },
    ),
)
INFO = Info("::1", 53, "SOCK_DGRAM", canonname="self")
HINTS = Hints(("AI_PASSIVE",), "AF_INET6", "SOCK_DGRAM")

ASKED: dict[str, tuple[Any, tuple[Tagged, ...], int, tuple[Tagged, ...]]] = {
    "gethostbyname": (
        lambda names: names.gethostbyname("web", HOST),
        (("text", "web"),),
        1,
        HOSTENT,
    ),
    "gethostbyaddr": (
        lambda names: names.gethostbyaddr("192.0.2.1", HOST),
        (("octets", bytes([192, 0, 2, 1])), ("length", 4), ("name", "AF_INET")),
        1,
        HOSTENT,
    ),
    "getservbyname": (
        lambda names: names.getservbyname("http", None, Service("http", (), 80, "tcp")),
        (("text", "http"), ("text", None)),
        1,
        SERVENT,
    ),
    "getservbyport": (
        lambda names: names.getservbyport(81, "tcp", None),
        (("value", 81), ("text", "tcp")),
        0,
        (),
    ),
    "getaddrinfo": (
        lambda names: names.getaddrinfo("self", "domain", HINTS, (INFO,)),
        (
            ("text", "self"),
            ("text", "domain"),
            ("flags", ("AI_PASSIVE",)),
            ("name", "AF_INET6"),
            ("name", "SOCK_DGRAM"),
            ("value", 0),
        ),
        5,
        ADDRINFO,
    ),
    "freeaddrinfo": (lambda names: names.freeaddrinfo(5), (("value", 5),), 0, ()),
    "getnameinfo": (
        lambda names: names.getnameinfo("::1", 53, "NI_DGRAM", want=("self", "domain")),
        (
            ("address", ("::1", 53)),
            ("length", 28),
            ("length", 1025),
            ("length", 32),
            ("flags", ("NI_DGRAM",)),
        ),
        0,
        (("text", "self"), ("text", "domain")),
    ),
}


def asking(kit: Any, answer: Returned) -> tuple[Names, Any]:
    """The resolver of an app whose next call is answered so, and the stack."""
    bench, stack = kit.bench(capabilities=("errno",))
    stack.at_once.append(answer)
    return bench.app.names, stack


@pytest.mark.parametrize("name", ASKED)
def test_question_and_answer(kit: Any, name: str) -> None:
    """The answer wanted; it is taken, and the call has the arguments of docs/targets.md."""
    ask, args, value, out = ASKED[name]
    names, stack = asking(kit, Returned(0, 1, 0, value, None, out))
    ask(names)
    assert stack.commands == [StartCall(Call(1, 0, name, args))]


@pytest.mark.parametrize("name", ASKED)
def test_other_answers_are_not_taken(kit: Any, name: str) -> None:
    """One result too many, and an error; neither is taken."""
    ask, _, value, out = ASKED[name]
    names, _ = asking(kit, Returned(0, 1, 0, value, None, (*out, ("text", "more"))))
    with pytest.raises(ExpectationFailed) as caught:
        ask(names)
    (diff,) = caught.value.diff
    assert (diff.field, diff.got, diff.want) == ("result", "text more", "none")
    names, _ = asking(kit, Returned(0, 1, 0, -1, "EAI_NONAME"))
    with pytest.raises(ExpectationFailed, match=f"{name}.* returned EAI_NONAME"):
        ask(names)


def test_error_wanted(kit: Any) -> None:
    """An EAI code that is wanted; that code only."""
    names, _ = asking(kit, Returned(0, 1, 0, -1, "EAI_NONAME"))
    names.getaddrinfo("nobody", None, error="EAI_NONAME")
    names, _ = asking(kit, Returned(0, 1, 0, -1, "EAI_FAIL"))
    with pytest.raises(ExpectationFailed):
        names.getaddrinfo("nobody", None, error="EAI_NONAME")


def test_words_of_a_code(kit: Any) -> None:
    """gai_strerror(); the text."""
    names, _ = asking(kit, Returned(0, 1, 0, 1, None, (("text", "no such name"),)))
    assert names.gai_strerror("EAI_NONAME") == "no such name"
