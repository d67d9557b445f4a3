"""A finding as a Python file with one `@case`, to be kept beside a stack and run by pytest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tcpassay.fuzz.cases.steps import Listen, Send
from tcpassay.wire import ACK, FIN, PSH, RST, SYN, URG
from tcpassay.wire.notation import Notation

if TYPE_CHECKING:
    from tcpassay.core.trace import Trace
    from tcpassay.fuzz.cases.steps import FuzzCase, Step
    from tcpassay.fuzz.finding.kept import Finding

_FLAGS = {"FIN": FIN, "SYN": SYN, "RST": RST, "PSH": PSH, "ACK": ACK, "URG": URG}
_NAME = re.compile(r"[A-Z]\w*(?=\()|\b(?:FIN|SYN|RST|PSH|ACK|URG)\b")
_OF_STEPS: Final = frozenset(
    {"Do", "FuzzCase", "LearnedCookie", "Listen", "Raw", "Send", "Tell", "Wait"}
)


def pytest_text(finding: Finding, trace: Trace) -> str:
    """The text of the file; `trace` is what was recorded."""
    case, requirement = finding.minimal, finding.alarm.key.requirement
    body = _case_code(case)
    names = set(_NAME.findall(_without_strings(body)))
    return _TEMPLATE.format(
        title=_plain(f"{finding.alarm.why} ({requirement}, {finding.alarm.level})"),
        allowed=_plain(f"Allowed: {finding.alarm.allowed}" if finding.alarm.allowed else ""),
        target=_plain(f"{finding.target} ({finding.version})"),
        steps=", ".join(sorted(names & _OF_STEPS)),
        wire=_imports(names - _OF_STEPS),
        body=body,
        recorded="\n".join(f"# {line}" for line in Notation().lines(trace)),
        requirement=requirement,
        ip=case.ip,
        settings=f", settings={case.settings!r}" if case.settings else "",
        stimulus=_plain(f"{finding.key.input} in {finding.key.state}"),
        seed=f", seed={finding.seed}",
    )


_TEMPLATE = '''"""{title}

{allowed}
Found by tcpassay's fuzzer on {target}. It passes on a stack that does not do so:

    pytest THIS_FILE --target reference
"""

from tcpassay.conformance.case import case
from tcpassay.fuzz.finding.holding import hold
from tcpassay.fuzz.cases.steps import {steps}
{wire}
{body}

# What was recorded:
{recorded}


@case("{requirement}", ip=({ip},){settings})
def finding(bench):
    """{stimulus}; the answer that is due."""
    hold(bench, CASE, "{requirement}"{seed})
'''


def _imports(names: set[str]) -> str:
    return f"from tcpassay.wire import {', '.join(sorted(names))}\n" if names else ""


def _case_code(case: FuzzCase) -> str:
    steps = "".join(f"        {code(step)},\n" for step in case.steps)
    more = [f"    origin={case.origin!r},\n"] if case.origin else []
    if case.ip != 4:
        more.append(f"    ip={case.ip},\n")
    if case.settings:
        more.append(f"    settings={case.settings!r},\n")
    if case.iss is not None:
        more.append(f"    iss={case.iss},\n")
    return f"CASE = FuzzCase(\n    (\n{steps}    ),\n{''.join(more)})"


def code(step: Step) -> str:
    """A step as Python, without what is as usual."""
    usual = type(step)._field_defaults
    shown = [
        f"{name}={flags_code(value) if isinstance(step, Send) and name == 'flags' else repr(value)}"
        for name, value in step._asdict().items()
        if name not in usual or value != usual[name]
    ]
    if isinstance(step, Listen) and not shown:
        return "Listen()"
    return f"{type(step).__name__}({', '.join(shown)})"


def flags_code(flags: object) -> str:
    """Flags by their names; a number where some have none."""
    if not isinstance(flags, int):
        return repr(flags)
    names = [name for name, bit in _FLAGS.items() if flags & bit]
    rest = flags & ~sum(_FLAGS.values())
    return " | ".join([*names, *([hex(rest)] if rest or not names else [])])


def _without_strings(text: str) -> str:
    return re.sub(r"b?'(?:\\.|[^'\\])*'|b?\"(?:\\.|[^\"\\])*\"", "", text)


def _plain(text: str) -> str:
    """Text that may stand in a docstring."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split())
