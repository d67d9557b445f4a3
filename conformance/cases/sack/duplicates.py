"""Duplicates are reported: RFC 2883, section 4."""

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import blocks_of, in_use, offering, opened, sack_flight
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.peer import Connection
from tcpassay.core.seq import Seq

SECTION = "duplicates"


class Text:
    """The peer's text by its octets, counted from 0, sent in any order."""

    def __init__(self, bench: Bench) -> None:
        self.conn: Connection = opened(bench, offering(sack=True))
        self.first: Seq = self.conn.peer.snd.nxt

    def send(self, start: int, stop: int) -> None:
        """Octets `start` to before `stop` in one segment."""
        self.conn.send(TCP(flags="PA", seq=int(self.first + start)) / Raw(bytes(stop - start)))

    def blocks(self, due: int) -> list[tuple[int, int]]:
        """The blocks of the ACK that comes, which must be of `due`; as octets."""
        segment = self.conn.expect("A", ack=self.first + due).segment
        return [
            (Seq(left).distance(self.first), Seq(right).distance(self.first))
            for left, right in blocks_of(segment)
        ]

    def taken(self, start: int, stop: int, due: int) -> list[tuple[int, int]]:
        """Send, and the blocks of the ACK."""
        self.send(start, stop)
        return self.blocks(due)


@case("RFC2883:4-FULL-DUP", needs=("sack", "dsack"), state="ESTABLISHED")
def segment_that_was_acknowledged(bench: Bench) -> None:
    """A segment comes again after its ACK; the first block is that segment, below the ACK."""
    text = Text(bench)
    text.taken(0, 100, 100)
    bench.check(text.taken(0, 100, 100), [(0, 100)], "blocks")


@case("RFC2883:4-FULL-DUP", needs=("sack", "dsack"), state="ESTABLISHED")
def acknowledged_segment_while_others_wait(bench: Bench) -> None:
    """The same while text waits behind a hole; the blocks of the queue follow."""
    text = Text(bench)
    text.taken(0, 100, 100)
    text.taken(200, 300, 100)
    bench.check(text.taken(0, 100, 100), [(0, 100), (200, 300)], "blocks")


@case(
    "RFC2883:4-SECOND-BLOCK",
    "RFC2883:4-FULL-DUP",
    needs=("sack", "dsack"),
    state="ESTABLISHED",
)
def segment_that_waits(bench: Bench) -> None:
    """A segment of a larger block in the queue comes again; first it, then the block around it."""
    text = Text(bench)
    for start in (100, 200, 300, 500):
        text.send(start, start + 100)
        text.blocks(0)
    blocks = text.taken(200, 300, 0)
    bench.check(blocks[:1], [(200, 300)], "first block", requirement="4-FULL-DUP")
    bench.check(blocks[1:2], [(100, 400)], "second block")
    bench.check(blocks[2:], [(500, 600)], "other blocks")


@case("RFC2883:4-ONCE", needs=("sack", "dsack"), state="ESTABLISHED")
def reported_once(bench: Bench) -> None:
    """After a duplicate more text comes; its ACK no longer tells of the duplicate."""
    text = Text(bench)
    text.taken(0, 100, 100)
    with bench.reaching("a duplicate that is reported"):
        bench.check(text.taken(0, 100, 100), [(0, 100)], "blocks")
    bench.check(text.taken(200, 300, 100), [(200, 300)], "blocks")
    bench.check(text.taken(100, 200, 300), [], "blocks")


@case(
    "RFC2883:4-EDGES",
    rows={
        "below_the_ack": ((0, 100), (60, 150), (60, 100), 150),
        "whole_island": ((100, 200), (50, 250), (100, 200), 0),
        "left_of_an_island": ((100, 200), (50, 150), (100, 150), 0),
        "right_of_an_island": ((100, 200), (150, 250), (150, 200), 0),
    },
    needs=("sack", "dsack"),
    state="ESTABLISHED",
)
def part_of_a_segment(
    bench: Bench, row: tuple[tuple[int, int], tuple[int, int], tuple[int, int], int]
) -> None:
    """A segment overlaps what has come; the first block is the part that came twice, no more."""
    before, again, both, due = row
    text = Text(bench)
    text.taken(*before, 100 if due else 0)
    bench.check(text.taken(*again, due)[:1], [both], "first block")


@case("RFC2883:4-EDGES", needs=("sack", "dsack"), state="ESTABLISHED")
def two_parts_of_a_segment(bench: Bench) -> None:
    """A segment overlaps two islands; the first of both parts is reported, as one block."""
    text = Text(bench)
    text.taken(100, 200, 0)
    text.taken(300, 400, 0)
    bench.check(text.taken(50, 450, 0), [(100, 200), (50, 450)], "blocks")


@case(
    "RFC2883:4-SENDER-TOLERATES",
    rows={"below_the_ack": 0, "inside_a_block": 1},
    needs=("sack",),
    state="ESTABLISHED",
    settings=("rto_min_1s", "no_rack"),
    timing=True,
)
def peer_reports_duplicates(bench: Bench, inside: int) -> None:
    """The peer tells five times that it got a segment twice; the target does not send that again.

    Inside a block of the queue the report tells of a hole as well, which may be filled.
    """
    flight = sack_flight(in_use(opened(bench, offering(sack=True))), 10)
    flight.initial()
    flight.ack(4)
    spans = ((6, 7), (6, 8)) if inside else ((1, 2),)
    came = {number for _ in range(5) for number in flight.ack(4, *spans)}
    bench.check(came - ({4, 5} if inside else set()), set(), "segments")
    bench.check(flight.ack(10), [], "segments after all is acknowledged")
    flight.writing.expect_return(len(flight.text))
