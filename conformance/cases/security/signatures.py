"""Signed segments to an end that has no keys: RFC 2385 (MD5) and RFC 5925 (TCP-AO)."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.reach import established, listener

SIGNATURES = {"md5": (19, bytes(16)), "ao": (29, b"\x01\x02" + bytes(12))}


@case("RFC2385:UNKEYED", rows=SIGNATURES, state="LISTEN", measures=True)
def signed_syn(bench: Bench, option: tuple[int, bytes]) -> None:
    """SYN with a signature to a listener without keys; whether it is answered is recorded."""
    listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="S", options=[option]))
    bench.measure("signed SYN", "answered" if conn.drop_arrivals() else "dropped")


@case("RFC2385:UNKEYED", rows=SIGNATURES, state="ESTABLISHED", measures=True)
def signed_text(bench: Bench, option: tuple[int, bytes]) -> None:
    """Text with a signature on a connection without keys; whether it is taken is recorded."""
    conn = established(bench)
    reading = conn.app.begin_recv(8)
    conn.send(TCP(flags="PA", options=[option]) / Raw(b"signed"))
    bench.wait_until(lambda: reading.returned is not None, 0.3)
    bench.measure("signed text", "taken" if reading.returned else "dropped")
