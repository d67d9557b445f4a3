"""`tcpassay replay TRACE`: the same stimuli again, on a fresh stack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tcpassay.cli.exporting import Form
from tcpassay.cli.guard import INTERNAL_FAULT, guarded
from tcpassay.cli.run import Netns, Peer, Service, WireOnly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.conformance.replay import Replayed
    from tcpassay.wire.tracefile import TraceFile

ANOTHER_VERDICT = 1


@guarded
def replay(
    trace: Annotated[Path, typer.Argument(metavar="TRACE", help="A file of OUT/traces/<target>/.")],
    target: Annotated[
        str | None,
        typer.Option(metavar="T", help="A name or path; default: the target the trace names."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="For the stack; default: the recorded one."),
    ] = None,
    export: Annotated[
        Form | None,
        typer.Option(help="Write the recorded trace in this form, and play nothing."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Of --export; default: to stdout."),
    ] = None,
    wire_only: WireOnly = None,
    netns: Netns = None,
    service: Service = None,
    peer: Peer = None,
) -> int:
    """Give a fresh stack the stimuli of a trace and judge it again.

    Ends with 0 when the verdict is the recorded one, 1 when it is another. Of a trace that the
    fuzzer kept: 0 when the finding is there again, 1 when it is another one or nothing.

    With --export, a trace of either for other tools: packetdrill's notation, a capture file, a case
    for pytest, a script for Scapy that needs no tcpassay.

    tcpassay replay tcpassay-out/20260301-120000/traces/linux/rfc5961__4.2__syn.json
    """
    from tcpassay.cli.selecting import wire_place
    from tcpassay.conformance.replay import replay as play
    from tcpassay.core.errors import ConfigurationError
    from tcpassay.core.verdict import Verdict
    from tcpassay.fuzz.finding.kept import is_finding
    from tcpassay.model.catalogue import load_catalogue
    from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
    from tcpassay.targets.registry import open_target
    from tcpassay.targets.wire.target import open_port
    from tcpassay.wire.tracefile import load

    file = load(trace)
    if export is not None:
        return _exported(file, trace, export, output)
    if output is not None:
        raise ConfigurationError("--output is of --export; say which form")
    if is_finding(file):
        from tcpassay.cli.findings import replay_finding

        if wire_only is not None:
            msg = "--wire-only is for traces of cases; a finding is played where there are calls"
            raise ConfigurationError(msg)
        return replay_finding(file, trace, target, seed)
    place = wire_place(wire_only, netns, service and service.value, peer)
    stack = open_target(target or file.target) if place is None else open_port(place)
    if stack.manifest.kind == "namespace":
        enter_user_namespace_if_needed()
    try:
        replayed = play(file, stack, load_catalogue(), seed=seed)
    finally:
        stack.close()
    typer.echo("\n".join(_told(replayed)))
    if replayed.judged.verdict is Verdict.ERROR:
        return INTERNAL_FAULT
    return 0 if replayed.same else ANOTHER_VERDICT


def _exported(file: TraceFile, trace: Path, form: Form, output: Path | None) -> int:
    from tcpassay.cli.exporting import export
    from tcpassay.reports.files import require_writable

    if output is not None:
        require_writable(output, "--output")
    export(file, trace, form, output)
    return 0


def _told(replayed: Replayed) -> Iterator[str]:
    """What happened, line by line, then the verdict and what was recorded."""
    from tcpassay.reports.failure import MOST_LINES, difference_table
    from tcpassay.reports.text import counted, first_lines, one_line
    from tcpassay.wire.notation import Notation

    trace, judged = replayed.trace, replayed.judged
    yield from (one_line(line) for line in Notation().lines(trace))
    yield ""
    yield from first_lines(judged.message, MOST_LINES) if judged.message else ()
    yield from difference_table(judged.diff)
    where = one_line(f"{trace.target}  {trace.case}")
    recorded = "as recorded" if replayed.same else f"recorded: {replayed.recorded}"
    yield f"{judged.verdict.upper()}  {where}  ({recorded})"
    if replayed.taken:
        yield f"{counted(replayed.taken, 'value')} that the case worked out taken as recorded"
