"""What AddressSanitizer and its kin, and a panic of Go's, print, told in one line.

Their reports begin with a line such as `==7==ERROR: AddressSanitizer: heap-use-after-free on
address ...`, or `tcp_in.c:12:3: runtime error: shift exponent 64 is too large`; frames follow, `#0
0x4f2 in tcp_input src/core/tcp_in.c:321:5`.
"""

from __future__ import annotations

import re
from typing import Final

#: Where a report begins, in octets as printed.
BEGINS: Final = re.compile(
    rb"ERROR: \w*Sanitizer|WARNING: \w*Sanitizer|: runtime error: |==\d+==ERROR|\bpanic: "
)
#: A beginning is at most that many octets long.
LONGEST: Final = 64

_FRAME: Final = re.compile(r"^ *#\d+ +0x[0-9a-f]+ +in +(.+)$", re.MULTILINE)
_BEGINNING: Final = re.compile(
    r"(?:==\d+==)?(?:ERROR|WARNING): (\w*Sanitizer.*)|(.*: runtime err.*)"
)
_FRAMES_TOLD: Final = 3
_MOST: Final = 300


def report_name(report: str) -> str:
    """What kind of report it is."""
    return "a panic" if report.startswith("panic: ") else "a sanitizer's report"


def in_one_line(report: str) -> str:
    """Kind of the fault and the innermost functions, at most some 300 characters."""
    found = _BEGINNING.search(report)
    lines = report.strip().splitlines() or [""]
    kind = next(filter(None, found.groups())) if found else lines[0]
    frames = [match[1].strip() for match in _FRAME.finditer(report)][:_FRAMES_TOLD]
    told = f"{kind.strip()} in {' < '.join(frames)}" if frames else kind.strip()
    return told[:_MOST]
