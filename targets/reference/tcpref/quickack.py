"""TCP_QUICKACK: acknowledgements at once, for a while.

tcp(7): the option only switches to the quick mode or from it; what the connection does then may
leave it again. Here the mode ends after as many acknowledgements as it is good for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import output

if TYPE_CHECKING:
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

#: How many acknowledgements are not delayed.
GOOD_FOR = 16


def switch(stack: Stack, tcb: Tcb, *, on: bool) -> None:
    """Into the quick mode, with the acknowledgement that is owed; or out of it."""
    tcb.quick_acks = GOOD_FOR if on else 0
    if on and tcb.delayed_ack.running:
        output.send_ack(stack, tcb)


def spend(tcb: Tcb) -> None:
    """An acknowledgement that would be delayed goes at once."""
    tcb.quick_acks -= 1
    tcb.ack_due = True
