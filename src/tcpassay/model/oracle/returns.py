"""What socket calls may return, for what may be true of their connection (POSIX; RFC 9293, 3.9.1).

Each rule gives None, or the requirement that a return breaks and why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tcpassay.model.tcb import MASK, SYNCHRONIZED, text_in_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.core.events import Call, Returned
    from tcpassay.model.oracle.descriptors import Socket
    from tcpassay.model.oracle.flow import Flow

#: How a call returns that has begun to connect, or finds that it has been begun before.
UNDER_WAY = frozenset({None, "EINPROGRESS", "EALREADY", "EINTR"})
#: What is told of a shutdown() that counts though it has failed: the oracle goes on with that.
SHUT_LATER = "a shutdown() that has failed has its effect later"

#: Errors that mean that the connection has been given up, by a timer or by ICMP.
_GIVEN_UP = frozenset({"ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH", "ENOPROTOOPT", "EPROTO"})


#: RFC 9293, 3.10.7.2: text of a SYN is queued until the connection is ESTABLISHED.
SYN_TEXT = "RFC9293:3.10.7.2-SYN-DATA"


class Wrong(NamedTuple):
    """A return that no hypothesis allows."""

    requirement: str
    why: str


def received(call: Call, flow: Flow, returned: Returned) -> Wrong | None:
    """recv(): the next octets, once and in order; 0 only behind the peer's FIN."""
    if returned.errno is not None:
        return _receive_error(flow, returned)
    flags = _flags(call)
    octets = _octets(returned)
    if octets and flow.taken_from and "MSG_OOB" not in flags:
        return _of_several(flow, octets, peeks="MSG_PEEK" in flags)
    if octets and "MSG_OOB" not in flags:
        # What of it has been read, and how much is left, nobody can say from here on.
        flow.taken.loose = flow.taken.loose or _goes_on(flow)
    if "MSG_OOB" in flags or (octets and flow.taken.loose):
        return None
    if not octets:
        return _end_of_file(call, flow)
    at, flow.read = flow.read, flow.read + (0 if "MSG_PEEK" in flags else len(octets))
    if flow.taken.differs(at, octets):
        return Wrong("RFC9293:3.10.7.4-SEQ-OVERLAP-OOO", "octets that the peer has not sent there")
    if _too_early(flow):
        return Wrong(SYN_TEXT, "text of a SYN before the handshake is over")
    in_order = max(map(text_in_order, (h.tcb for h in flow.hypotheses)), default=0)
    if in_order and at + len(octets) > in_order:
        return Wrong("RFC9293:SHLD-31", f"{at + len(octets) - in_order} octets from behind a hole")
    return None


def _of_several(flow: Flow, octets: bytes, *, peeks: bool) -> Wrong | None:
    """Text behind a cookie (RFC 4987, 3.6): what is read stands there by one number at least."""
    at, flow.read = flow.read, flow.read + (0 if peeks else len(octets))
    fits = {irs: s for irs, s in flow.taken_from.items() if not s.differs(at, octets)}
    standing = {h.tcb.irs for h in flow.hypotheses if h.tcb.syn_heard}
    if not (standing & fits.keys() if standing else fits):  # None stands once it is over.
        return Wrong("RFC9293:3.10.7.4-SEQ-OVERLAP-OOO", "octets that the peer has not sent there")
    flow.taken_from = fits
    return None


def _goes_on(flow: Flow) -> bool:
    """Whether a target has taken more behind the peer's FIN, which has been told by then."""
    return any(
        h.tcb.fin_taken and h.tcb.rcv_nxt != ((h.tcb.fin or 0) + 1) & MASK for h in flow.hypotheses
    )


def _too_early(flow: Flow) -> bool:
    """Whether the handshake is not over for sure, and no cookie has made that needless."""
    return all(h.tcb.state == "SYN-RECEIVED" and not h.tcb.early for h in flow.hypotheses)


def _end_of_file(call: Call, flow: Flow) -> Wrong | None:
    if _length(call) == 0 or flow.deaf:
        return None
    if flow.reported:
        return None
    if _is_reset(flow):
        return Wrong("RFC9293:MUST-12", "end-of-file for a reset")
    if any(h.told for h in flow.hypotheses):
        return None
    ended = [h for h in flow.hypotheses if h.tcb.fin_taken]
    if not ended and flow.peer_ended:
        return None
    if not ended:
        return Wrong("RFC9293:MUST-12", "end-of-file, and the peer has sent no FIN")
    if flow.taken.loose:
        return None
    left = min(text_in_order(h.tcb) for h in ended) - flow.read
    return Wrong("DOC-33", f"end-of-file before {left} octets") if left > 0 else None


def _receive_error(flow: Flow, returned: Returned) -> Wrong | None:
    errno = returned.errno
    if errno == "ECONNRESET" and not _may_be_reset(flow):
        return Wrong("RFC9293:MUST-12", "ECONNRESET, and no reset has come")
    if errno == "EAGAIN" and not flow.taken.loose:
        waiting = min(map(text_in_order, (h.tcb for h in flow.hypotheses)), default=0)
        if waiting > flow.read and all(h.tcb.state in SYNCHRONIZED for h in flow.hypotheses):
            return Wrong("RFC9293:3.10.3-RECV-FW", "EAGAIN, and text in order is waiting")
    return _given_up(flow, returned)


def _is_reset(flow: Flow) -> bool:
    """Whether a reset has come for sure, in the middle of the peer's stream."""
    return all(h.told == "reset" and not h.tcb.fin_taken for h in flow.hypotheses)


def _may_be_reset(flow: Flow) -> bool:
    return any(h.told or h.tcb.state == "CLOSED" for h in flow.hypotheses)


def _given_up(flow: Flow, returned: Returned) -> Wrong | None:
    errno = returned.errno
    if errno in _GIVEN_UP and not flow.may_be_given_up:
        return Wrong("RFC9293:3.10.8-USER-TIMEOUT", f"{errno}, and nothing has timed out")
    own = flow.user_timeout or flow.counts_syns
    if errno != "ETIMEDOUT" or flow.icmp or own or flow.keepalive:
        return None
    state = flow.hypotheses[0].tcb.state
    if flow.transmission.waits_too_short(returned.t_ns + flow.limits.slack, state):
        clause = "RFC9293:MUST-23" if state == "SYN-SENT" else "RFC9293:SHLD-11"
        return Wrong(clause, "ETIMEDOUT before R2")
    return None


def shut_all_the_same(call: Call, socket: Socket, returned: Returned) -> Wrong | None:
    """A direction shut down by a call that has failed, before there was a connection (POSIX,
    shutdown(): ENOTCONN). From here on it counts as shut down.
    """
    flow = socket.flow
    reads = call.name in {"recv", "recvmsg"} and returned.errno is None and not returned.value
    failed = socket.failed_shutdowns & {"SHUT_RD" if reads else "SHUT_WR", "SHUT_RDWR"}
    if flow is None or not failed or not (reads or returned.errno == "EPIPE"):
        return None
    if reads:
        flow.deaf = True
    else:
        flow.sender = flow.sender._replace(ended=True)
    return Wrong("POSIX:SHUTDOWN-ENOTCONN", SHUT_LATER)


def ended_for_sending(flow: Flow) -> bool:
    """Whether a send() that begins now can take nothing more."""
    return flow.sender.ended or _is_reset(flow)


def sent(call: Call, flow: Flow, returned: Returned) -> Wrong | None:
    """send(): EPIPE only once the direction or the connection has ended; then always."""
    errno = returned.errno
    ended = flow.sender.ended or flow.reported or _may_be_reset(flow)
    if errno == "EPIPE" and not ended:
        return Wrong("POSIX:SEND-EPIPE-SHUT", "EPIPE, and the connection is open for sending")
    if errno == "ECONNRESET" and not _may_be_reset(flow):
        return Wrong("RFC9293:MUST-12", "ECONNRESET, and no reset has come")
    taken = errno is None and bool(_octets_of(call))
    if taken and flow.sender.ended:
        return Wrong("POSIX:SEND-EPIPE-SHUT", "octets taken after the direction was shut down")
    if taken and _is_reset(flow):
        return Wrong("POSIX:SEND-EPIPE-RST", "octets taken after a reset")
    return _given_up(flow, returned) if errno else None


def sent_nowhere(call: Call, socket: Socket, returned: Returned) -> Wrong | None:
    """send() on a socket that has never been connected takes nothing (3.10.2, CLOSED)."""
    if socket.flow is not None or socket.remote is not None or socket.connected:
        return None
    if returned.errno is not None:
        return None
    if call.name not in {"send", "sendmsg"} or not _octets_of(call) or returned.value <= 0:
        return None
    if "MSG_FASTOPEN" in _flags(call):
        return None
    return Wrong("RFC9293:3.10.2-SEND-CLOSED", "octets taken, and there is no connection")


def not_accepted(listener: Socket, returned: Returned) -> Wrong | None:
    """accept(): EAGAIN is for an empty queue, and no address need be asked for (POSIX, accept)."""
    clause = _NOT_ACCEPTED.get(returned.errno or "")
    if clause is None or listener.deferring or listener.overflowed or listener.shut:
        return None
    if any(_surely_waits(flow) for flow in listener.made):
        return Wrong(clause, f"{returned.errno}, and a connection waits")
    return None


def _surely_waits(flow: Flow) -> bool:
    """Whether a connection is complete for sure, and nothing may have ended it again."""
    unsure = flow.accepted or flow.queue_may_be_full or flow.cookies or flow.follows_waiting
    return bool(flow.surely_completed) and not unsure and surely_open(flow)


_NOT_ACCEPTED = {"EAGAIN": "POSIX:ACCEPT-EAGAIN", "EFAULT": "DOC-19"}
#: Where the peer can have brought a connection whose application has ended nothing.
OPEN = frozenset({"ESTABLISHED", "CLOSE-WAIT"})


def surely_open(flow: Flow) -> bool:
    """Whether a connection is open for sending, and nothing may have ended it."""
    if flow.opaque or flow.cut or flow.may_be_given_up:
        return False
    return all(h.tcb.state in OPEN and not h.told for h in flow.hypotheses)


def connected_again(flow: Flow, returned: Returned) -> Wrong | None:
    """connect() on a socket that has been connected: EISCONN (POSIX, connect)."""
    if returned.errno is not None or not surely_open(flow):
        return None
    return Wrong("POSIX:CONNECT-EISCONN", "success on a socket that is connected")


def connected(_call: Call, flow: Flow, returned: Returned) -> Wrong | None:
    """connect(): 0 once the handshake is over, ECONNREFUSED only for a reset."""
    states = {h.tcb.state for h in flow.hypotheses}
    if returned.errno is None and not states & (SYNCHRONIZED | {"CLOSED"}):
        return Wrong("RFC9293:3.10.1-OPEN-ACTIVE", "connect() succeeded before the handshake ended")
    if returned.errno == "ECONNREFUSED" and not (_may_be_reset(flow) or flow.may_be_given_up):
        return Wrong("POSIX:CONNECT-ECONNREFUSED", "ECONNREFUSED, and nobody has refused")
    if returned.errno == "ETIMEDOUT" and all(h.told == "refused" for h in flow.hypotheses):
        return Wrong("POSIX:CONNECT-ECONNREFUSED", "ETIMEDOUT, and a reset has refused it")
    return _given_up(flow, returned) if returned.errno else None


RULES: dict[str, Callable[[Call, Flow, Returned], Wrong | None]] = {
    "recv": received,
    "recvmsg": received,
    "send": sent,
    "sendmsg": sent,
    "connect": connected,
}


def _flags(call: Call) -> tuple[str, ...]:
    return next((v for tag, v in call.args if tag == "flags" and isinstance(v, tuple)), ())


def _length(call: Call) -> int:
    return next((v for tag, v in call.args if tag == "length" and isinstance(v, int)), 0)


def _octets(returned: Returned) -> bytes:
    return next((v for tag, v in returned.out if tag == "octets" and isinstance(v, bytes)), b"")


def _octets_of(call: Call) -> bytes:
    return next((v for tag, v in call.args if tag == "octets" and isinstance(v, bytes)), b"")
