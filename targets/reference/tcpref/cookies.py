"""SYN cookies: a handshake without a record of it (RFC 4987, 3.6 and appendix A).

The initial sequence number of the SYN,ACK holds all that is needed later: the lowest four bits of a
count of 64 seconds, one for whether both ends have timestamps, three for the peer's MSS, and 24
bits of a keyed hash of these, of both ends and of the peer's initial number. Whoever acknowledges
it has received it. So the ACK, or the first text, builds the connection, and a SYN costs no memory.

The other options go into the timestamp of the SYN,ACK, where the peer has timestamps
(`cookie_options`). What neither holds is lost: those options without timestamps, text on the SYN,
the SYN,ACK's retransmission. So it is for when the SYN queue is full (setting `syn_cookies` =
"full"), unless "always" is asked for. An ACK is looked at as a cookie only while one may be under
way, so that otherwise guesses (one in 2^24 of them hits) are not even tried.
"""

from __future__ import annotations

from bisect import bisect
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from tcpref import cookie_options, seq, timestamps
from tcpref.addresses import FIXED_HEADERS
from tcpref.cookie_options import Carried
from tcpref.ip_choices import NO_CHOICES, dress
from tcpref.options import (
    Options,
    build_mss,
    build_sack_permitted,
    build_timestamps,
    build_window_scale,
)
from tcpref.segment import ACK, RST, SYN, Segment, build_segment
from tcpref.tcb import Key, State, shift_for

if TYPE_CHECKING:
    from tcpref.listener import Listener
    from tcpref.settings import Settings
    from tcpref.stack import Stack

SECOND = 1_000_000_000
#: Nanoseconds of a count.
TICK = 64 * SECOND
COUNTS = 16
#: What three bits can say of an MSS; the next lower one is taken. 536 and 1220 are the defaults of
#: both IP versions, 1440 and 1460 what Ethernet has room for.
SIZES = (48, 536, 1220, 1360, 1400, 1440, 1460, 8_940)
_HASH_BITS = 24
_HASH_MASK = (1 << _HASH_BITS) - 1
_COUNT_AT = 4
_STAMPED = 1 << 3


class Told(NamedTuple):
    """What a cookie says: the peer's MSS (octets), and whether both ends have timestamps."""

    mss: int
    stamped: bool


def wanted(listener: Listener) -> bool:
    """Whether a SYN is to be answered with a cookie now; a full accept queue still ignores it."""
    mode = listener.settings.syn_cookies
    if mode == "off" or not listener.has_room():
        return False
    return mode == "always" or not listener.admits_syn()


def keyed_hash(secret: bytes, key: Key, peer_iss: int, low: int) -> int:
    """24 bits that nobody can compute without the secret. `low`: all else, the count unmasked."""
    local, local_port, remote, remote_port = key
    numbers = (local_port, remote_port, peer_iss, low)
    text = b"%b%b%b" % (local, remote, b"".join(n.to_bytes(8, "big") for n in numbers))
    digest = blake2b(text, digest_size=3, key=secret, person=b"cookie").digest()
    return int.from_bytes(digest, "big")


def make(secret: bytes, key: Key, peer_iss: int, told: Told, now: int) -> int:
    """The initial sequence number for a SYN whose options say so."""
    index = max(0, bisect(SIZES, told.mss) - 1)
    low = now // TICK << _COUNT_AT | (_STAMPED if told.stamped else 0) | index
    return (low << _HASH_BITS | keyed_hash(secret, key, peer_iss, low)) & seq.MASK


def check(
    secret: bytes, key: Key, peer_iss: int, cookie: int, now: int, settings: Settings
) -> Told | None:
    """What a cookie of ours says that is not too old; None for anything else."""
    low = cookie >> _HASH_BITS
    age = (now // TICK - (low >> _COUNT_AT)) % COUNTS
    count = now // TICK - age
    if count < 0 or age > -(-settings.syn_cookie_s * SECOND // TICK):
        return None
    told = low % (1 << _COUNT_AT)
    mark = keyed_hash(secret, key, peer_iss, count << _COUNT_AT | told)
    if mark != cookie & _HASH_MASK:
        return None
    return Told(SIZES[told % _STAMPED], bool(told & _STAMPED))


def takes(stack: Stack, listener: Listener, key: Key, segment: Segment) -> bool:
    """Whether a segment to a listener was answered with a cookie, or has brought one back.

    What is neither is for the handler of LISTEN, which resets whoever sends a wrong cookie.
    """
    if stack.settings.syn_cookies == "off":
        return False
    flags = segment.flags & (SYN | ACK | RST)
    if flags == SYN and wanted(listener):
        answer(stack, listener, key, segment)
        return True
    return (
        flags == ACK
        and may_be_under_way(listener, stack.now)
        and accept(stack, listener, key, segment)
    )


def answer(stack: Stack, listener: Listener, key: Key, segment: Segment) -> None:
    """Answer a SYN and forget it."""
    settings, socket = stack.settings, listener.socket
    mss = segment.options.mss
    if mss is None:
        mss = settings.default_mss if len(key[0]) == 4 else settings.default_mss_ipv6
    told = Told(mss, carries_options(settings, segment))
    cookie = make(stack.secret, key, segment.seq, told, stack.now)
    largest = settings.mtu - FIXED_HEADERS[len(key[0])]
    listener.cookie_sent = stack.now
    datagram = build_segment(
        *(key[0], key[2], key[1], key[3]),
        seq=cookie,
        ack=seq.add(segment.seq, 1),
        flags=SYN | ACK,
        wnd=min(socket.rcv_buffer, 0xFFFF),
        options=build_mss(min(largest, socket.max_segment)) + offers(stack, listener, key, segment),
    )
    if socket.ip is not NO_CHOICES or segment.route is not None:
        datagram = dress(datagram, socket.ip._replace(route=segment.route))
    stack.emit(datagram)


def carries_options(settings: Settings, segment: Segment) -> bool:
    """Whether timestamps are there to carry the other options."""
    wanted = settings.syn_cookie_options and settings.timestamps
    return wanted and segment.options.tsval is not None


def offers(stack: Stack, listener: Listener, key: Key, syn: Segment) -> bytes:
    """The options that stand behind MSS: those of the SYN that we grant, remembered by TSval."""
    settings, offered = stack.settings, syn.options
    if not carries_options(settings, syn):
        return b""
    carried = Carried(
        wscale=offered.wscale if settings.window_scale else None,
        sack=offered.sack_permitted and settings.sack,
    )
    options = b""
    if carried.wscale is not None:
        options += build_window_scale(shift_for(listener.socket.rcv_buffer))
    if carried.sack:
        options += build_sack_permitted()
    clock = timestamps.clock_of(stack.secret, key, stack.now)
    return options + build_timestamps(cookie_options.stamp(carried, clock), offered.tsval or 0)


def options_of(told: Told, segment: Segment) -> Options:
    """The options of the SYN, as far as the cookie and the segment that brings it tell them."""
    if not told.stamped:
        return Options(told.mss)
    carried = cookie_options.read(segment.options.tsecr)
    return Options(told.mss, carried.wscale, segment.options.tsval, sack_permitted=carried.sack)


def may_be_under_way(listener: Listener, now: int) -> bool:
    """Whether a cookie has been sent that could still come back."""
    sent = listener.cookie_sent
    return sent is not None and now - sent <= listener.settings.syn_cookie_s * SECOND + TICK


def accept(stack: Stack, listener: Listener, key: Key, segment: Segment) -> bool:
    """Build the connection that a cookie stands for; False where it is none of ours.

    The segment then goes through SYN-RECEIVED, so that its text and FIN count. Without room it is
    dropped: the peer sends its text again, which brings the cookie once more. It is dropped as well
    where the timestamps are missing that were agreed on (RFC 7323, 3.2).
    """
    cookie, peer_iss = seq.add(segment.ack, -1), seq.add(segment.seq, -1)
    told = check(stack.secret, key, peer_iss, cookie, stack.now, stack.settings)
    if told is None:
        return False
    if told.stamped and segment.options.tsval is None:
        return True
    if not listener.has_room():
        return not stack.settings.abort_on_overflow
    options = options_of(told, segment)
    syn = segment._replace(seq=peer_iss, ack=0, flags=SYN, options=options, payload=b"")
    tcb = stack.admit(listener, key, syn, cookie)
    if tcb is not None:
        tcb.snd_nxt = seq.add(cookie, 1)
        tcb.stalled_since = stack.now
        tcb.ts_offset = timestamps.offset(stack.secret, key)
        stack.segment_for(tcb, segment)
        if tcb.state is State.SYN_RECEIVED:
            stack.close_connection(tcb, None)
    return True
