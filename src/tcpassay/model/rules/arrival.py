"""RFC 9293, 3.10.7: SEGMENT ARRIVES. The steps in their order, whatever the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Branch
from tcpassay.model.rules.ack import ack, unacceptable
from tcpassay.model.rules.closed import closed
from tcpassay.model.rules.fin import fin
from tcpassay.model.rules.listen import listen
from tcpassay.model.rules.paws import paws, recent, timestamps
from tcpassay.model.rules.reset import reset
from tcpassay.model.rules.sequence import acceptable, crossed, repeats_crossed_syn, sequence
from tcpassay.model.rules.syn import reopens, syn
from tcpassay.model.rules.syn_sent import syn_sent
from tcpassay.model.rules.text import text
from tcpassay.model.tcb import MASK, Tcb
from tcpassay.wire import ACK, RST, SYN

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.model.answers import Answer, Label
    from tcpassay.wire import Segment

    Step = Callable[[Tcb, Segment], tuple[Branch, ...]]

#: 3.10.7.4 has eight checks; the third, IP security, is out of a tester's sight, and the sixth,
#: URG, changes nothing that a segment could show.
_STEPS: tuple[Step, ...] = (sequence, recent, reset, syn, ack, text, fin)


#: What a branch is where the RFC leaves it open: a variant stays one.
_OPTIONAL: dict[Label, Label] = {"standard": "optional"}

_STEPS_PLAIN = (reset, syn, ack, text, fin)


def segment_arrives(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """Every way in which the target may take a segment; at least one."""
    if tcb.state == "CLOSED":
        return closed(tcb, segment)
    if tcb.state == "LISTEN":
        return listen(tcb, segment)
    if tcb.state == "SYN-SENT":
        return syn_sent(tcb, segment)
    going = otherwise(tcb, segment)
    if repeats_crossed_syn(tcb, segment) and acceptable(tcb, segment):
        going = (*going, *_crossed_with_text(tcb, segment))
    if tcb.state == "SYN-RECEIVED" and tcb.fin_sent:
        # 3.10.4: close() with nothing else to send has made it FIN-WAIT-1 at once.
        ended = otherwise(tcb._replace(state="FIN-WAIT-1"), segment)
        going = (*going, *(b._replace(label=_OPTIONAL.get(b.label, b.label)) for b in ended))
    if tcb.state == "TIME-WAIT" and segment.flags & (SYN | ACK | RST) == SYN:
        # RFC 6191, 2: a SYN that opens nothing is dropped in silence.
        going = (*going, Branch(tcb, SILENCE, "RFC6191:2-B3", "optional"))
    if reopens(tcb, segment):
        # Nothing of the old connection stays: a listener takes the SYN as any other.
        anew = listen(Tcb("LISTEN"), segment)
        return (*going, *(b._replace(label="optional") for b in anew))
    return going


def _crossed_with_text(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """The SYN,ACK that ends a simultaneous open (3.5, figure 8), with text or a FIN behind its SYN.

    "One could tailor actual segments to fit this assumption by trimming off any portions that lie
    outside the window (including SYN and FIN)" (3.10.7.4): its SYN lies below, the rest counts. Or
    its ACK alone does. Without timestamps it is no less taken: their use is agreed once "both <SYN>
    and <SYN,ACK> contain TSopt", and only behind that is a segment to be dropped for want of one
    (RFC 7323, 3.2).
    """
    rest = segment._replace(seq=(segment.seq + 1) & MASK, flags=segment.flags & ~SYN)
    agreed = tcb.ts_recent is None or timestamps(segment) is not None
    taken = otherwise(tcb, rest) if agreed else _taken_on(sequence(tcb, rest), rest, _STEPS_PLAIN)
    found = (*taken, *crossed(tcb, segment))
    return tuple(b._replace(label="optional") if b.label == "standard" else b for b in found)


def otherwise(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """3.10.7.4: each step deals with the segment, or passes it on with what it has changed."""
    plain = tcb.ts_recent is None
    going = sequence(tcb, segment) if plain else paws(tcb, segment)
    going = _taken_on(going, segment, _STEPS_PLAIN if plain else _STEPS)
    return (*going, *unacceptable(tcb, segment))


def beyond_sequence(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """The checks behind the first, as if that were passed."""
    going = paws(tcb, segment)
    return _taken_on(going, segment, (recent, *_STEPS_PLAIN))


def _taken_on(
    going: tuple[Branch, ...], segment: Segment, steps: tuple[Step, ...]
) -> tuple[Branch, ...]:
    for step in steps:
        following: list[Branch] = []
        for branch in going:
            if branch.final:
                following.append(branch)
            else:
                following.extend(_after(branch, new) for new in step(branch.tcb, segment))
        going = tuple(following)
    return going


def _after(earlier: Branch, later: Branch) -> Branch:
    """A step's result with what earlier steps owe: an ACK due, a clause, a label."""
    _, owed, clause, label, variant, _, event = earlier
    if owed.kind == "silence" and label == "standard" and not variant and not event:
        return later if later.clause or not clause else later._replace(clause=clause)
    answer = _stronger(earlier.answer, later.answer)
    if answer.kind == "ack" and answer is earlier.answer:
        answer = answer._replace(acks=(later.tcb.rcv_nxt,), seqs=(later.tcb.snd_nxt,))
    # What only a variant has led past is named by the clause that it departs from.
    departs = earlier.variant and not later.variant
    return later._replace(
        answer=answer,
        clause=earlier.clause if departs else later.clause or earlier.clause,
        label=later.label if later.label != "standard" else earlier.label,
        variant=later.variant or earlier.variant,
        event=later.event or earlier.event,
    )


def _stronger(first: Answer, second: Answer) -> Answer:
    """The answer that covers both: what is due beats what may stay away, soon beats late."""
    if first.kind == "silence" or second.kind not in {"silence", "ack"}:
        return second
    if second.kind == "silence":
        return first
    return min(first, second, key=lambda answer: (answer.may_fail, answer.within_s))
