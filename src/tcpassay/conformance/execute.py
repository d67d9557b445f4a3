"""One case on one fresh stack, from the start of the stack to the verdict."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.expectations import as_expected
from tcpassay.conformance.interrupts import CutShort
from tcpassay.conformance.judge import Judged, judge
from tcpassay.conformance.leash import Leash
from tcpassay.conformance.outcome import Inconclusive
from tcpassay.conformance.result import CaseResult, Location
from tcpassay.core.errors import StackFault, TcpassayError
from tcpassay.core.trace import Trace
from tcpassay.core.verdict import EXPECTED_BY_DEFAULT, Verdict
from tcpassay.targets.contract import StackOptions

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from types import TracebackType

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.expectations import Expectations
    from tcpassay.conformance.plan import PlannedRun
    from tcpassay.model.catalogue import Catalogue
    from tcpassay.targets.contract import IpVersion, Stack, Target

#: How many of the last trace entries a result shows.
FRAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Context:
    """What every case of one target shares. `version` is what the stack says it is."""

    target: Target
    version: str
    catalogue: Catalogue
    expectations: Expectations
    seed: int
    max_time_s: float


def seed_of(run_seed: int, case_id: str) -> int:
    """A case's own seed, 64 bits: the same in every run with that seed, whatever else runs."""
    return int.from_bytes(blake2b(f"{run_seed}:{case_id}".encode(), digest_size=8).digest())


def run_case(
    context: Context,
    run: PlannedRun,
    leash: Leash | None = None,
    guard: AbstractContextManager[object] | None = None,
) -> tuple[CaseResult, Trace]:
    """Run a case on a fresh stack and judge it; raises nothing that a case or stack can cause.

    That holds for sys.exit() in a case, too. `guard` is entered around the part that may be cut
    short by CutShort; a case cut for time is inconclusive, or fails where the stack was the one
    that did not come back. A CutShort for any other reason passes through. The stack is closed in
    every case.
    """
    case, leash = run.case, leash or Leash()
    trace = _trace(context, case, run.ip)
    started = time.perf_counter()
    bench: list[Bench] = []
    ending: BaseException | None = None
    stack: Stack | None = None
    try:
        stack = context.target.start(_options(trace.seed, case, run.ip))
        leash.hold(stack)
        with guard or nullcontext():
            bench.append(_bench(context.target, stack, trace, case, run.ip))
            case.run(bench[0])
            bench[0].end()
    except CutShort as cut:
        if not cut.for_time:
            raise
        ending = _over_time(stack, cut, context.max_time_s)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        ending = Inconclusive(leash.reason) if leash.reason else error
    finally:
        leash.close()
    judged = judge(trace, ending, case, context.catalogue)
    measured = dict(bench[0].measured) if bench else {}
    result = _result(
        context,
        run,
        judged,
        measured=measured,
        trace=trace,
        wall_s=time.perf_counter() - started,
        stack_s=_stack_s(trace, stack),
        lag_s=(leash.lag_ns() or 0) / 1e9,
    )
    return result, trace


def unsupported_result(context: Context, run: PlannedRun) -> CaseResult:
    """The result of a case that the target does not claim to support."""
    return _result(context, run, Judged(Verdict.UNSUPPORTED, message=run.unsupported))


def lost_result(context: Context, run: PlannedRun, message: str) -> CaseResult:
    """The result of a case that did not come back when its stack was closed under it."""
    return _result(context, run, Judged(Verdict.ERROR, message=message))


def _trace(context: Context, case: Case, ip: IpVersion) -> Trace:
    manifest = context.target.manifest
    return Trace(
        case=case.id,
        target=manifest.name,
        seed=seed_of(context.seed, case.id),
        ip=ip,
        stack_addresses=manifest.own_addresses(ip, case.mark.settings),
        settings=case.mark.settings,
        own_process=case.mark.own_process,
    )


def _options(seed: int, case: Case, ip: IpVersion) -> StackOptions:
    return StackOptions(
        seed=seed,
        ip=ip,
        settings=case.mark.settings,
        own_process=case.mark.own_process,
        timing=case.mark.timing,
        spare=case.mark.spare,
    )


def _bench(target: Target, stack: Stack, trace: Trace, case: Case, ip: IpVersion) -> Bench:
    return Bench(
        target.manifest,
        stack,
        trace,
        requirements=case.mark.requirements,
        ip=ip,
        own_process=case.mark.own_process,
    )


def _over_time(stack: Stack | None, cut: CutShort, max_time_s: float) -> TcpassayError:
    message = f"took longer than {max_time_s:g} s"
    if stack is not None and _was_inside(stack, cut.__traceback__):
        return StackFault(f"{message}: the stack did not become idle")
    return Inconclusive(message)


def _was_inside(stack: Stack, tb: TracebackType | None) -> bool:
    """Whether the cut hit while the stack's own execute() was running."""
    while tb is not None:
        if tb.tb_frame.f_code.co_name == "execute" and tb.tb_frame.f_locals.get("self") is stack:
            return True
        tb = tb.tb_next
    return False


def _stack_s(trace: Trace, stack: Stack | None) -> float:
    """Seconds of the stack's clock from the first entry of the trace to now."""
    if stack is None or not trace.entries:
        return 0.0
    try:
        now_ns = stack.now_ns()
    except TcpassayError:
        now_ns = trace.entries[-1].t_ns
    return max(0, now_ns - trace.entries[0].t_ns) / 1e9


def _frames(trace: Trace | None, verdict: Verdict) -> tuple[str, ...]:
    """The last entries in packetdrill notation, for the verdicts that people look into."""
    if verdict in EXPECTED_BY_DEFAULT or trace is None or not trace.entries:
        return ()
    from tcpassay.wire.notation import Notation

    return tuple(Notation().lines(trace, FRAMES_SHOWN))


def _result(
    context: Context,
    run: PlannedRun,
    judged: Judged,
    *,
    measured: dict[str, float | int | str] | None = None,
    trace: Trace | None = None,
    wall_s: float = 0.0,
    stack_s: float = 0.0,
    lag_s: float = 0.0,
) -> CaseResult:
    case = run.case
    expectation = context.expectations.expected(case.id, run.ip, context.version)
    known = as_expected(judged.verdict, expectation)
    # A row that did as expected is one of hundreds alike, and replayed from its id.
    looked_into = not (known and case.id.startswith("matrix/"))
    return CaseResult(
        id=case.id,
        target=context.target.manifest.name,
        ip=run.ip,
        title=case.title,
        location=Location(case.file, case.line),
        requirements=case.mark.requirements,
        verdict=judged.verdict,
        as_expected=known,
        expected=expectation.verdict if expectation else None,
        reason=expectation.reason if expectation else "",
        nature=expectation.nature if expectation else "",
        judged=judged.judged,
        message=judged.message,
        diff=judged.diff,
        frames=_frames(trace, judged.verdict) if looked_into else (),
        measured=measured or {},
        wall_s=wall_s,
        stack_s=stack_s,
        lag_s=lag_s,
        stderr=judged.stderr,
    )
