"""The arrows of the state diagram, gathered from a walk over the rules."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple, get_args

from tcpassay.model.tcb import State
from tcpassay.model.walk import Step, state_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.model.answers import Label


class Edge(NamedTuple):
    """One way from a state to another.

    `event` is a call, a time-out or a segment that arrives ("rcv ..."), in the words of RFC 9293,
    figure 5; `answer` the control bits of what is sent then, empty for nothing. `clauses` are ids
    of the catalogue. `only` says which connections or numbers alone go this way, empty for all. A
    `variant` is right by another document, and names it.
    """

    source: State
    target: State
    event: str
    answer: str
    clauses: tuple[str, ...]
    label: Label
    variant: str = ""
    only: str = ""

    def __str__(self) -> str:
        sends = f" / snd {self.answer}" if self.answer else ""
        return f"{self.source} -> {self.target}: {self.event}{sends}"


class _Arrow(NamedTuple):
    """What makes two steps the same arrow."""

    source: State
    target: State
    variant: str
    event: frozenset[str]
    answer: str


#: The states as a connection comes upon them.
_ORDER: tuple[State, ...] = ("CLOSED", *(state for state in get_args(State) if state != "CLOSED"))
#: How far a label is from what the RFC states.
_RANK = {"standard": 0, "optional": 1, "variant": 2}


@cache
def edges() -> tuple[Edge, ...]:
    """Every arrow that changes the state, by the state that it leaves, CLOSED first.

    Of segments that lead to the same the plainest stands for all: what else one may carry, and the
    acknowledgement that this calls for, is no arrow of its own. Takes about a second, once.
    """
    arrows: dict[_Arrow, list[Step]] = {}
    places: dict[State, list[Step]] = {}
    for step in walk():
        source, target = step.before.state, state_of(step)
        places.setdefault(source, []).append(step)
        if target != source:
            answer = step.branch.answer
            sent = "" if answer.may_fail else answer.control
            arrow = _Arrow(source, target, step.branch.variant, step.event, sent)
            arrows.setdefault(arrow, []).append(step)
    found = (
        _edge(arrow, steps, places[arrow.source])
        for arrow, steps in arrows.items()
        if not any(_covers(other, arrows[other], arrow, steps) for other in arrows)
    )
    return tuple(sorted(found, key=lambda edge: _ORDER.index(edge.source)))


def _covers(plainer: _Arrow, its: list[Step], arrow: _Arrow, steps: list[Step]) -> bool:
    """Whether `arrow` is `plainer` with something more in the segment."""
    if plainer == arrow or plainer[:3] != arrow[:3] or not plainer.event <= arrow.event:
        return False
    same = plainer.answer == arrow.answer or (not plainer.answer and arrow.answer == "ACK")
    return same and _RANK[_label(its)] <= _RANK[_label(steps)]


def _label(steps: list[Step]) -> Label:
    return min((step.branch.label for step in steps), key=lambda label: _RANK[label])


def _edge(arrow: _Arrow, steps: list[Step], all_there: list[Step]) -> Edge:
    label = _label(steps)
    plain = [step for step in steps if step.branch.label == label]
    clauses = tuple(dict.fromkeys(step.branch.clause for step in plain))
    return Edge(
        arrow.source,
        arrow.target,
        _words(arrow.event),
        arrow.answer,
        clauses,
        label,
        arrow.variant,
        ", ".join(_only(plain, all_there)),
    )


def _words(event: frozenset[str]) -> str:
    """An event as figure 5 writes it: "rcv SYN,ACK", "rcv FIN and ACK of FIN", "CLOSE"."""
    if not event & _ARRIVES:
        return next(iter(event))
    control = [name for name in ("SYN", "FIN", "RST") if name in event]
    if event & {"SYN", "RST"} and "ACK of SYN" in event:
        return f"rcv {','.join([*control, 'ACK'])}"
    parts = [",".join(control)] if control else []
    parts += [name for name in ("ACK of SYN", "ACK of FIN", "text") if name in event]
    return f"rcv {' and '.join(parts)}"


_ARRIVES = frozenset({"SYN", "FIN", "RST", "ACK of SYN", "ACK of FIN", "text"})

#: States in which there is no window yet in which a number could lie.
_WITHOUT_WINDOW = frozenset({"CLOSED", "LISTEN", "SYN-SENT"})
#: Where SEG.SEQ lies, in words.
_WHERE = {
    frozenset({"below"}): "below RCV.NXT",
    frozenset({"rcv.nxt"}): "at RCV.NXT",
    frozenset({"inside"}): "elsewhere in the window",
    frozenset({"rcv.nxt", "inside"}): "in the window",
    frozenset({"inside", "outside"}): "above RCV.NXT",
}


def _only(steps: list[Step], all_there: list[Step]) -> Iterator[str]:
    """What the connections and segments of an arrow have in common, and others there have not."""
    opened = {step.before.passive for step in steps}
    if len(opened) == 1 and len({step.before.passive for step in all_there}) == 2:
        yield f"after {'a passive' if opened.pop() else 'an active'} OPEN"
    reads = {step.before.read for step in steps}
    if reads == {"gone"} and any(step.before.read == "open" for step in all_there):
        yield "nobody reads any more"
    if steps[0].event & {"SYN", "RST"} and steps[0].before.state not in _WITHOUT_WINDOW:
        yield _WHERE[frozenset(str(step.place) for step in steps)]
