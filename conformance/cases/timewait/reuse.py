"""What ends TIME-WAIT early: RFC 6191 (timestamps of a SYN), RFC 1337 (resets)."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.layers import TCP
from tcpassay.conformance.match import Pattern
from tcpassay.conformance.probes import anew
from tcpassay.conformance.reach import app_closes, reach
from tcpassay.conformance.stamped import FIRST_STAMP, Clock, stamped
from tcpassay.wire import MaximumSegmentSize

MSS = MaximumSegmentSize(1460)


def waiting(bench: Bench) -> Clock:
    """A connection with timestamps whose target end is in TIME-WAIT; FIRST_STAMP was the last."""
    clock = stamped(bench)
    conn = clock.conn
    with bench.reaching("TIME-WAIT with timestamps"):
        app_closes(conn)
        clock.send("A")
        clock.send("FA")
        conn.expect("A", ack=conn.peer.snd.nxt)
    return clock


def opens_again(old: Clock, iss: int, stamp: int | None, requirement: str | None = None) -> Clock:
    """A SYN on the old addresses and ports draws a SYN-ACK above the old numbers."""
    bench = old.conn.bench
    clock = Clock(bench.connection(peer_port=old.conn.peer_port, iss=iss % 2**32), stamp or 0)
    conn = clock.conn
    conn.send("S", options=(MSS, *(clock.option(tsecr=0) if stamp is not None else ())))
    answer = conn.expect("SA", ack=conn.peer.snd.nxt, requirement=requirement)
    bench.check(
        conn.target.iss.after(old.conn.target.snd.nxt - 1),
        True,
        "ISS above the old numbers",
        requirement=requirement,
    )
    if stamp is None:
        conn.send("A")
    else:
        clock.send("A")
    conn.expect_state("ESTABLISHED", requirement=requirement)
    bench.note(f"answered by trace entry {answer.n}")
    return clock


def stays_closed(old: Clock, iss: int, stamp: int | None, requirement: str | None = None) -> None:
    """A SYN draws silence or an ACK of the old numbers, and TIME-WAIT goes on."""
    bench, conn = old.conn.bench, old.conn
    syn = TCP(flags="S", seq=iss % 2**32, options=[] if stamp is None else old.scapy(stamp, 0))
    conn.send(syn)
    wanted = Pattern("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    answers = conn.drop_arrivals()
    bench.check(len(answers) <= 1, True, "at most one answer", requirement=requirement)
    for arrival in answers:
        known = wanted.matches(arrival.segment)
        bench.check(known, True, "an ACK of the old numbers", requirement=requirement)
    conn.expect_state("TIME-WAIT", requirement=requirement)


@case(
    "RFC6191:2-A1",
    "RFC9293:SHLD-4",
    rows={"next_number": 1, "far_above": 100_000, "below": -100_000, "far_below": -(2**30)},
    needs=("timestamps",),
    state="TIME-WAIT",
)
def syn_with_a_newer_timestamp(bench: Bench, offset: int) -> None:
    """A SYN one tick newer than the last segment, whatever its number; it opens the connection."""
    old = waiting(bench)
    clock = opens_again(old, int(old.conn.peer.snd.nxt + offset), FIRST_STAMP + 1)
    sent = clock.send("PA", payload=b"fresh")
    clock.conn.expect("A", ack=sent.seq + 5, tsecr=FIRST_STAMP + 1, requirement="SHLD-4")


@case("RFC6191:2-A2", needs=("timestamps",), state="TIME-WAIT")
def syn_of_the_same_time_above(bench: Bench) -> None:
    """A SYN as old as the last segment, above the old numbers; it opens the connection."""
    old = waiting(bench)
    opens_again(old, int(old.conn.peer.snd.nxt + 100_000), FIRST_STAMP)


@case("RFC6191:2-A3", needs=("timestamps",), state="TIME-WAIT")
def syn_without_timestamps_above(bench: Bench) -> None:
    """The old connection had timestamps, a SYN above its numbers has none; it opens."""
    old = waiting(bench)
    opens_again(old, int(old.conn.peer.snd.nxt + 100_000), None)


@case(
    "RFC6191:2-A4",
    rows={
        "same_time_below": (0, -100_000),
        "older_below": (-1000, -100_000),
        "older_far_below": (-(2**30), -(2**30)),
        "no_timestamp_below": (None, -100_000),
    },
    needs=("timestamps",),
    state="TIME-WAIT",
)
def syn_that_may_be_old(bench: Bench, row: tuple[int | None, int]) -> None:
    """A SYN that neither timestamp nor number tells from an old one; TIME-WAIT goes on."""
    age, offset = row
    old = waiting(bench)
    stamp = None if age is None else FIRST_STAMP + age
    stays_closed(old, int(old.conn.peer.snd.nxt + offset), stamp)
    old.send("FA", seq=int(old.conn.peer.snd.nxt - 1))
    old.conn.expect("A", seq=old.conn.target.snd.nxt, ack=old.conn.peer.snd.nxt)


@case("RFC6191:2-A4", needs=("timestamps",), state="TIME-WAIT")
def older_syn_above(bench: Bench) -> None:
    """A SYN above the old numbers but with an older timestamp; TIME-WAIT goes on."""
    old = waiting(bench)
    stays_closed(old, int(old.conn.peer.snd.nxt + 100_000), FIRST_STAMP - 1000)


@case(
    "RFC6191:2-B1",
    rows={"above": 100_000, "below": -100_000},
    needs=("timestamps",),
    state="TIME-WAIT",
)
def first_timestamp_comes_with_the_syn(bench: Bench, offset: int) -> None:
    """The old connection had no timestamps and the SYN has; it opens, whatever its number."""
    conn = reach(bench, "TIME-WAIT")
    opens_again(Clock(conn), int(conn.peer.snd.nxt + offset), FIRST_STAMP)


@case("RFC7323:5.4-TSVAL-MONOTONE", needs=("timestamps",), state="TIME-WAIT")
def clock_of_the_next_connection(bench: Bench) -> None:
    """The connection is opened again; the target's TSval is not older than in the old one."""
    old = waiting(bench)
    last = old.newest()
    new = Clock(old.conn, FIRST_STAMP + 1)
    clock = Clock(anew(old.conn, (MSS, *new.option(tsecr=0))), FIRST_STAMP + 1)
    step = (clock.newest() - last) % 2**32
    bench.check(step < 2**31, True, "TSval at or above the last one")


@case("LINUX:TCP_RFC1337", "RFC1337:3-F1", settings=("rfc1337",), state="TIME-WAIT")
def reset_is_ignored(bench: Bench) -> None:
    """A target told to follow RFC 1337 gets the RST that is due in TIME-WAIT; the wait goes on."""
    conn = reach(bench, "TIME-WAIT")
    conn.send(TCP(flags="R", seq=conn.peer.snd.nxt))
    answers = conn.drop_arrivals()
    conn.expect_state("TIME-WAIT")
    conn.send("FA", seq=int(conn.peer.snd.nxt - 1))
    conn.expect("A", seq=conn.target.snd.nxt, ack=conn.peer.snd.nxt)
    bench.check(len(answers), 0, "answers to the RST", requirement="RFC1337:3-F1")


@case(
    "RFC9293:3.10.7.4-SYN-TW",
    rows={"above": 100_000, "below": -100_000},
    settings=("no_time_wait_reuse",),
    state="TIME-WAIT",
)
def nothing_opens_again(bench: Bench, offset: int) -> None:
    """A target told to wait for 2 MSL whatever comes gets a newer SYN; TIME-WAIT goes on."""
    old = waiting(bench)
    stays_closed(old, int(old.conn.peer.snd.nxt + offset), FIRST_STAMP + 1000)


@case("RFC6191:2-B2", settings=("time_wait_reuse_by_sequence",), state="TIME-WAIT")
def only_the_number_counts(bench: Bench) -> None:
    """A target told to go by numbers gets a newer SYN below the old ones, then one above them.

    The first leaves TIME-WAIT as it is, the second opens the connection again.
    """
    old = Clock(reach(bench, "TIME-WAIT"))
    stays_closed(old, int(old.conn.peer.snd.nxt - 100_000), FIRST_STAMP + 1000)
    opens_again(old, int(old.conn.peer.snd.nxt + 100_000), FIRST_STAMP + 1001)
