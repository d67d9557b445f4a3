"""How the octets of send() are cut into segments: RFC 9293, section 3.9.1.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.match import ANY
from tcpassay.conformance.probes import close_window, segment_sizes
from tcpassay.conformance.reach import established

SECTION = "3.9.1.2"


@case("RFC9293:SHLD-27", "RFC9293:MAY-16", rows={"nagle": 0, "no_delay": 1}, needs=("nodelay",))
def small_writes_while_the_window_is_closed(bench: Bench, no_delay: int) -> None:
    """Five writes of 20 octets wait for a window; once it opens one segment brings them all.

    That they wait is no matter of Nagle's algorithm, so TCP_NODELAY changes nothing.
    """
    conn = established(bench)
    conn.app.set_option("IPPROTO_TCP", "TCP_NODELAY", no_delay)
    first = conn.target.snd.nxt
    close_window(conn)
    text = bytes(range(100))
    for start in range(0, 100, 20):
        conn.app.send(text[start : start + 20])
    conn.window = 65535
    conn.send("A", ack=first)
    came = conn.expect("A", seq=first, payload=ANY)
    bench.measure("octets of the first segment", len(came.segment.payload))
    bench.check(came.segment.payload, text, "text of the first segment")


@case("RFC9293:SHLD-28", rows={"mss_536": 536, "mss_1440": 1440})
def a_long_write_makes_full_segments(bench: Bench, mss: int) -> None:
    """Thirty segments and seven octets in one send(); only the last segment is not full."""
    conn = established(bench, mss=mss)
    octets = 30 * mss + 7
    conn.app.send(bytes(octets))
    sizes = segment_sizes(conn, octets)
    bench.check([size for size in sizes[:-1] if size != mss], [], "segments that are not full")
