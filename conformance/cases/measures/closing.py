"""Values of the end: how long the states last that no segment need ever end."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.reach import reach
from tcpassay.conformance.times import patience
from tcpassay.core.clock import NS_PER_S


@case(
    "RFC9293:MUST-13",
    "LINUX:FIN_TIMEOUT",
    rows={"time_wait": "TIME-WAIT", "orphaned_fin_wait_2": "FIN-WAIT-2"},
    needs=("state_probe",),
    real_s=75,
    measures=True,
)
def how_long(bench: Bench, state: str) -> None:
    """close(); how long the state lasts when nothing more comes."""
    conn = reach(bench, state, how="close")
    start = bench.now_ns
    longest = patience(bench, 1_000, 70) * NS_PER_S
    while conn.state() == state and bench.now_ns - start < longest:
        bench.wait(1.0 if bench.virtual else 0.1)
    lasted = (bench.now_ns - start) / NS_PER_S
    bench.measure(f"{state} lasts, s", round(lasted, 1))
