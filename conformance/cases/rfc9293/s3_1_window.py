"""The window field and what it counts: RFC 9293, section 3.1."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import Flight, offering, opened
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.stamped import burst, farthest, scaled
from tcpassay.core.seq import Seq

SECTION = "3.1"

MSS = 1440


@case(
    "RFC9293:MUST-1",
    "RFC9293:3.8.6-SEND-IN-WINDOW",
    rows={"32768": 32_768, "65535": 65_535},
    state="ESTABLISHED",
)
def window_above_32767(bench: Bench, window: int) -> None:
    """A window with the highest bit set; text is in flight beyond 32,767 octets, none beyond it.

    Each flight is acknowledged whole until a congestion window is no longer in the way.
    """
    conn = opened(bench, offering(mss=MSS), window=window)
    flight = Flight(conn, 160, mss=MSS)
    done, octets = 0, []
    while flight.arrive() and len(octets) < 6:
        octets.append(conn.target.snd.nxt.distance(Seq(flight.seq(done))))
        # What the last of them has may be less than a segment: that is left for the next round.
        for _ in range(octets[-1] // MSS):
            done += 1
            conn.send("A", ack=flight.seq(done))
    bench.measure("octets in flight", " ".join(map(str, octets)))
    largest = max(octets, default=0)
    fits = largest <= window
    bench.check(fits, True, "never beyond the window", requirement="3.8.6-SEND-IN-WINDOW")
    bench.check(largest > min(32_767, window - MSS), True, "the window is used")


@case(
    "RFC9293:REC-1",
    rows={"65536": 6, "16777216": 14},
    needs=("window_scale",),
    state="ESTABLISHED",
)
def window_whose_low_half_is_zero(bench: Bench, shift: int) -> None:
    """A scaled window that is a multiple of 65,536 octets; text goes out at once.

    In a variable of 16 bits it would be closed.
    """
    conn, _ = scaled(bench, shift, window=0)
    conn.send(TCP(flags="A", window=1024))
    conn.app.accept().send(bytes(1000))
    bench.check(farthest(conn, burst(conn)), 1000, "octets in flight")
