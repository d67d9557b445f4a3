"""What a handler wants done about a segment.

Handlers change nothing but the numbers and queues of their TCB. What is to be sent, which state
comes next and what the application is told, they return; the stack carries it out.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tcpref.segment import SYN, Segment
from tcpref.tcb import State


class Answer(Enum):
    """What is sent in answer to a segment."""

    NOTHING = "nothing"
    ACK = "ack"
    DELAYED_ACK = "delayed-ack"
    DUPLICATE_ACK = "duplicate-ack"
    CHALLENGE_ACK = "challenge-ack"
    RESET = "reset"
    ABORT = "abort"
    SYN_ACK = "syn-ack"


class Disposition(NamedTuple):
    """The answer, the next state (None keeps the state) and an error for the application."""

    answer: Answer = Answer.NOTHING
    enter: State | None = None
    errno: str | None = None


DROP = Disposition()
ACKNOWLEDGE = Disposition(Answer.ACK)
CHALLENGE = Disposition(Answer.CHALLENGE_ACK)
REPEAT = Disposition(Answer.DUPLICATE_ACK)
RESET = Disposition(Answer.RESET)
ABORT = Disposition(Answer.ABORT, State.CLOSED, "ECONNRESET")
CLOSE_QUIETLY = Disposition(enter=State.CLOSED)
REFUSED = Disposition(enter=State.CLOSED, errno="ECONNREFUSED")
CONNECTION_RESET = Disposition(enter=State.CLOSED, errno="ECONNRESET")


def repeat_or_challenge(segment: Segment) -> Disposition:
    """What an unacceptable segment gets: the current numbers, and how often it gets them.

    Text is acknowledged each time, for its sender counts duplicates. Bare ACKs and SYNs are limited
    as challenges are: two stacks that answer each other's ACKs never end.
    """
    return REPEAT if segment.payload and not segment.flags & SYN else CHALLENGE
