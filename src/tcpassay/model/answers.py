"""What a segment may lead to: the answers allowed and the state that goes with each.

A rule gives *branches*. One that the RFC states plainly is `standard`; one that it leaves to the
implementation is `optional`; a `variant` is right by another document (RFC 793 where RFC 5961 has
replaced it, RFC 1337 in TIME-WAIT), and names it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb

#: RFC 9293, 3.8.6.3 (MUST-40): an ACK is delayed by less than this.
ACK_DELAY_S = 0.5


class Answer(NamedTuple):
    """What has to come out of the target; a SYN and a FIN of its own come with a call.

    `seqs` and `acks` are the numbers allowed; `acks` empty means that the ACK bit is off.
    `within_s` 0.0 means at once. `may_fail`: silence will do as well.
    """

    kind: Literal["silence", "ack", "rst", "syn-ack", "syn", "fin"]
    seqs: tuple[int, ...] = ()
    acks: tuple[int, ...] = ()
    within_s: float = 0.0
    may_fail: bool = False

    def __str__(self) -> str:
        if self.kind == "silence":
            return "silence"
        numbers = f"<SEQ={' or '.join(map(str, self.seqs))}>"
        if self.acks:
            numbers += f"<ACK={' or '.join(map(str, self.acks))}>"
        late = f" within {self.within_s:g} s" if self.within_s else ""
        return f"{numbers}<CTL={self.control}>{late}{' or silence' if self.may_fail else ''}"

    @property
    def control(self) -> str:
        """The control bits by name, empty for silence."""
        if self.kind == "rst" and self.acks:
            return "RST,ACK"
        return _CONTROL[self.kind]


_CONTROL = {
    "silence": "",
    "ack": "ACK",
    "rst": "RST",
    "syn-ack": "SYN,ACK",
    "syn": "SYN",
    "fin": "FIN,ACK",
}

SILENCE = Answer("silence")

Label = Literal["standard", "optional", "variant"]


class Branch(NamedTuple):
    """One way in which the target may go on.

    `clause` is the id of the requirement that allows it. `final`: the segment has been dealt with;
    else the next check of RFC 9293, 3.10.7.4 is its turn. `event` names what the application is
    told ("refused", "reset"), empty for nothing.
    """

    tcb: Tcb
    answer: Answer
    clause: str
    label: Label = "standard"
    variant: str = ""
    final: bool = True
    event: str = ""


def acknowledge(tcb: Tcb, *, within_s: float = 0.0, may_fail: bool = False) -> Answer:
    """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, the answer that 3.10.7.4 gives to most things."""
    return Answer("ack", (tcb.snd_nxt,), (tcb.rcv_nxt,), within_s, may_fail)
