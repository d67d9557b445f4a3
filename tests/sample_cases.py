"""Files of cases that several tests write."""

#: One that every stack passes.
HANDSHAKE = '''
from tcpassay.conformance import reach
from tcpassay.conformance.case import case


@case("MUST-12")
def handshake(bench):
    """A SYN to a listener; SYN-ACK."""
    reach.listener(bench)
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
'''
