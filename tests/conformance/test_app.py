from __future__ import annotations

from typing import Any

import pytest

from tcpassay.conformance.outcome import ExpectationFailed, Unsupported
from tcpassay.core.events import Cancel, Returned


def begun(kit: Any, *answers: Returned, **options: Any) -> tuple[Any, Any]:
    """A recv() that has started, and its stack; `answers` come back in its step."""
    bench, stack = kit.bench(**options)
    stack.at_once += answers
    return bench.app.begin("recv", ("fd", 3), ("length", 10)), stack


def returned(
    value: int = 4, errno: str | None = None, *, t_s: float = 0, octets: bytes = b"text"
) -> Returned:
    return Returned(round(t_s * 1e9), 1, 0, value, errno, (("octets", octets),))


def test_return_as_wanted(kit: Any) -> None:
    pending, _ = begun(kit, returned())
    assert pending.expect_return(4, octets=b"text", out=(("octets", b"text"),)).value == 4


@pytest.mark.parametrize(
    ("want", "field"),
    [
        ({"value": 5}, "value"),
        ({"octets": b"texT"}, "octets"),
        ({"octets": b""}, "octets"),
        ({"errno": "EAGAIN"}, "errno"),
        ({"out": ()}, "result"),
        ({"out": (("octets", b"text"), ("flags", ()))}, "result"),
        ({"out": (("octets", b"texT"),)}, "result"),
    ],
)
def test_return_that_differs(kit: Any, want: dict[str, object], field: str) -> None:
    pending, _ = begun(kit, returned())
    with pytest.raises(ExpectationFailed, match=r"recv\(\) returned 4") as caught:
        pending.expect_return(**want)
    assert [diff.field for diff in caught.value.diff] == [field]


def test_error_is_not_taken_for_success(kit: Any) -> None:
    pending, _ = begun(kit, returned(-1, "ECONNRESET"), capabilities=("errno",))
    with pytest.raises(ExpectationFailed, match="returned ECONNRESET"):
        pending.expect_return()


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        ("ECONNABORTED", "ECONNRESET"),
        ("EHOSTUNREACH", "ENETUNREACH"),
        ("ENOTCONN", "EPIPE"),
        ("EBADF", "ENOTCONN"),
        ("EWOULDBLOCK", "EAGAIN"),
        ("EINVAL", "EADDRINUSE"),
        ("EISCONN", "EINVAL"),
        ("ENOMEM", "EMFILE"),
        ("ECONNRESET", "ECONNRESET"),
    ],
)
def test_error_of_the_same_class_does_where_there_is_no_errno(
    kit: Any, got: str, wanted: str
) -> None:
    """A name and another of its class; the same without the capability errno, not with it."""
    pending, _ = begun(kit, returned(-1, got))
    assert pending.expect_return(errno=wanted).errno == got
    pending, _ = begun(kit, returned(-1, got), capabilities=("errno",))
    if got == wanted:
        assert pending.expect_return(errno=wanted).errno == got
    else:
        with pytest.raises(ExpectationFailed):
            pending.expect_return(errno=wanted)


@pytest.mark.parametrize(
    ("got", "wanted"),
    [
        ("ECONNREFUSED", "ECONNRESET"),
        ("ETIMEDOUT", "ECONNRESET"),
        ("ECONNRESET", "EPIPE"),
        ("EHOSTUNREACH", "ETIMEDOUT"),
        ("EAGAIN", "ENOTCONN"),
        ("EINVAL", "EBADF"),
        ("EINTR", "EAGAIN"),
        ("EMADEUP", "EINVAL"),
    ],
)
def test_error_of_another_class_is_another(kit: Any, got: str, wanted: str) -> None:
    """Names of different classes; different even without the capability errno."""
    pending, _ = begun(kit, returned(-1, got))
    with pytest.raises(ExpectationFailed, match=f"returned {got}"):
        pending.expect_return(errno=wanted)


def test_call_that_does_not_return(kit: Any) -> None:
    pending, _ = begun(kit)
    pending.expect_blocked()
    with pytest.raises(ExpectationFailed, match="had not returned after 2 s"):
        pending.expect_return(within=2)
    assert pending.bench.now_ns == 2_000_000_000


def test_call_that_should_block(kit: Any) -> None:
    pending, _ = begun(kit, returned())
    with pytest.raises(ExpectationFailed, match="should block, it returned 4"):
        pending.expect_blocked()


def test_call_that_the_agent_does_not_know_is_unsupported(kit: Any) -> None:
    pending, _ = begun(kit, returned(-1, "ENOSYS-AGENT"))
    with pytest.raises(Unsupported, match="does not know"):
        pending.expect_blocked()
    with pytest.raises(Unsupported, match="does not know"):
        pending.expect_return(errno="EINVAL")


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ({"after": 3.5, "within": 9}, "returned after 3.000 s, wanted 3.5 s or later"),
        ({"within": 2}, "returned after 3.000 s, wanted 2 s or sooner"),
        ({"after": 2.5, "within": 3}, ""),
    ],
)
def test_time_is_judged_by_the_stamp(kit: Any, times: dict[str, float], message: str) -> None:
    pending, stack = begun(kit)
    start = pending.bench.trace.entries[0]
    stack.later.append(returned(t_s=3))
    pending.bench.wait(10)
    if message:
        with pytest.raises(ExpectationFailed, match=message):
            pending.expect_return(since=start, **times)
    else:
        assert pending.expect_return(since=start, **times).t_ns == 3_000_000_000


def test_cancel_names_the_call(kit: Any) -> None:
    pending, stack = begun(kit)
    pending.cancel()
    assert stack.commands[-1] == Cancel(pending.call.id)


def test_send_has_to_take_everything(kit: Any) -> None:
    from tcpassay.conformance.app import Socket

    bench, stack = kit.bench()
    stack.at_once.append(Returned(0, 1, 0, 2))
    with pytest.raises(ExpectationFailed, match=r"send\(\) returned 2"):
        Socket(bench.app, 3).send(b"text")
    stack.at_once.append(Returned(0, 2, 0, 2))
    assert Socket(bench.app, 3).send(b"text", value=2) == 2
