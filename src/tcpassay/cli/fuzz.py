"""`tcpassay fuzz TARGET`: thousands of sequences a second, and what is wrong as reproducers."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tcpassay.cli.guard import guarded
from tcpassay.cli.run import IpChoice

_CASES = "Which cases"
_LENGTH = "How long, and how"
_REPORT = "What is written"


class ModeChoice(StrEnum):
    """Values of --mode."""

    ALL = "all"
    SWEEP = "sweep"
    SEQUENCE = "sequence"
    CAMPAIGNS = "campaigns"


class EngineChoice(StrEnum):
    """Values of --engine."""

    NATIVE = "native"
    BOOFUZZ = "boofuzz"


@guarded
def fuzz(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="A name, or the path of a target.toml.")
    ],
    *,
    mode: Annotated[
        ModeChoice | None,
        typer.Option(
            help="sweep: every state x every edit of one segment, then pairs; sequence: sequences "
            "at random, guided by what is new; campaigns: fuzz/campaigns; all (default): "
            "by turns.",
            rich_help_panel=_CASES,
        ),
    ] = None,
    campaign: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="Only the cases of this file: fuzz/campaigns/window.toml, or your own.",
            rich_help_panel=_CASES,
        ),
    ] = None,
    engine: Annotated[
        EngineChoice | None,
        typer.Option(
            help="Who makes the cases: this project (default), or boofuzz: its lists of values in "
            "every field and option, in every state.",
            rich_help_panel=_CASES,
        ),
    ] = None,
    ip: Annotated[
        IpChoice | None,
        typer.Option(help="IP version of the cases; default 4.", rich_help_panel=_CASES),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="S",
            min=0,
            help="The same seed gives the same cases; default: a new one.",
            rich_help_panel=_CASES,
        ),
    ] = None,
    alone: Annotated[
        int | None,
        typer.Option(
            metavar="I",
            min=0,
            help="Only case number I, on a fresh stack, and what it gives; with the campaign's "
            "--seed, and its --out where it was guided.",
            rich_help_panel=_CASES,
        ),
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(metavar="N", min=0.001, help="Stop after so many.", rich_help_panel=_LENGTH),
    ] = None,
    cases: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Stop when the campaign has so many, those before --resume among them.",
            rich_help_panel=_LENGTH,
        ),
    ] = None,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=64, help="Processes beside each other.", rich_help_panel=_LENGTH
        ),
    ] = 1,
    web: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=1,
            max=65_535,
            help="With --engine boofuzz: its pages on http://127.0.0.1:PORT/ while it runs.",
            rich_help_panel=_LENGTH,
        ),
    ] = None,
    differential: Annotated[
        str | None,
        typer.Option(
            metavar="B",
            help="Play each case on this target as well; where they differ is told as a hint.",
            rich_help_panel=_LENGTH,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the campaign in --out, which was stopped or killed.",
            rich_help_panel=_LENGTH,
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="State, findings and traces; default ./tcpassay-out/<time>.",
            rich_help_panel=_REPORT,
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="F", help="The result as JSON.", rich_help_panel=_REPORT),
    ] = None,
    junit: Annotated[
        Path | None,
        typer.Option(
            metavar="F", help="JUnit XML, a test case a finding.", rich_help_panel=_REPORT
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="F", help="A fragment of HTML.", rich_help_panel=_REPORT),
    ] = None,
) -> int:
    """Give a stack thousands of sequences a second and judge every answer.

    What is wrong is played again alone on a fresh stack, made small, and kept as a trace for
    `tcpassay replay`. Without --seconds and --cases it goes on until Ctrl-C; --resume goes on then.

    Ends with 0 when nothing unexpected was found, 1 with a finding that the target's expectations
    do not explain, 2 for wrong usage, 3 after an error of the tester's own, 4 when the target did
    not start, 130 after Ctrl-C, 143 after SIGTERM.

    tcpassay fuzz reference --seconds 60

    tcpassay fuzz linux --cases 200000 --jobs 2 --seed 7 --out night --junit night.xml

    tcpassay fuzz linux --resume --out night --cases 400000

    tcpassay fuzz linux --seed 7 --out night --alone 1234

    tcpassay fuzz linux --engine boofuzz --web 26000
    """
    from tcpassay.cli.fuzzing import Request, carry_out

    return carry_out(
        Request(
            target=target,
            mode=None if mode is None else mode.value,
            campaign=campaign,
            engine=None if engine is None else engine.value,
            ip=None if ip is None else 6 if ip is IpChoice.V6 else 4,
            seed=seed,
            alone=alone,
            seconds=seconds,
            cases=cases,
            jobs=jobs,
            web=web,
            resume=resume,
            differential=differential,
            out=out,
            json=json,
            junit=junit,
            html=html,
        )
    )
