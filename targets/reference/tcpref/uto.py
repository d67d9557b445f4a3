"""The user time-out option (RFC 5482): each end tells the other how long it waits for ACKs.

It is advice and no agreement. The option stands on the SYN, on the first segment without one, and
on the next segment whenever another time-out comes into use. Who hears it waits for the longer one
of both, within limits of its own, unless its application has asked for a certain time
(TCP_USER_TIMEOUT): then that stands.

In the words of section 3.1: a connection has this record if ENABLED is true (setting
`user_timeout_option`, off by default as there); USER_TIMEOUT is the limit of `user_timeout`, or R2
where nothing has been heard. L_LIMIT is never below what RTO can become, and keep-alives wait for
longer than USER_TIMEOUT (4.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpref import user_timeout
from tcpref.options import NO_OPTIONS, build_user_timeout
from tcpref.segment import SYN
from tcpref.tcb import OPENING

if TYPE_CHECKING:
    from tcpref.segment import Segment
    from tcpref.settings import Settings
    from tcpref.sockets import Socket
    from tcpref.stack import Stack
    from tcpref.tcb import Tcb

SECOND = 1_000_000_000
#: Octets of the option, and of all options of a segment (RFC 9293, 3.1).
OCTETS = 4
MOST_OPTIONS = 40


class UserTimeoutOption:
    """Seconds: ADV_UTO and REMOTE_UTO (None until one has come); CHANGEABLE; and whether the
    option is due on the next segment.
    """

    __slots__ = ("advertised", "changeable", "due", "remote")

    def __init__(self, settings: Settings, made: Socket) -> None:
        self.remote: int | None = None
        self.advertised = 0
        self.due = False
        self.chosen(settings, made)

    def chosen(self, settings: Settings, made: Socket) -> None:
        """What the application, or else the system, wants."""
        system = settings.user_timeout_ms or 1_000 * settings.data_r2_s
        wanted = -(-(made.user_timeout or system) // 1_000)
        if wanted != self.advertised:
            self.advertised = wanted
            self.due = True
        self.changeable = settings.user_timeout_changeable and not made.user_timeout_asked


def begin(made: Socket, tcb: Tcb) -> None:
    """A new connection of this socket."""
    if tcb.settings.user_timeout_option:
        tcb.uto = UserTimeoutOption(tcb.settings, made)


def apply(stack: Stack, made: Socket, tcb: Tcb) -> None:
    """TCP_USER_TIMEOUT has been set: it is told, and stands; 0 takes the peer's advice again."""
    user_timeout.apply(stack, made, tcb)
    if tcb.uto is not None:
        tcb.uto.chosen(tcb.settings, made)
        adopt(tcb, tcb.uto)
        user_timeout.watch(stack, tcb)


def option(tcb: Tcb, uto: UserTimeoutOption, flags: int, options: int, text: int) -> bytes:
    """The option for a segment that goes out with so many octets of others, and of text."""
    if options + OCTETS > MOST_OPTIONS:
        return b""
    if flags & SYN:
        # Text on a SYN (RFC 7413) has taken the room: the option follows.
        return b"" if text else build_user_timeout(uto.advertised)
    if not uto.due or text + OCTETS > tcb.snd_mss:
        return b""
    uto.due = False
    return build_user_timeout(uto.advertised)


def heard(tcb: Tcb, uto: UserTimeoutOption, segment: Segment) -> None:
    """An acceptable segment has come. Before the handshake is over the advice is kept."""
    told = segment.options.user_timeout
    if segment.options is not NO_OPTIONS and told is not None and told != uto.remote:
        uto.remote = told
        if tcb.state not in OPENING:
            adopt(tcb, uto)


def adopt(tcb: Tcb, uto: UserTimeoutOption) -> None:
    """USER_TIMEOUT = min(U_LIMIT, max(ADV_UTO, REMOTE_UTO, L_LIMIT)), if CHANGEABLE is true."""
    if uto.remote is None or not uto.changeable:
        return
    settings = tcb.settings
    lower = max(settings.user_timeout_lower_s, settings.rto_max_ms // 1_000 + 1)
    seconds = min(settings.user_timeout_upper_s, max(uto.advertised, uto.remote, lower))
    if tcb.patience is not None:
        if tcb.patience.limit == seconds * SECOND:
            return
        tcb.patience.timer.stop()
    tcb.patience = user_timeout.Patience(tcb, 1_000 * seconds)
    uto.due = True
