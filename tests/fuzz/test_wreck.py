"""What tells one crash from another: kind, function and file, and no address."""

from __future__ import annotations

import pytest

from tcpassay.core.errors import StackFault
from tcpassay.fuzz.judges.wreck import place_of, plain

ASAN = """\
==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602 at pc 0x4 bp 0x7 sp 0x7
READ of size 4 at 0x602 thread T0
    #0 0x4f1 in __asan_memcpy (/x/agent+0x4f1)
    #1 0x4f2 in tcp_input src/core/tcp_in.c:321:5
    #2 0x4f3 in ip4_input src/core/ipv4/ip4.c:700:9
"""
PANIC = """\
panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x5f3]

goroutine 1 [running]:
panic({0x66, 0x7a})
\t/usr/lib/go/src/runtime/panic.go:770 +0x132
gvisor.dev/gvisor/pkg/tcpip/transport/tcp.(*endpoint).resetConnectionLocked(0xc0, {0x7, 0x8})
\t/usr/share/gocode/src/gvisor.dev/gvisor/pkg/tcpip/transport/tcp/connect.go:1004 +0x1d
main.main()
\t/x/host.go:40 +0x5
"""
NIL = "runtime error: invalid memory address or nil pointer dereference"
PYTHON = """\
Traceback (most recent call last):
  File "/a/inprocess.py", line 120, in execute
    events = give(command)
  File "/b/tcb.py", line 7, in on_segment
    x = 1 // 0
        ~~^^~~
ZeroDivisionError: integer division or modulo by zero
"""


@pytest.mark.parametrize(
    ("report", "place"),
    [
        (ASAN, "heap-buffer-overflow in tcp_input (tcp_in.c)"),
        (ASAN.replace("0x602", "0x777").replace(":321", ":5"), None),
        (
            "/x/tcp_in.c:12:3: runtime error: shift exponent 64 is too large",
            "shift exponent # is too large (tcp_in.c)",
        ),
        (
            PANIC,
            f"{NIL} in tcp.(*endpoint).resetConnectionLocked (connect.go)",
        ),
        (PYTHON, "ZeroDivisionError in on_segment (tcb.py)"),
        (
            "lwIP: /x/core/tcp_in.c:1430: assertion: insane offset!\n",
            "assertion: insane offset! (tcp_in.c)",
        ),
        ("", "SIGABRT"),
    ],
    ids=["asan", "asan elsewhere in memory", "ubsan", "go", "python", "assertion", "signal"],
)
def test_place_of_a_crash(report: str, place: str | None) -> None:
    """Reports of each kind; the frames of the runtime do not count, nor do addresses."""
    fault = StackFault("x: the stack died by SIGABRT", stderr=report)
    wanted = place_of(StackFault("x", stderr=ASAN)) if place is None else place
    assert place_of(fault) == wanted


def test_words_without_numbers() -> None:
    """Addresses and counts that differ each time are left out."""
    assert plain("at 0x6a2f after 12\n s") == "at # after # s"
