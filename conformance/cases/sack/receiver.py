"""Which blocks an ACK reports: RFC 2018, sections 3 and 4."""

from collections.abc import Sequence

from tcpassay.conformance.bench import Bench
from tcpassay.conformance.case import case
from tcpassay.conformance.flights import blocks_of, offering, opened
from tcpassay.conformance.layers import TCP, Raw
from tcpassay.conformance.match import ANY
from tcpassay.conformance.peer import Arrival, Connection
from tcpassay.conformance.stamped import Clock
from tcpassay.core.seq import Seq
from tcpassay.wire import Sack, UnreadableOptions

SECTION = "receiver"

#: Octets of a piece of the peer's text.
PIECE = 100


class Holes:
    """The peer sends its text piece by piece, counted from 0, in any order."""

    def __init__(self, bench: Bench, *, stamps: bool = False) -> None:
        self.bench = bench
        self.conn: Connection = opened(bench, offering(sack=True, stamps=stamps))
        self.clock = Clock(self.conn) if stamps else None
        self.first: Seq = self.conn.peer.snd.nxt
        self.due = 0

    def send(self, number: int, pieces: int = 1) -> None:
        """Some pieces in one segment."""
        options = self.clock.scapy() if self.clock else []
        segment = TCP(flags="A", seq=int(self.first + number * PIECE), options=options)
        self.conn.send(segment / Raw(bytes(pieces * PIECE)))

    def take(self, number: int, pieces: int = 1) -> list[tuple[float, float]]:
        """Some pieces that do not end the hole; the blocks of the duplicate ACK, in pieces."""
        self.send(number, pieces)
        return self.blocks(self.conn.expect("A", ack=self.first + self.due * PIECE))

    def blocks(self, arrival: Arrival) -> list[tuple[float, float]]:
        """Blocks as numbers of pieces, from the first to before the last."""
        return [
            (Seq(left).distance(self.first) / PIECE, Seq(right).distance(self.first) / PIECE)
            for left, right in blocks_of(arrival.segment)
        ]


def alternate(count: int) -> Sequence[int]:
    """Pieces with a hole before each."""
    return range(1, 2 * count, 2)


@case(
    "RFC2018:3-FORMAT",
    rows={"plain": (False, 4), "timestamps": (True, 3)},
    needs=("sack",),
    state="ESTABLISHED",
)
def size_of_the_option(bench: Bench, row: tuple[bool, int]) -> None:
    """Six islands of text; 8n+2 octets tell of n blocks, of four at most, or three with stamps."""
    stamps, most = row
    holes = Holes(bench, stamps=stamps)
    for number in alternate(6):
        holes.send(number)
        options = holes.conn.expect("A", ack=holes.first).segment.options
        readable = not any(isinstance(option, UnreadableOptions) for option in options)
        bench.check(readable, True, "the option is 8n+2 octets long")
        told = [len(option.blocks) for option in options if isinstance(option, Sack)]
        bench.check(len(told), 1, "SACK options")
        bench.check(1 <= told[0] <= most, True, f"1 to {most} blocks")


@case("RFC2018:4-ALWAYS", needs=("sack",), state="ESTABLISHED")
def every_duplicate_ack_reports(bench: Bench) -> None:
    """Ten segments behind a hole; each of their ACKs has blocks."""
    holes = Holes(bench)
    for number in range(1, 11):
        bench.check(holes.take(number), [(1, number + 1)], "blocks")


@case("RFC2018:4-ALWAYS", needs=("sack",), state="ESTABLISHED")
def text_reports_too(bench: Bench) -> None:
    """While text waits behind a hole the target sends text of its own; it has the blocks too."""
    holes = Holes(bench)
    holes.take(1)
    holes.conn.app.send(b"meanwhile")
    arrival = holes.conn.expect("A", ack=holes.first, payload=b"meanwhile")
    bench.check(holes.blocks(arrival), [(1, 2)], "blocks")


@case("RFC2018:4-ALWAYS", needs=("sack",), state="ESTABLISHED")
def full_segment_has_room_for_blocks(bench: Bench) -> None:
    """While text waits behind a hole the target fills a segment; with the option it is no longer
    than the MSS allows.
    """
    holes = Holes(bench)
    holes.take(1)
    holes.conn.app.send(bytes(536))
    arrival = holes.conn.expect("A", ack=holes.first, payload=ANY)
    bench.check(holes.blocks(arrival), [(1, 2)], "blocks")
    segment = arrival.segment
    octets = len(segment.payload) + sum(len(option.encode()) for option in segment.options)
    bench.check(octets <= 536, True, "text and options are 536 octets at most")


@case("RFC2018:4-FIRST-BLOCK", needs=("sack",), state="ESTABLISHED")
def first_block_is_the_newest(bench: Bench) -> None:
    """Islands in changing order, some of them grow; the first block always has the last segment."""
    holes = Holes(bench)
    for number in (5, 1, 9, 3, 6, 2, 10):
        first = (*holes.take(number), (0, 0))[0]
        bench.check(first[0] <= number < first[1], True, f"piece {number} in the first block")


@case("RFC2018:4-BLOCK-EDGES", needs=("sack",), state="ESTABLISHED")
def edges_of_blocks(bench: Bench) -> None:
    """Two islands become one; the block is all that is contiguous, above the ACK, and ends with it.

    The ACK that closes the hole reports nothing.
    """
    holes = Holes(bench)
    bench.check(holes.take(1), [(1, 2)], "blocks")
    bench.check(sorted(holes.take(3)), [(1, 2), (3, 4)], "blocks")
    bench.check(holes.take(2), [(1, 4)], "blocks")
    bench.check(holes.take(4, 2), [(1, 6)], "blocks")
    bench.check(sorted(holes.take(7)), [(1, 6), (7, 8)], "blocks")
    holes.send(0)
    arrival = holes.conn.expect("A", ack=holes.first + 6 * PIECE)
    bench.check(holes.blocks(arrival), [(7, 8)], "blocks")
    holes.send(6)
    arrival = holes.conn.expect("A", ack=holes.first + 8 * PIECE)
    bench.check(holes.blocks(arrival), [], "blocks")


@case("RFC2018:4-REPEAT", needs=("sack",), state="ESTABLISHED")
def older_blocks_follow(bench: Bench) -> None:
    """Four islands; behind the newest block come the others, the last reported first."""
    holes = Holes(bench)
    for number in (1, 5):
        holes.take(number)
    bench.check(holes.take(3), [(3, 4), (5, 6), (1, 2)], "blocks")
    bench.check(holes.take(7), [(7, 8), (3, 4), (5, 6), (1, 2)], "blocks")
    bench.check(holes.take(6), [(5, 8), (3, 4), (1, 2)], "blocks")


@case(
    "RFC2018:4-MANY",
    rows={"plain": (False, 4), "timestamps": (True, 3)},
    needs=("sack",),
    state="ESTABLISHED",
)
def as_many_as_fit(bench: Bench, row: tuple[bool, int]) -> None:
    """Five islands; the option has as many blocks as there is room for."""
    stamps, most = row
    holes = Holes(bench, stamps=stamps)
    counts = [len(set(holes.take(number))) for number in alternate(5)]
    bench.check(counts, [min(most, number) for number in range(1, 6)], "blocks of each ACK")
