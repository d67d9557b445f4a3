"""SEGMENT ARRIVES in SYN-SENT: RFC 9293, section 3.10.7.3."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY, Pattern
from tcpassay.conformance.probes import is_reset, syn_gap
from tcpassay.conformance.reach import syn_sent
from tcpassay.wire import flags_text

SECTION = "3.10.7.3"
SYNACK = "RFC9293:3.10.7.3-SYNACK"


@case(
    "RFC9293:3.10.7.3-ACK-LOW",
    SYNACK,
    rows={
        "ack_iss": ("A", 0),
        "ack_before": ("A", -1),
        "ack_far_before": ("A", -(2**30)),
        "syn_ack_iss": ("SA", 0),
        "syn_ack_before": ("SA", -1),
        "fin_ack_iss": ("FA", 0),
    },
    needs=("active_open",),
    state="SYN-SENT",
)
def ack_at_or_below_iss_is_reset(bench: Bench, row: tuple[str, int]) -> None:
    """SEG.ACK =< ISS; <SEQ=SEG.ACK><CTL=RST>, and the attempt goes on."""
    flags, offset = row
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags=flags, seq=500, ack=int(conn.target.iss + offset)))
    reset = is_reset(conn, conn.target.iss + offset)
    pending.expect_blocked()
    conn.send(TCP(flags="SA", seq=9000, ack=int(conn.target.iss + 1)))
    conn.expect("A", seq=conn.target.iss + 1, ack=9001, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)
    bench.check(flags_text(reset.segment.flags), "R", "flags of the reset")


@case(
    "RFC9293:3.10.7.3-ACK-HIGH",
    SYNACK,
    rows={
        "ack_next": ("A", 2),
        "ack_half": ("A", 2**31),
        "syn_ack_next": ("SA", 2),
        "syn_ack_half": ("SA", 2**31),
        "data": ("PA", 1461),
    },
    needs=("active_open",),
    state="SYN-SENT",
)
def ack_above_snd_nxt_is_reset(bench: Bench, row: tuple[str, int]) -> None:
    """SEG.ACK > SND.NXT; <SEQ=SEG.ACK><CTL=RST>, and the attempt goes on."""
    flags, offset = row
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags=flags, seq=500, ack=int(conn.target.iss + offset)) / Raw(b""))
    reset = is_reset(conn, conn.target.iss + offset)
    pending.expect_blocked()
    conn.send(TCP(flags="SA", seq=9000, ack=int(conn.target.iss + 1)))
    conn.expect("A", seq=conn.target.iss + 1, ack=9001, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)
    bench.check(flags_text(reset.segment.flags), "R", "flags of the reset")


@case(
    "RFC9293:3.10.7.3-BADACK-RST",
    "RFC9293:3.5.2-NO-RST-FOR-RST",
    SYNACK,
    rows={"iss": ("RA", 0), "before": ("RA", -1), "after": ("RA", 2), "syn": ("SRA", 0)},
    needs=("active_open",),
    state="SYN-SENT",
)
def rst_with_bad_ack_is_dropped(bench: Bench, row: tuple[str, int]) -> None:
    """RST whose ACK does not acknowledge the SYN; no answer, and the attempt goes on."""
    flags, offset = row
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags=flags, seq=500, ack=int(conn.target.iss + offset)))
    conn.expect_silence(0.05, repeats=True, requirement="3.5.2-NO-RST-FOR-RST")
    pending.expect_blocked()
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)


@case(
    "RFC9293:3.10.7.3-RST-ACK",
    "POSIX:CONNECT-ECONNREFUSED",
    rows={
        "seq_zero": ("RA", 0, b""),
        "seq_any": ("RA", 0xDEADBEEF, b""),
        "data": ("RA", 0, b"go away"),
        "syn": ("SRA", 500, b""),
        "fin": ("FRA", 500, b""),
        "all": ("FSRPAU", 500, b"all flags"),
    },
    needs=("active_open",),
    state="SYN-SENT",
)
def rst_with_good_ack_refuses(bench: Bench, row: tuple[str, int, bytes]) -> None:
    """RST that acknowledges the SYN; connect() fails with ECONNREFUSED and no SYN follows.

    RST is looked at before SYN, so that it counts whatever other flags there are.
    """
    flags, seq, data = row
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags=flags, seq=seq, ack=int(conn.target.iss + 1)) / Raw(data))
    conn.expect_silence()
    pending.expect_return(errno="ECONNREFUSED", requirement="POSIX:CONNECT-ECONNREFUSED")
    conn.expect_silence(1.2)


@case(
    "RFC9293:3.10.7.3-RST-NOACK",
    "RFC5961:3.2-RST-SYNSENT",
    SYNACK,
    rows={"rst": "R", "rst_syn": "SR", "rst_fin": "FR"},
    needs=("active_open",),
    state="SYN-SENT",
)
def rst_without_ack_is_dropped(bench: Bench, flags: str) -> None:
    """RST without ACK; dropped, the SYN is sent again and can still be answered."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags=flags, seq=0, ack=int(conn.target.iss + 1)))
    conn.expect_silence()
    pending.expect_blocked(requirement="RFC5961:3.2-RST-SYNSENT")
    conn.expect("S", seq=conn.target.iss, within=1.5 * syn_gap(bench))
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)


@case(
    "RFC9293:3.10.7.3-ACK-ONLY",
    SYNACK,
    rows={"ack": b"", "ack_with_data": b"data"},
    needs=("active_open",),
    state="SYN-SENT",
)
def ack_without_syn_is_dropped(bench: Bench, data: bytes) -> None:
    """An ACK of the SYN without a SYN; no answer, no connection, the attempt goes on."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="A", seq=500, ack=int(conn.target.iss + 1)) / Raw(data))
    conn.expect_silence(0.05)
    conn.expect_state("SYN-SENT")
    pending.expect_blocked()
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)


@case(
    "RFC9293:3.10.7.3-FIN",
    "RFC9293:3.10.7.4-FIN-UNSYNC",
    SYNACK,
    rows={"fin": ("F", b""), "fin_ack": ("FA", b""), "data": ("P", b"abc"), "none": ("", b"")},
    needs=("active_open",),
    state="SYN-SENT",
)
def fin_or_data_without_syn_is_dropped(bench: Bench, row: tuple[str, bytes]) -> None:
    """FIN or data without SYN; dropped, and the connection opens with both directions alive."""
    flags, data = row
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags=flags, seq=500, ack=int(conn.target.iss + 1)) / Raw(data))
    conn.expect_silence(0.05)
    pending.expect_blocked()
    conn.send("SA")
    conn.expect("A", ack=conn.peer.snd.nxt, requirement=SYNACK)
    pending.expect_return(0, requirement=SYNACK)
    reading = conn.app.begin_recv(10)
    reading.expect_blocked(requirement="3.10.7.4-FIN-UNSYNC")
    conn.send("PA", payload=b"first")
    reading.expect_return(octets=b"first", requirement="3.10.7.4-FIN-UNSYNC")


@case("RFC9293:3.10.7.3-SYN-ONLY", needs=("simultaneous_open",), state="SYN-SENT")
def syn_without_ack_is_answered(bench: Bench) -> None:
    """A bare SYN; <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK> with the ISS of the SYN before it."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="S", seq=2**32 - 1))
    conn.expect("SA", seq=conn.target.iss, ack=0)
    conn.expect_state("SYN-RECEIVED")
    conn.expect_silence()
    pending.expect_blocked()


@case(
    "RFC9293:3.10.7.3-SYN-ONLY",
    "RFC9293:3.5-DATA-ON-SYN-HELD",
    needs=("simultaneous_open",),
    state="SYN-SENT",
)
def data_on_a_crossing_syn_waits(bench: Bench) -> None:
    """A bare SYN with data; the data is delivered after the open, once, if need be sent again."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="S", seq=1000) / Raw(b"early"))
    conn.expect_one_of(
        Pattern("SA", seq=conn.target.iss, ack=1001), Pattern("SA", seq=conn.target.iss, ack=1006)
    )
    pending.expect_blocked()
    conn.send(TCP(flags="PA", seq=1001, ack=int(conn.target.iss + 1)) / Raw(b"early"))
    pending.expect_return(0)
    conn.expect("A", ack=1006)
    conn.app.recv(16, want=b"early", requirement="3.5-DATA-ON-SYN-HELD")
    conn.send(TCP(flags="PA", seq=1006, ack=int(conn.target.iss + 1)) / Raw(b"!"))
    conn.app.recv(16, want=b"!", requirement="3.5-DATA-ON-SYN-HELD")


@case("RFC9293:3.10.7.3-SYNACK-DATA", needs=("active_open",), state="SYN-SENT")
def data_on_the_syn_ack_is_read_once(bench: Bench) -> None:
    """SYN-ACK with ten octets; acknowledged or to be sent again, and read exactly once."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="SA", seq=1000, ack=int(conn.target.iss + 1)) / Raw(b"0123456789"))
    conn.expect_one_of(
        Pattern("A", seq=conn.target.iss + 1, ack=1001),
        Pattern("A", seq=conn.target.iss + 1, ack=1011),
    )
    pending.expect_return(0)
    conn.send(TCP(flags="PA", seq=1001, ack=int(conn.target.iss + 1)) / Raw(b"0123456789abc"))
    conn.expect("A", ack=1014)
    conn.app.recv(64, want=b"0123456789abc")


@case("RFC9293:3.10.7.3-SYNACK-FIN", needs=("active_open",), state="SYN-SENT")
def fin_on_the_syn_ack_ends_the_stream(bench: Bench) -> None:
    """SYN-ACK with FIN; connect() succeeds, the FIN counts then or when sent again."""
    conn, pending = syn_sent(bench)
    conn.send(TCP(flags="SFA", seq=1000, ack=int(conn.target.iss + 1)))
    conn.expect_one_of(Pattern("A", ack=1001), Pattern("A", ack=1002))
    pending.expect_return(0)
    conn.send(TCP(flags="FA", seq=1001, ack=int(conn.target.iss + 1)))
    conn.expect("A", ack=1002)
    conn.app.recv(1, want=b"")
    conn.expect_state("CLOSE-WAIT")


@case("RFC9293:3.10.7.3-WND-INIT", rows={"some": 100, "one": 1}, needs=("active_open",))
def syn_ack_sets_the_send_window(bench: Bench, window: int) -> None:
    """SYN-ACK with a small window, then a long send(); what comes first fits the window."""
    conn, pending = syn_sent(bench)
    conn.send("SA", window=window)
    conn.expect("A", ack=conn.peer.snd.nxt)
    pending.expect_return(0)
    conn.app.send(bytes(1000))
    first = conn.expect("A", seq=conn.target.iss + 1, payload=ANY, within=3)
    came = [first, *conn.drop_arrivals()]
    octets = sum(len(arrival.segment.payload) for arrival in came)
    bench.check(0 < octets <= window, want=True, what="data within window")


@case("RFC9293:3.10.2-SEND-SYNSENT", needs=("active_open", "nonblocking"), state="SYN-SENT")
def data_queued_in_syn_sent_follows_the_handshake(bench: Bench) -> None:
    """send() before the SYN-ACK: refused for now, or queued and sent right after the handshake."""
    with bench.reaching("SYN-SENT"):
        sock = bench.app.socket("SOCK_NONBLOCK")
        sock.connect(7070, errno="EINPROGRESS")
        conn = bench.expect_syn()
    sent = sock.begin_send(b"early")
    conn.expect_silence()
    bench.wait_until(lambda: sent.returned is not None, 0.1)
    refused = sent.returned is not None and sent.returned.errno is not None
    if refused:
        sent.expect_return(errno=("EAGAIN", "ENOTCONN", "EWOULDBLOCK", "EINPROGRESS"))
    conn.send("SA")
    if refused:
        conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt)
        sock.send(b"early")
    conn.expect("A", seq=conn.target.iss + 1, ack=conn.peer.snd.nxt, payload=b"early")


@case(
    "RFC9293:3.10.4-CLOSE-SYNSENT",
    "RFC9293:3.10.7.1-SYNACK",
    needs=("active_open", "nonblocking"),
    state="SYN-SENT",
)
def closed_in_syn_sent(bench: Bench) -> None:
    """close() in SYN-SENT; neither FIN nor another SYN, and a late SYN-ACK is reset."""
    with bench.reaching("SYN-SENT"):
        sock = bench.app.socket("SOCK_NONBLOCK")
        sock.connect(7070, errno="EINPROGRESS")
        conn = bench.expect_syn()
    sock.close()
    conn.expect_silence(1.2)
    conn.send("SA")
    is_reset(conn, conn.target.iss + 1, requirement="3.10.7.1-SYNACK")


@case("RFC9293:3.10.5-ABORT-SYNSENT", needs=("active_open", "nonblocking", "linger"))
def aborted_in_syn_sent(bench: Bench) -> None:
    """SO_LINGER of zero and close() in SYN-SENT; no RST, and no SYN any more."""
    with bench.reaching("SYN-SENT"):
        sock = bench.app.socket("SOCK_NONBLOCK")
        sock.connect(7070, errno="EINPROGRESS")
        conn = bench.expect_syn()
    sock.set_linger(0)
    sock.close()
    conn.expect_silence(1.2)
    conn.expect_state("CLOSED")


@case("RFC9293:3.10.7.3-RST-NOACK", needs=("active_open",), state="SYN-SENT")
def rst_from_another_port_changes_nothing(bench: Bench) -> None:
    """A good refusal, sent from a port that nobody has asked; silence and a pending connect()."""
    conn, pending = syn_sent(bench)
    stranger = bench.connection(peer_port=conn.peer_port + 1, port=conn.port)
    stranger.send(TCP(flags="RA", seq=0, ack=int(conn.target.iss + 1)))
    stranger.expect_silence(0.05)
    pending.expect_blocked()
