"""The transmission control block: all that is known of one connection (RFC 9293, 3.3.1)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tcpref import seq
from tcpref.addresses import FIXED_HEADERS
from tcpref.algorithms import ALGORITHMS
from tcpref.options import TIMESTAMP_OCTETS, Options
from tcpref.reassembly import Reassembly
from tcpref.rto import RtoEstimator
from tcpref.scoreboard import NOTHING_REPORTED
from tcpref.send_buffer import SendBuffer
from tcpref.timers import Timer, TimerKind

if TYPE_CHECKING:
    from tcpref.ecn import Ecn
    from tcpref.fastopen import FastOpen
    from tcpref.ip_choices import IpChoices
    from tcpref.keepalive import KeepAlive
    from tcpref.listener import Listener
    from tcpref.loss_recovery import Recovery
    from tcpref.pmtu import Path
    from tcpref.ports import Binding
    from tcpref.rack import Rack
    from tcpref.sack import Report
    from tcpref.settings import Settings
    from tcpref.sockets import Socket
    from tcpref.tail_loss import TailLoss
    from tcpref.urgent import Mark
    from tcpref.user_timeout import Patience
    from tcpref.uto import UserTimeoutOption

MILLISECOND = 1_000_000
#: The largest window field, and the largest shift that counts (RFC 7323, 2.3).
LARGEST_FIELD = 0xFFFF
LARGEST_SHIFT = 14

#: Both ends of a connection: local address and port, remote address and port.
Key = tuple[bytes, int, bytes, int]


class State(StrEnum):
    """The states of a connection (RFC 9293, 3.3.2)."""

    CLOSED = "CLOSED"
    LISTEN = "LISTEN"
    SYN_SENT = "SYN-SENT"
    SYN_RECEIVED = "SYN-RECEIVED"
    ESTABLISHED = "ESTABLISHED"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"


#: States in which the handshake is over and the application may still send.
SENDING = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})
#: States in which the handshake is not over.
OPENING = frozenset({State.SYN_SENT, State.SYN_RECEIVED})
#: States in which the peer may still send text.
RECEIVING = frozenset({State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2})


class Tcb:
    """One connection. Send and receive variables carry the names of the RFC.

    `snd_nxt` is the highest number sent plus one; it never goes back, a retransmission starts at
    `snd_una`. `rcv_edge` is the right edge of the window as last announced: RCV.NXT + RCV.WND.
    """

    __slots__ = (
        "ack_due",
        "app_gone",
        "binding",
        "challenge_count",
        "challenge_second",
        "congestion",
        "corked",
        "data_seq",
        "default_mss",
        "deferral",
        "delayed_ack",
        "dup_acks",
        "duplicate",
        "ecn",
        "fast_open",
        "fin_queued",
        "fin_sent",
        "fin_seq",
        "first_window",
        "heard_at",
        "ip",
        "irs",
        "iss",
        "keepalive",
        "key",
        "largest_mss",
        "largest_sent",
        "last_ack_sent",
        "left_network",
        "lingering",
        "listener",
        "mark",
        "max_segment",
        "max_snd_wnd",
        "nodelay",
        "orphan_probes",
        "passive",
        "path",
        "patience",
        "peer_mss",
        "persist",
        "probe_wait",
        "probing",
        "quick_acks",
        "rack",
        "rcv_buffer",
        "rcv_edge",
        "rcv_mss",
        "rcv_nxt",
        "rcv_scale",
        "reassembly",
        "received",
        "recover",
        "recovery",
        "retransmission",
        "retransmissions",
        "rto",
        "sack",
        "sack_report",
        "scoreboard",
        "send_buffer",
        "sent_at",
        "settings",
        "snd_mss",
        "snd_nxt",
        "snd_scale",
        "snd_una",
        "snd_up",
        "snd_wl1",
        "snd_wl2",
        "snd_wnd",
        "socket",
        "soft_error",
        "stalled_since",
        "state",
        "suspicious",
        "syn_limit",
        "syn_lost",
        "tail_loss",
        "timestamps",
        "ts_offset",
        "ts_recent",
        "ts_recent_at",
        "unacked_octets", "uto",
        "window_scaling",
    )  # fmt: skip

    def __init__(self, key: Key, settings: Settings, iss: int, *, passive: bool) -> None:
        self.key = key
        self.settings = settings
        self.state = State.CLOSED
        self.passive = passive
        self.listener: Listener | None = None
        self.socket: Socket | None = None
        self.binding: Binding | None = None
        self.app_gone = False
        # MTU less both fixed headers (MUST-67), and what a peer without the MSS option takes.
        self.largest_mss = settings.mtu - FIXED_HEADERS[len(key[0])]
        self.default_mss = settings.default_mss if len(key[0]) == 4 else settings.default_mss_ipv6
        self.max_segment = self.largest_mss
        self.offer_options()
        self.start_sending(iss)
        self.start_receiving()
        self.acknowledge_nothing()
        self.retransmit_nothing()
        self.suspect_nothing()
        self.ask_for_nothing()

    def start_sending(self, iss: int) -> None:
        """The send sequence space, and what is queued."""
        self.iss = iss
        self.snd_una = iss
        self.snd_nxt = iss
        self.snd_wnd = 0
        self.snd_wl1 = self.snd_wl2 = 0
        self.max_snd_wnd = 0
        self.snd_mss = self.peer_mss = self.default_mss
        self.path: Path | None = None
        self.largest_sent = 0
        self.send_buffer = SendBuffer()
        self.data_seq = seq.add(iss, 1)
        self.ecn: Ecn | None = None
        self.ip: IpChoices | None = None
        self.fin_queued = False
        self.fin_sent = False
        self.nodelay = not self.settings.nagle
        self.corked = False

    def start_receiving(self) -> None:
        """The receive sequence space, and what waits to be read."""
        self.irs = 0
        self.rcv_nxt = 0
        self.rcv_edge = 0
        self.rcv_buffer = self.settings.rcv_buffer
        self.choose_window()
        self.rcv_mss = self.default_mss
        self.received = bytearray()
        self.reassembly = Reassembly(self.settings.reassembly_blocks)
        self.fin_seq: int | None = None

    def acknowledge_nothing(self) -> None:
        """Acknowledgements that are owed to the peer, and the challenges it got."""
        self.delayed_ack = Timer(TimerKind.DELAYED_ACK, self)
        self.ack_due = False
        self.unacked_octets = 0
        self.quick_acks = 0
        self.challenge_second = -1
        self.challenge_count = 0

    def retransmit_nothing(self) -> None:
        """What has been lost, how long the peer is waited for, and the timers of that."""
        settings = self.settings
        self.rto = RtoEstimator(
            settings.rto_initial_ms * MILLISECOND,
            settings.rto_min_ms * MILLISECOND,
            settings.rto_max_ms * MILLISECOND,
        )
        self.retransmissions = 0
        self.stalled_since = 0
        self.syn_lost = False
        self.syn_limit = 0
        self.probe_wait = self.orphan_probes = 0
        self.probing = False
        self.soft_error: str | None = None
        self.retransmission = Timer(TimerKind.RETRANSMISSION, self)
        self.persist = Timer(TimerKind.PERSIST, self)
        self.lingering = Timer(TimerKind.LINGERING, self)

    def suspect_nothing(self) -> None:
        """What the network is thought to carry, and what duplicate ACKs have told of a loss.

        `suspicious` is whether they may have told of one; `duplicate` whether the segment that is
        being handled is one. The rest is explained in `loss_recovery`.
        """
        self.congestion = ALGORITHMS[self.settings.congestion_control]()
        self.sent_at = 0
        self.dup_acks = 0
        self.duplicate = self.suspicious = False
        self.recover = self.iss
        self.recovery: Recovery | None = None
        self.scoreboard = NOTHING_REPORTED
        self.left_network = 0
        self.rack: Rack | None = None
        self.tail_loss: TailLoss | None = None

    def ask_for_nothing(self) -> None:
        """No urgent data, keep-alives, user time-out or fast open: what the application may ask
        for.
        """
        self.snd_up: int | None = None  # SND.UP, while urgent text is not acknowledged.
        self.mark: Mark | None = None
        self.heard_at = 0
        self.keepalive: KeepAlive | None = None
        self.patience: Patience | None = None
        self.uto: UserTimeoutOption | None = None
        self.fast_open: FastOpen | None = None
        self.deferral: Timer | None = None

    def offer_options(self) -> None:
        """Offered until the peer's SYN is here, from then on in use or not (RFC 7323, RFC 2018)."""
        self.window_scaling = self.settings.window_scale
        self.snd_scale = 0
        self.rcv_scale = 0
        self.timestamps = self.settings.timestamps
        self.ts_offset = 0
        self.ts_recent = 0
        self.ts_recent_at = 0
        self.last_ack_sent = 0
        self.sack = self.settings.sack
        self.sack_report: Report | None = None

    @property
    def rcv_wnd(self) -> int:
        """RCV.WND: octets the peer may still send beyond RCV.NXT."""
        room = (self.rcv_edge - self.rcv_nxt) & seq.MASK
        return room if room < seq.HALF else 0

    @property
    def flight(self) -> int:
        """Sequence numbers sent and not acknowledged."""
        return (self.snd_nxt - self.snd_una) & seq.MASK

    @property
    def unsent(self) -> int:
        """Queued octets that have never been sent."""
        if self.fin_sent:
            return 0
        return len(self.send_buffer) - ((self.snd_nxt - self.data_seq) & seq.MASK)

    @property
    def fin_pending(self) -> bool:
        """Whether the application has closed and the FIN has not been sent yet."""
        return self.fin_queued and not self.fin_sent

    @property
    def usable_window(self) -> int:
        """U: octets of new data the peer's window has room for; negative after it shrank."""
        return self.snd_wnd - self.flight

    @property
    def bare_seq(self) -> int:
        """SEQ of a segment without text or FIN: SND.NXT, as a rule.

        A probe lies beyond the window that it probes. As long as it is outstanding the peer takes
        nothing but SND.UNA (RFC 9293, 3.10.7.4, first check), and would drop an ACK behind it.
        """
        return self.snd_una if self.probing else self.snd_nxt

    @property
    def announced_mss(self) -> int:
        """The MSS option we send: what the link carries less both fixed headers (MUST-67), or
        what TCP_MAXSEG has in place of that if it is less.
        """
        return self.max_segment if self.max_segment < self.largest_mss else self.largest_mss

    @property
    def opened_early(self) -> bool:
        """Whether the application has the connection although its handshake is not over."""
        return self.fast_open is not None and self.fast_open.early

    @property
    def fin_acked(self) -> bool:
        """Whether our FIN has been sent and acknowledged."""
        return self.fin_sent and self.snd_una == self.snd_nxt

    @property
    def fin_received(self) -> bool:
        """Whether everything up to the peer's FIN, and the FIN, has been taken."""
        return self.fin_seq is not None and seq.after(self.rcv_nxt, self.fin_seq)

    def synchronize(self, peer_iss: int) -> None:
        """Take the peer's initial sequence number from its SYN."""
        self.irs = peer_iss
        self.rcv_nxt = seq.add(peer_iss, 1)
        self.rcv_edge = seq.add(self.rcv_nxt, self.first_window)
        self.last_ack_sent = self.rcv_nxt

    def choose_window(self) -> None:
        """What our SYN says of the window: as much of the buffer as it can without scaling, and
        Rcv.Wind.Shift, the least with which a field can tell of the whole buffer.
        """
        self.first_window = min(self.rcv_buffer, LARGEST_FIELD)
        if self.window_scaling:
            self.rcv_scale = shift_for(self.rcv_buffer)

    def negotiate(self, options: Options, now: int) -> None:
        """What the peer's SYN does not offer is not used (RFC 7323, 2.2 and 3.2; RFC 2018, 2)."""
        if not options.sack_permitted:
            self.sack = False
        if options.wscale is None:
            self.window_scaling = False
            self.rcv_scale = 0
        elif self.window_scaling:
            self.snd_scale = min(options.wscale, LARGEST_SHIFT)
        if options.tsval is None:
            self.timestamps = False
        elif self.timestamps:
            self.ts_recent = options.tsval
            self.ts_recent_at = now

    def take_mss(self, offered: int | None) -> None:
        """What the MSS option of the peer's SYN allows (MUST-15, MUST-16).

        A peer that asks for less than `min_mss` gets that much, where the link carries it: smaller
        segments would cost more in headers than they carry.
        """
        wanted = self.default_mss if offered is None else offered
        self.peer_mss = min(self.announced_mss, max(self.settings.min_mss, wanted))
        self.choose_size()

    def choose_size(self) -> None:
        """Eff.snd.MSS: what the peer takes, or the path carries if that is less.

        Neither counts TCP or IP options, so what each segment carries of them goes off (RFC 6691;
        RFC 9293, 3.7.1).
        """
        mss = self.peer_mss
        if self.path is not None and self.path.mtu is not None:
            mss = min(mss, self.path.mtu - FIXED_HEADERS[len(self.key[0])])
        if self.ip is not None and self.ip.route is not None:
            mss -= self.ip.route.octets
        self.snd_mss = max(1, mss - TIMESTAMP_OCTETS) if self.timestamps else mss

    def stop_timers(self) -> None:
        """Let no timer of this connection expire."""
        self.retransmission.stop()
        self.persist.stop()
        self.delayed_ack.stop()
        self.lingering.stop()
        if self.rack is not None:
            self.rack.timer.stop()
        if self.tail_loss is not None:
            self.tail_loss.timer.stop()
        if self.keepalive is not None:
            self.keepalive.timer.stop()
        if self.patience is not None:
            self.patience.timer.stop()
        if self.path is not None:
            self.path.timer.stop()
        if self.deferral is not None:
            self.deferral.stop()

    def flush(self) -> None:
        """Throw away what is queued in both directions (RFC 9293, 3.10.5 and 3.10.7.4)."""
        self.send_buffer.clear()
        self.discard_received()
        self.reassembly.clear()

    def discard_received(self) -> None:
        """Throw away what waits to be read, the urgent octet with it."""
        self.received.clear()
        self.mark = None


def shift_for(buffer: int) -> int:
    """Rcv.Wind.Shift: the least with which a window field can tell of `buffer` octets."""
    return min((buffer >> 16).bit_length(), LARGEST_SHIFT)
