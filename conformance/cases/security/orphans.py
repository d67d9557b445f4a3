"""Connections that no application holds any more, behind a window that stays closed."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.reach import established
from tcpassay.wire import RST

#: How long the peer looks on: where the clock is virtual it has all the time it wants.
PATIENCE_S, REAL_PATIENCE_S = 3_600, 5


@case("RFC6429:3-ORPHAN", settings=("fast_data_giveup",), state="FIN-WAIT-1", measures=True)
def orphan_behind_a_closed_window(bench: Bench) -> None:
    """Window 0, text, close(), and each probe answered; how and when it ends is recorded."""
    conn = established(bench)
    conn.window = 0
    conn.send("A")
    conn.app.send(b"never read")
    conn.app.close()
    start = bench.now_ns
    patience_s = PATIENCE_S if bench.virtual else REAL_PATIENCE_S
    while (bench.now_ns - start) / 1e9 < patience_s:
        bench.wait(0.5)
        arrivals = conn.drop_arrivals()
        if any(arrival.segment.flags & RST for arrival in arrivals):
            bench.measure("orphan ended after s", round((arrivals[-1].t_ns - start) / 1e9))
            return
        if arrivals:
            conn.send("A", ack=int(conn.target.iss + 1))
    bench.measure("orphan ended after s", f"not within {patience_s}")
