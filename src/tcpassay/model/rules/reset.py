"""RFC 9293, 3.10.7.4, second: RST, with the three cases of RFC 5961, 3.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.model.answers import SILENCE, Branch, acknowledge
from tcpassay.model.rules.sequence import SHORT
from tcpassay.model.tcb import MASK
from tcpassay.wire import RST

if TYPE_CHECKING:
    from tcpassay.model.tcb import Tcb
    from tcpassay.wire import Segment


def reset(tcb: Tcb, segment: Segment) -> tuple[Branch, ...]:
    """A RST at RCV.NXT ends the connection; elsewhere in the window it is challenged."""
    if not segment.flags & RST:
        return (Branch(tcb, SILENCE, "", final=False),)
    ended = _ended(tcb)
    if segment.seq == tcb.rcv_nxt:
        if tcb.state != "TIME-WAIT":
            return (ended,)
        kept = Branch(tcb, SILENCE, "RFC1337:3-F1", "variant", "RFC 1337")
        return (ended, kept)
    if (segment.seq - tcb.rcv_nxt) & MASK >= max(tcb.rcv_wnd, 1):
        # Its text alone reaches into the window: RFC 5961, 3.2 goes by the number of the reset.
        silent = Branch(tcb, SILENCE, "RFC5961:3.2-RST-OUT")
        return (silent, silent._replace(answer=acknowledge(tcb, may_fail=True), label="optional"))
    challenged = Branch(
        tcb, acknowledge(tcb, may_fail=tcb.state == "TIME-WAIT"), "RFC5961:3.2-RST-INWINDOW"
    )
    old = ended._replace(clause=challenged.clause, label="variant", variant="RFC 793")
    return (challenged, old)


def _ended(tcb: Tcb) -> Branch:
    gone = tcb._replace(state="CLOSED")
    if tcb.state == "SYN-RECEIVED":
        # The listener was never touched: only the embryonic connection goes.
        way = "PASSIVE" if tcb.passive else "ACTIVE"
        told = "" if tcb.passive else "refused"
        return Branch(gone, SILENCE, f"RFC9293:3.10.7.4-RST-SYNRCVD-{way}", event=told)
    told = "" if tcb.state in {"CLOSING", "LAST-ACK", "TIME-WAIT"} else "reset"
    return Branch(gone, SILENCE, f"RFC9293:3.10.7.4-RST-{SHORT[tcb.state]}", event=told)
