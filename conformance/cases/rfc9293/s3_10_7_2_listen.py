"""SEGMENT ARRIVES in LISTEN: RFC 9293, section 3.10.7.2."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.probes import is_reset, serves
from tcpassay.conformance.reach import listener

SECTION = "3.10.7.2"
UNAFFECTED = "RFC9293:3.10.7.2-UNAFFECTED"


@case(
    "RFC9293:3.10.7.2-RST",
    UNAFFECTED,
    rows={"rst": "R", "rst_syn": "SR", "rst_fin": "FR"},
    state="LISTEN",
)
def rst_is_ignored(bench: Bench, flags: str) -> None:
    """RST to a listener, alone or with other flags; silence, and the listener goes on."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags=flags, seq=1000))
    conn.expect_silence(0.05)
    serves(sock, requirement=UNAFFECTED)


@case("RFC9293:3.10.7.2-RSTACK", UNAFFECTED, rows={"plain": "RA", "syn": "SRA"}, state="LISTEN")
def rst_ack_is_ignored(bench: Bench, flags: str) -> None:
    """RST with ACK to a listener; the RST is looked at first, so there is no reset in answer."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags=flags, seq=1000, ack=2000))
    conn.expect_silence(0.05)
    serves(sock, requirement=UNAFFECTED)


@case(
    "RFC9293:3.10.7.2-ACK",
    UNAFFECTED,
    rows={"zero": 0, "one": 1, "half": 2**31, "last": 2**32 - 1},
    state="LISTEN",
)
def ack_is_reset(bench: Bench, ack: int) -> None:
    """ACK to a listener that has sent nothing; <SEQ=SEG.ACK><CTL=RST>."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="A", seq=1000, ack=ack))
    conn.expect("R", seq=ack)
    conn.expect_silence()
    serves(sock, requirement=UNAFFECTED)


@case("RFC9293:3.10.7.2-ACK", state="LISTEN")
def data_with_ack_is_reset(bench: Bench) -> None:
    """Data with ACK to a listener; RST with the ACK number, and nobody is accepted."""
    sock = listener(bench)
    sock.set_nonblocking()
    conn = bench.connection()
    conn.send(TCP(flags="PA", seq=1000, ack=123456) / Raw(b"hello"))
    conn.expect("R", seq=123456)
    sock.accept(errno="EAGAIN")


@case("RFC9293:3.10.7.2-SYNACK", UNAFFECTED, state="LISTEN")
def syn_ack_is_reset(bench: Bench) -> None:
    """SYN-ACK to a listener; RST with its ACK number and no SYN-ACK back."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="SA", seq=1000, ack=123456))
    conn.expect("R", seq=123456)
    conn.expect_silence()
    serves(sock, requirement=UNAFFECTED)


@case("RFC9293:3.10.7.2-FINACK", UNAFFECTED, state="LISTEN")
def fin_ack_is_reset(bench: Bench) -> None:
    """FIN-ACK to a listener; RST with its ACK number."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="FA", seq=1000, ack=123456))
    conn.expect("R", seq=123456)
    serves(sock, requirement=UNAFFECTED)


@case("RFC9293:3.10.7.2-FIN", UNAFFECTED, rows={"bare": b"", "data": b"abc"}, state="LISTEN")
def fin_is_dropped(bench: Bench, data: bytes) -> None:
    """FIN without ACK to a listener; silence, and the listener goes on."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags="F", seq=1000) / Raw(data))
    conn.expect_silence(0.05)
    serves(sock, requirement=UNAFFECTED)


@case(
    "RFC9293:3.10.7.2-NOFLAGS",
    UNAFFECTED,
    rows={"none": "", "psh": "P", "urg": "U", "psh_urg": "PU"},
    state="LISTEN",
)
def segment_without_syn_ack_or_rst_is_dropped(bench: Bench, flags: str) -> None:
    """Data without SYN, ACK or RST to a listener; silence, and the listener goes on."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send(TCP(flags=flags, seq=1000, urgptr=3) / Raw(b"abc"))
    conn.expect_silence(0.05)
    serves(sock, requirement=UNAFFECTED)


@case(
    "RFC9293:3.10.7.2-SYN-URG-PSH",
    rows={"psh": "SP", "urg": "SU", "both": "SPU"},
    state="LISTEN",
)
def syn_with_psh_or_urg_opens(bench: Bench, flags: str) -> None:
    """SYN with PSH or URG to a listener; an ordinary SYN-ACK."""
    sock = listener(bench)
    conn = bench.connection(iss=1000)
    conn.send(TCP(flags=flags, seq=1000))
    conn.expect("SA", ack=1001)
    conn.send(TCP(flags="A", seq=1001))
    sock.accept()


@case("RFC9293:3.10.7.2-SYN-FIN", "RFC9293:3.4-SYN-FIN-SPACE", UNAFFECTED, state="LISTEN")
def syn_with_fin_opens(bench: Bench) -> None:
    """SYN with FIN to a listener; the SYN is answered, the FIN kept or to be sent again.

    "Other controls or text-processing should be queued for processing later"; a stack that does
    not queue them acknowledges the SYN alone.
    """
    sock = listener(bench)
    conn = bench.connection(iss=1000)
    conn.send(TCP(flags="SF", seq=1000))
    conn.expect_one_of(Pattern("SA", ack=1001), Pattern("SA", ack=1002))
    conn.send(TCP(flags="FA", seq=1001))
    conn.expect("A", ack=1002, requirement="3.4-SYN-FIN-SPACE")
    sock.accept().recv(1, want=b"")
    serves(sock, requirement=UNAFFECTED)


@case("RFC9293:3.10.7.2-SYN-DATA", state="LISTEN")
def data_on_the_syn_is_read_once(bench: Bench) -> None:
    """SYN with data that the third segment repeats; the application reads it exactly once."""
    sock = listener(bench)
    conn = bench.connection(iss=1000)
    conn.send(TCP(flags="S", seq=1000) / Raw(b"0123456789"))
    conn.expect_one_of(Pattern("SA", ack=1001), Pattern("SA", ack=1011))
    conn.send(TCP(flags="PA", seq=1001) / Raw(b"0123456789abc"))
    conn.expect("A", ack=1014)
    sock.accept().recv(64, want=b"0123456789abc")


@case("RFC9293:3.10.7.2-SYN", rows={"zero": 0, "one": 1}, state="LISTEN")
def syn_with_any_window_opens(bench: Bench, window: int) -> None:
    """SYN that announces no window, or one octet; SYN-ACK all the same."""
    sock = listener(bench)
    conn = bench.connection(iss=1000)
    conn.send("S", window=window)
    conn.expect("SA", ack=1001)
    conn.send("A", window=window)
    sock.accept()


@case("RFC9293:3.10.7.2-SYN", rows={"lowest": 1, "highest": 65535}, state="LISTEN")
def syn_from_any_port_opens(bench: Bench, port: int) -> None:
    """SYN from the lowest and the highest port; SYN-ACK back to that port."""
    sock = listener(bench)
    conn = bench.connection(peer_port=port)
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    conn.send("A")
    sock.accept()


@case("RFC9293:MUST-42", state="LISTEN")
def half_open_connection_holds_nobody_up(bench: Bench) -> None:
    """One handshake left half done, another completed; the second is accepted."""
    sock = listener(bench)
    half_open = bench.connection()
    half_open.send("S")
    half_open.expect("SA", ack=half_open.peer.snd.nxt)
    serves(sock)
    half_open.expect_state("SYN-RECEIVED")
    half_open.send("A")
    sock.accept()


@case("RFC9293:3.10.4-CLOSE-LISTEN", state="LISTEN")
def closed_listener_refuses(bench: Bench) -> None:
    """close() of an idle listener; nothing is sent, and the next SYN is reset."""
    sock = listener(bench)
    conn = bench.connection(iss=1000)
    sock.close()
    conn.expect_silence()
    conn.send("S")
    conn.expect("RA", seq=0, ack=1001)


@case(
    "RFC9293:3.10.4-CLOSE-LISTEN",
    "RFC9293:3.10.7.1-ACK",
    state="SYN-RECEIVED",
)
def closed_listener_forgets_the_half_open(bench: Bench) -> None:
    """close() of a listener with a half-open connection; its late ACK is reset."""
    sock = listener(bench)
    conn = bench.connection()
    conn.send("S")
    conn.expect("SA", ack=conn.peer.snd.nxt)
    sock.close()
    conn.drop_arrivals()
    conn.send("A")
    is_reset(conn, conn.target.iss + 1, requirement="3.10.7.1-ACK")
