"""The quiet time after a start: RFC 9293, sections 3.4.2 and 3.4.3."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.probes import serves
from tcpassay.conformance.reach import listener

SECTION = "3.4.3"


@case("RFC9293:3.4.3-QUIET", settings=("quiet_time",), state="LISTEN")
def nothing_is_answered(bench: Bench) -> None:
    """SYN to a listener and to a closed port, ACK to both; silence for one MSL, then service."""
    msl = bench.manifest.limits.msl_s
    sock = listener(bench)
    for port, flags in ((8080, "S"), (8080, "A"), (4, "S"), (4, "A")):
        conn = bench.connection(port=port)
        conn.send(TCP(flags=flags, ack=1))
        conn.expect_silence(msl / 5)
    bench.wait(msl / 5 + 1)
    serves(sock)


@case("RFC9293:3.4.3-QUIET", settings=("quiet_time",), needs=("active_open",), state="SYN-SENT")
def open_waits(bench: Bench) -> None:
    """connect() right after the start; its SYN comes one MSL later, and the handshake succeeds."""
    msl = bench.manifest.limits.msl_s
    start = bench.now_ns
    with bench.reaching("the start of connect()"):
        sock = bench.app.socket()
        pending = sock.begin_connect(7070)
    conn = bench.expect_syn(within=msl + 1)
    waited_s = (conn.last_arrival.t_ns - start) / 1e9 if conn.last_arrival else 0.0
    bench.check(waited_s >= msl, True, "SYN no sooner than one MSL after the start")
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt)
    pending.expect_return(0)
