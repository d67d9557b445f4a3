"""Where a stack broke, in words that are the same each time: kind, function and file, no address.

Two faults in one place are one finding, in two places two.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.core.errors import StackFault

#: `#0 0x4f2 in tcp_input src/core/tcp_in.c:321:5` of a sanitizer's report.
_NATIVE: Final = re.compile(
    r"^ *#\d+ +0x[0-9a-f]+ +in +(\S+)(?: .*?([^\s/:()]+)(?::\d+)*\)?)?$", re.M
)
#: `tcp_in.c:12:3: runtime error: shift exponent 64 is too large`.
_UNDEFINED: Final = re.compile(r"([^\s/:]+):\d+(?::\d+)?: runtime error: (.*)")
_KIND: Final = re.compile(r"(?:ERROR|WARNING): (\w*Sanitizer): ([\w-]+)")
#: `  File "/x/tcp.py", line 12, in on_segment` of a Python traceback.
_PYTHON: Final = re.compile(r'^ *File "([^"]+)", line \d+, in (\S+)', re.M)
_RAISED: Final = re.compile(r"^((?:\w+\.)*\w+)(?::.*)?$", re.M)
#: `main.(*Stack).input(0xc0001, 0x2)` and the file on the line below it.
_GO: Final = re.compile(r"^([^\s()]+(?:\(\*?\w+\))?[^\s()]*)\(.*\)\n\t(\S+?):\d+", re.M)
_PANIC: Final = re.compile(r"panic: (.*)")
#: `assertion "x" failed at line 12 in tcp_in.c` and its like.
_ASSERTION: Final = re.compile(r"([^\s/:\"]+\.\w+):\d+:.*?(assert\w*.*)", re.I)
_SIGNAL: Final = re.compile(r"died by (SIG\w+)|exit status (\d+)")
#: Frames of the runtime, which are the same whatever has happened.
_RUNTIME: Final = re.compile(
    r"__(asan|interceptor|sanitizer|ubsan|GI)|_*(mem(cpy|move|set|cmp)|str\w+|raise|abort)$"
    r"|runtime\.|panic$|_*pthread_kill|__assert"
)
_NUMBERS: Final = re.compile(r"0x[0-9a-fA-F]+|\d+")
_LONGEST: Final = 160


def place_of(fault: StackFault) -> str:
    """Kind, function and file of the innermost frame that is the stack's own."""
    report = fault.stderr
    told = next((words for words in _readings(report) if words), "")
    if not told:
        found = _SIGNAL.search(str(fault))
        told = next(filter(None, found.groups())) if found else ""
    return plain(told)[:_LONGEST]


def plain(text: str) -> str:
    """Words without the numbers and addresses that differ each time."""
    return _NUMBERS.sub("#", " ".join(text.split()))


def _readings(report: str) -> Iterator[str]:
    kind, assertion = _KIND.search(report), _ASSERTION.search(report)
    if kind and kind[2] == "ABRT" and assertion:
        # The sanitizer has but seen the signal by which an assertion ends the stack.
        yield _asserted(assertion)
    frame = next((m for m in _NATIVE.finditer(report) if not _RUNTIME.match(m[1])), None)
    where = f" in {frame[1]} ({frame[2]})" if frame else ""
    if kind:
        yield f"{kind[2]}{where}"
    undefined = _UNDEFINED.search(report)
    if undefined and not _PANIC.search(report):
        yield f"{undefined[2]}{where or f' ({undefined[1]})'}"
    panic = _PANIC.search(report)
    if panic:
        calls = (m for m in _GO.finditer(report) if not _RUNTIME.match(m[1]))
        call = next(calls, None)
        yield panic[1] + (f" in {_short(call[1])} ({PurePath(call[2]).name})" if call else "")
    frames = _PYTHON.findall(report)
    if frames:
        path, function = frames[-1]
        raised = _RAISED.findall(report[report.rfind('File "') :])
        name = raised[0] if raised else "stopped"
        yield f"{name} in {function} ({PurePath(path).name})"
    if assertion:
        yield _asserted(assertion)


def _asserted(assertion: re.Match[str]) -> str:
    return f"{assertion[2]} ({assertion[1]})"


def _short(function: str) -> str:
    return function.rpartition("/")[2]
