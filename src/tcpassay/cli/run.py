"""`tcpassay run`: judge targets, requirement by requirement."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded


class IpChoice(StrEnum):
    """Values of --ip."""

    V4 = "4"
    V6 = "6"


class PcapChoice(StrEnum):
    """Values of --pcap."""

    ALWAYS = "always"
    FAIL = "fail"
    NEVER = "never"


class TracesChoice(StrEnum):
    """Values of --traces: a replay needs those of what did not pass."""

    ALWAYS = "always"
    FAIL = "fail"


_SELECT = "Which cases"
_REPORT = "What is written"
_MANNER = "How it runs"
_WIRE = "A target without an agent"


class ServiceChoice(StrEnum):
    """Values of --service."""

    ECHO = "echo"
    DISCARD = "discard"
    CHARGEN = "chargen"


Targets = Annotated[
    list[str] | None,
    typer.Argument(metavar="TARGET", help="Names, or paths of a target.toml."),
]
Cases = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GLOB",
        help="Only these: 'rfc9293/*', sockets, ./mine.py. May be repeated.",
        rich_help_panel=_SELECT,
    ),
]
Requirement = Annotated[
    list[str] | None,
    typer.Option(metavar="ID", help="Only cases that cite it: MUST-14.", rich_help_panel=_SELECT),
]
Level = Annotated[
    list[str] | None,
    typer.Option(
        metavar="L", help="Only this level: MUST, SHOULD, MAY, ...", rich_help_panel=_SELECT
    ),
]
State = Annotated[
    list[str] | None,
    typer.Option(metavar="S", help="Only this state: ESTABLISHED, ...", rich_help_panel=_SELECT),
]
Measures = Annotated[
    bool,
    typer.Option(
        "--measures",
        help="Only the cases that measure; a table of values follows.",
        rich_help_panel=_SELECT,
    ),
]
Ip = Annotated[
    list[IpChoice] | None,
    typer.Option(help="IP version; both when given twice.", rich_help_panel=_SELECT),
]
Matrix = Annotated[
    bool,
    typer.Option(
        "--matrix",
        help="The generated rows, every state x segment; as --case 'matrix/*'.",
        rich_help_panel=_SELECT,
    ),
]
Full = Annotated[
    bool,
    typer.Option(
        "--full",
        help="Rows by every way into their state, not by one in turn.",
        rich_help_panel=_SELECT,
    ),
]
Slow = Annotated[
    bool,
    typer.Option("--slow", help="Also cases over 10 s of real time.", rich_help_panel=_SELECT),
]
Out = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Record, traces and captures; default ./tcpassay-out/<time>.",
        rich_help_panel=_REPORT,
    ),
]
Json = Annotated[
    Path | None,
    typer.Option(metavar="F", help="The run record as one file.", rich_help_panel=_REPORT),
]
Junit = Annotated[
    Path | None,
    typer.Option(metavar="F", help="JUnit XML.", rich_help_panel=_REPORT),
]
Pcap = Annotated[
    PcapChoice,
    typer.Option(help="Captures of which cases.", rich_help_panel=_REPORT),
]
Traces = Annotated[
    TracesChoice,
    typer.Option(help="Traces of which cases; the page shows them.", rich_help_panel=_REPORT),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Most real-time cases at once; default: as many as keep up.",
        rich_help_panel=_MANNER,
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        help="Makes a run repeatable; default: a new one.",
        rich_help_panel=_MANNER,
    ),
]
MaxTime = Annotated[
    float | None,
    typer.Option(
        metavar="T",
        min=0.001,
        help="Seconds that one case may take; default 120.",
        rich_help_panel=_MANNER,
    ),
]
NoGate = Annotated[
    bool,
    typer.Option("--no-gate", help="Exit 0 whatever the verdicts.", rich_help_panel=_MANNER),
]
NoOracle = Annotated[
    bool,
    typer.Option("--no-oracle", help="The cases' own assertions only.", rich_help_panel=_MANNER),
]
WherePossible = Annotated[
    bool,
    typer.Option(
        "--where-possible",
        help="Skip targets that cannot be started.",
        rich_help_panel=_MANNER,
    ),
]


WireOnly = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS:PORT",
        help="An echo, discard or chargen port: no manifest, no agent.",
        rich_help_panel=_WIRE,
    ),
]
Netns = Annotated[
    str | None,
    typer.Option(
        metavar="NS", help="The network namespace that reaches it.", rich_help_panel=_WIRE
    ),
]
Service = Annotated[
    ServiceChoice | None,
    typer.Option(help="What is behind the port; default: it is found out.", rich_help_panel=_WIRE),
]
Peer = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="The tester's own, which nobody else has; default: one that is free.",
        rich_help_panel=_WIRE,
    ),
]


@guarded
def run(
    targets: Targets = None,
    *,
    wire_only: WireOnly = None,
    netns: Netns = None,
    service: Service = None,
    peer: Peer = None,
    case: Cases = None,
    requirement: Requirement = None,
    level: Level = None,
    state: State = None,
    measures: Measures = False,
    ip: Ip = None,
    matrix: Matrix = False,
    full: Full = False,
    slow: Slow = False,
    out: Out = None,
    json: Json = None,
    junit: Junit = None,
    pcap: Pcap = PcapChoice.FAIL,
    traces: Traces = TracesChoice.FAIL,
    jobs: Jobs = None,
    seed: Seed = None,
    max_time: MaxTime = None,
    no_gate: NoGate = False,
    no_oracle: NoOracle = False,
    where_possible: WherePossible = False,
) -> int:
    """Judge targets, requirement by requirement.

    Ends with 0 when every verdict is as expected, 1 when one is not,
    2 for wrong usage, 3 after an error of the tester's own,
    4 when a target did not start, 5 when nothing ran.

    tcpassay run reference linux --case rfc5961 --junit junit.xml

    tcpassay run reference linux --measures

    tcpassay run --wire-only 192.0.2.1:7 --netns lab
    """
    from tcpassay.cli.running import Request, carry_out
    from tcpassay.cli.selecting import wire_place
    from tcpassay.conformance.plan import DEFAULT_MAX_TIME_S

    return carry_out(
        Request(
            targets=tuple(targets or ()),
            wire=wire_place(wire_only, netns, service and service.value, peer),
            cases=tuple(case or ()),
            matrix=matrix,
            full=full,
            requirements=tuple(requirement or ()),
            levels=tuple(level or ()),
            states=tuple(state or ()),
            measures=measures,
            ip=tuple(dict.fromkeys(4 if version is IpChoice.V4 else 6 for version in ip or ())),
            slow=slow,
            out=out,
            json=json,
            junit=junit,
            pcap=pcap.value,
            every_trace=traces is TracesChoice.ALWAYS,
            jobs=jobs,
            seed=seed,
            max_time_s=max_time or DEFAULT_MAX_TIME_S,
            gate=not no_gate,
            oracle=not no_oracle,
            where_possible=where_possible,
        )
    )
