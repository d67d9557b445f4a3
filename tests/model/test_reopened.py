"""A connection that a SYN opens out of TIME-WAIT (MAY-2) is judged as any other."""

from __future__ import annotations

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.reach import listener
from tcpassay.core.trace import Trace
from tcpassay.model.oracle import judge_trace
from tcpassay.model.oracle.limits import Limits
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target


def reopens(bench: Bench) -> None:
    """The application closes first; the same pair of ends then opens again, and both talk."""
    sock = listener(bench, port=8080)
    first = bench.connection(port=8080)
    first.send("S")
    first.expect("SA")
    first.send("A")
    sock.accept().close()
    first.expect("FA")
    first.send("FA", ack=first.target.snd.nxt)
    first.expect("A")
    again = bench.connection(
        port=8080, peer_port=first.peer_port, iss=int(first.peer.snd.nxt) + 100_000
    )
    again.send("S")
    again.expect("SA")
    again.send("PA", payload=b"hello")
    bench.wait(0.5)
    sock.accept().send(b"world")
    again.expect(payload=b"world")
    again.send("A")
    bench.wait(0.5)


def test_nothing_of_the_old_connection_is_held_against_the_new_one() -> None:
    """The old one has sent its FIN and reads no more; the new one talks, and may."""
    target = open_target("reference")
    addresses = target.manifest.ipv4
    assert addresses is not None
    trace = Trace(case="reopens", target="reference", seed=7, stack_addresses=addresses.stack)
    stack = target.start(StackOptions(seed=7, ip=4))
    try:
        reopens(Bench(target.manifest, stack, trace, requirements=("RFC9293:MAY-2",)))
    finally:
        stack.close()
        target.close()
    report = judge_trace(trace, Limits(target.manifest.limits.msl_s, rack=True))
    assert [str(violation) for violation in report.violations] == []
    assert report.judged["RFC9293:3.10.7.4-TEXT-ESTAB"] == 1
