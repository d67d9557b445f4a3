"""One connection as the predictor follows it: one hypothesis of the oracle's, spread out in slots.

Where an arrival leaves several ways open, `several` holds them as the oracle's own values until the
target's answers leave one.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

from tcpassay.fuzz.predictor.segments import NO_OPTIONS
from tcpassay.model.oracle.hypothesis import NEVER, Hypothesis
from tcpassay.model.oracle.stream import Stream
from tcpassay.model.tcb import MASK, RECEIVING, State, Tcb, offset

if TYPE_CHECKING:
    from tcpassay.model.answers import Answer

#: RFC 9293, 3.7.1: what a peer that says nothing takes.
DEFAULT_MSS = {4: 536, 6: 1220}


#: Where what the application has given may go out.
_SENDING = frozenset({"ESTABLISHED", "FIN-WAIT-1", "CLOSE-WAIT"})


class Connection:
    """What is true of the target's end of one tuple, as `Tcb` and `Hypothesis` name it."""

    __slots__ = (
        "aborted",
        "accepted",
        "ack_by",
        "bound",
        "came",
        "completed",
        "credit",
        "deaf",
        "df",
        "doubts",
        "due",
        "due_by",
        "early",
        "echoes",
        "edge",
        "elsewhere",
        "ended",
        "fin",
        "fin_sent",
        "follows_waiting",
        "given",
        "grace",
        "held",
        "icmp",
        "ip",
        "irs",
        "iss",
        "last_ack",
        "listed",
        "local",
        "max_snd_wnd",
        "mss",
        "nowhere",
        "opaque",
        "passive",
        "peer_ended",
        "peer_scale",
        "pieces",
        "rcv_nxt",
        "rcv_wnd",
        "read",
        "read_octets",
        "remote",
        "reported",
        "resent_at",
        "retries",
        "retry_gap",
        "several",
        "since",
        "snd_nxt",
        "snd_una",
        "snd_wl1",
        "snd_wl2",
        "snd_wnd",
        "special",
        "stack_scale",
        "state",
        "syn",
        "syn_text",
        "taken",
        "texts",
        "told",
        "ts_offered",
        "ts_recent",
        "tsval",
    )  # fmt: skip

    def __init__(self, ip: int, local: tuple[str, int], remote: tuple[str, int]) -> None:
        self.ip, self.local, self.remote = ip, local, remote
        # Of the tuple: what the oracle keeps in a flow.
        self.several: list[Hypothesis] | None = None
        self.nowhere = self.elsewhere = self.opaque = self.icmp = False
        #: Whether segments have to be looked at for one of these, or for marks of congestion.
        self.special = False
        self.follows_waiting = False
        self.mss = DEFAULT_MSS[ip]
        self.peer_scale: int | None = None
        self.stack_scale: int | None = None
        #: The options and text of the peer's last SYN.
        self.syn, self.syn_text = NO_OPTIONS, b""
        #: Whether marks of congestion may be echoed: the peer's SYN has asked for ECN.
        self.echoes = False
        self.edge: int | None = None
        self.tsval: int | None = None
        self.df = False
        self.completed = 0
        self.accepted = self.aborted = self.ended = self.deaf = self.reported = False
        #: Whether the target has acknowledged the peer's FIN.
        self.peer_ended = False
        self.given = bytearray()
        self.taken = Stream()
        self.texts: list[tuple[int, bytes]] = []
        #: The numbers of the peer's segments that have any.
        self.came: list[tuple[int, int]] = []
        self.read_octets = 0
        #: What is in flight: its ends and when each last went out; when the timer has begun, how
        #: long it waited before, how often, and how much the peer has said since.
        self.pieces: deque[tuple[int, int]] = deque()
        self.resent_at = self.retry_gap = self.retries = self.doubts = 0
        self.listed = False
        self.forget()

    def forget(self) -> None:
        """CLOSED, with no number known."""
        self.state: State = "CLOSED"
        self.passive = self.bound = True
        self.iss = self.snd_una = self.snd_nxt = self.snd_wnd = self.snd_wl1 = self.snd_wl2 = 0
        self.max_snd_wnd = self.irs = self.rcv_nxt = self.rcv_wnd = self.last_ack = 0
        self.fin_sent = self.ts_offered = self.early = False
        self.read: Literal["open", "shut", "gone"] = "open"
        self.held: tuple[tuple[int, int], ...] = ()
        self.fin: int | None = None
        self.ts_recent: int | None = None
        self.since = self.credit = self.grace = 0
        self.ack_by = self.due_by = NEVER
        self.due: Answer | None = None
        self.told = ""

    # -- to and from the oracle's values ---------------------------------------------------------

    def hypothesis(self) -> Hypothesis:
        """The one way that is followed."""
        tcb = Tcb(
            self.state,
            self.passive,
            self.iss,
            self.snd_una,
            self.snd_nxt,
            self.snd_wnd,
            self.snd_wl1,
            self.snd_wl2,
            self.max_snd_wnd,
            self.fin_sent,
            self.irs,
            self.rcv_nxt,
            self.rcv_wnd,
            self.read,
            self.held,
            self.fin,
            self.ts_offered,
            self.ts_recent,
            self.last_ack,
            self.early,
        )
        return Hypothesis(
            tcb,
            self.since,
            self.bound,
            self.ack_by,
            "",
            self.due,
            self.due_by,
            "",
            self.credit,
            self.told,
        )

    def ways(self) -> list[Hypothesis]:
        """All the ways that are followed."""
        return [self.hypothesis()] if self.several is None else self.several

    def become(self, ways: list[Hypothesis]) -> None:
        """Follow these from here on: the slots hold the first."""
        h = ways[0]
        (
            self.state,
            self.passive,
            self.iss,
            self.snd_una,
            self.snd_nxt,
            self.snd_wnd,
            self.snd_wl1,
            self.snd_wl2,
            self.max_snd_wnd,
            self.fin_sent,
            self.irs,
            self.rcv_nxt,
            self.rcv_wnd,
            self.read,
            self.held,
            self.fin,
            self.ts_offered,
            self.ts_recent,
            self.last_ack,
            self.early,
        ) = h.tcb
        self.since, self.bound, self.ack_by = h.since, h.bound, h.ack_by
        self.due, self.due_by, self.credit, self.told = h.due, h.due_by, h.credit, h.told
        self.grace = 0
        self.several = ways if len(ways) > 1 else None

    def progresses(self, now: int) -> None:
        """What the timer has waited for has come, or something is in flight for the first time."""
        self.resent_at, self.retry_gap, self.retries, self.doubts = now, 0, 0, 0

    # -- questions -------------------------------------------------------------------------------

    @property
    def fin_taken(self) -> bool:
        """Whether the peer's FIN lies below RCV.NXT."""
        return self.fin is not None and offset(self.rcv_nxt, self.fin) > 0

    @property
    def syn_heard(self) -> bool:
        """Whether the peer's SYN has come, so that `irs` is its number."""
        return self.rcv_nxt != self.irs

    @property
    def in_order(self) -> int:
        """Octets of the peer's text up to RCV.NXT; 0 before its SYN."""
        return offset(self.rcv_nxt, self.irs) - 1 - self.fin_taken if self.syn_heard else 0

    @property
    def stream(self) -> Stream:
        """The peer's text, as far as it has come."""
        if self.texts:
            for at, text in self.texts:
                if text:
                    self.taken.place(at, text)
                else:
                    self.taken.loose = True
            self.texts.clear()
        return self.taken

    @property
    def holds_back(self) -> bool:
        """Whether something may wait that should have gone out, or the news of an open window."""
        if self.opaque:
            return False
        if not self.rcv_wnd and self.read_octets and self.state in RECEIVING:
            return self.read == "open" and self.in_order == self.read_octets
        if self.snd_una != self.snd_nxt or self.fin_sent or not (self.given or self.ended):
            return False
        if not self.snd_wnd or self.state not in _SENDING:
            return False
        left = len(self.given) - ((self.snd_nxt - self.iss - 1) & MASK)
        return self.snd_wnd >= min(left, self.mss) and (left > 0 or self.ended)

    @property
    def unsent(self) -> bool:
        """Whether the application has given text that has not gone out."""
        if not self.given or self.state == "CLOSED":
            return False
        return len(self.given) > ((self.snd_nxt - self.iss - 1 - self.fin_sent) & MASK)
