"""Everything that can be tuned, with the values the documents recommend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches

from tcpref.algorithms import ALGORITHMS
from tcpref.names_errors import TROUBLES
from tcpref.syn_schedule import parse_waits


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one stack. Names end in their unit; counts and octets carry none."""

    # Time-outs (RFC 6298; R1 and R2 of RFC 9293, 3.8.3).
    rto_initial_ms: int = 1_000
    rto_min_ms: int = 1_000
    rto_max_ms: int = 60_000
    syn_r2_s: int = 180
    data_r2_s: int = 100
    r1_retransmissions: int = 3
    # Waits after each SYN of connect() in seconds, such as "6 24 45" for SYNs at 0, 6 and 30 s and
    # failure at 75 s, in place of the back-off and R2; nothing leaves these two as they are.
    syn_waits_s: str = ""
    # TIME-WAIT lasts twice this (RFC 9293, 3.4.2).
    msl_s: int = 120
    # What a SYN may go by to end it: "timestamps" (RFC 6191, as SHLD-4 recommends), "sequence"
    # (MAY-2) or "never". And RFC 1337: a reset does not end it, where RFC 9293 says it does.
    time_wait_reuse: str = "timestamps"
    time_wait_ignores_rst: bool = False
    # Whether ICMP protocol and port unreachable end an open (SHLD-26), or are soft as well.
    icmp_ends_open: bool = True
    # How long FIN-WAIT-2 lasts once nobody can read from the connection; 0 is for ever, as the
    # RFC has it.
    fin_wait_2_s: int = 240
    # After the start nothing is sent for so long (RFC 9293, 3.4.3); one MSL where a host has
    # forgotten its sequence numbers.
    quiet_time_s: int = 0
    # How many probes of a closed window a connection gets that no application holds any more
    # (RFC 6429, 3); the last is followed by a reset. 0 is for ever. 15 take ten minutes.
    orphan_probes: int = 15
    # Acknowledgements (RFC 9293, 3.8.6.3) and the override of silly window avoidance (3.8.6.2.1).
    delayed_ack_ms: int = 200
    sws_override_ms: int = 500
    nagle: bool = True
    # Answers to segments that are not acceptable, a second and connection (RFC 5961, 7); 0 does
    # not limit them.
    challenge_acks_per_s: int = 100
    # Window scale and timestamps are offered and granted (RFC 7323).
    window_scale: bool = True
    timestamps: bool = True
    # SACK is offered, granted and used by both sides (RFC 2018, RFC 6675); duplicates are reported
    # by it (RFC 2883).
    sack: bool = True
    dsack: bool = True
    # Congestion control ("reno": RFC 5681; "none": what the peer's window permits is sent at once),
    # the segments that a connection starts with (RFC 6928; up to 4 by RFC 5681), and whether the
    # first two duplicate acknowledgements let new text out (RFC 3042). And whether SACK finds that
    # what was sent again is lost as well, which no RFC has: else that is for the timer.
    congestion_control: str = "reno"
    initial_window: int = 10
    limited_transmit: bool = True
    lost_retransmissions: bool = True
    # Losses are found by time, where SACK is in use (RFC 8985): else by RFC 6675. Then the end of a
    # flight is probed for before the retransmission timer (7), and a lone segment is given so long
    # for a delayed acknowledgement (TLP.max_ack_delay).
    rack: bool = True
    tail_loss_probe: bool = True
    probe_ack_delay_ms: int = 200
    # Blind data injection: refuse acknowledgements older than the largest window (RFC 5961, 5).
    check_old_acks: bool = True
    # Urgent data, and what SO_KEEPALIVE and TCP_USER_TIMEOUT do (RFC 9293, 3.8.3 to 3.8.5): a stack
    # without one of them does not know the option. Times of a new socket.
    urgent: bool = True
    keepalive: bool = True
    keepalive_idle_s: int = 7_200
    keepalive_interval_s: int = 75
    keepalive_count: int = 9
    keepalive_garbage: bool = False
    user_timeout: bool = True
    user_timeout_ms: int = 0
    # The user time-out option (RFC 5482): ENABLED, which is off there too; CHANGEABLE, for
    # connections whose application asks for no time; L_LIMIT and U_LIMIT.
    user_timeout_option: bool = False
    user_timeout_changeable: bool = True
    user_timeout_lower_s: int = 100
    user_timeout_upper_s: int = 3_600
    # Path MTU discovery (RFC 1191, RFC 8201): how long after a message a larger size is tried
    # again, five minutes or more, and 0 for never; how many destinations are remembered; how often
    # a segment times out before a size is believed that is below what was acknowledged (RFC 5927,
    # 7.2), 0 to believe it at once. And how often in a row a segment times out before smaller ones
    # are tried without any message (RFC 4821, 7.7); 0 for never.
    path_mtu_discovery: bool = True
    path_mtu_ageing_s: int = 600
    path_mtu_destinations: int = 1_024
    path_mtu_timeouts: int = 1
    black_hole_timeouts: int = 0
    # Explicit congestion notification (RFC 3168): "on" (offered by connect() too), "accept" (only
    # agreed to), "off". After so many SYNs without an answer one goes without the offer; 0 never.
    ecn: str = "accept"
    ecn_syns: int = 2
    # Sizes.
    mtu: int = 1_500
    default_mss: int = 536
    default_mss_ipv6: int = 1_220
    min_mss: int = 48
    rcv_buffer: int = 65_535
    snd_buffer: int = 65_536
    reassembly_blocks: int = 256
    # Fast open (RFC 7413): whether the stack knows its calls and its option; a listener takes part
    # only with TCP_FASTOPEN. How long the key of cookies lasts, and for how long a client leaves a
    # path alone on which fast open has failed: twice as long for each failure in a row.
    fast_open: bool = True
    fast_open_key_s: int = 86_400
    fast_open_retry_s: int = 3_600
    # Queues of a listener: what backlog counts ("completed", or the "sum" of both queues), whether
    # its bound is one and a half times that and one more, what a completed handshake without room
    # gets, SYN cookies ("off", once the SYN queue is "full", "always"), how long one is good, and
    # whether the timestamp of its SYN,ACK carries window scale and SACK.
    max_backlog: int = 128
    syn_queue: int = 128
    backlog_counts: str = "completed"
    backlog_three_halves: bool = False
    abort_on_overflow: bool = False
    syn_cookies: str = "off"
    syn_cookie_s: int = 128
    syn_cookie_options: bool = True
    # Tables.
    max_connections: int = 65_536
    max_descriptors: int = 1_024
    # IP input: pieces of datagrams (how many datagrams at once, the octets that they may hold
    # together, the pieces of each; 0 datagrams drops every piece) and how long they wait
    # (RFC 1122, 3.3.2; RFC 8200, 4.5); whether a datagram that was routed by its source is taken,
    # and answered on the way back (RFC 7126, 4.3); ICMP errors sent.
    fragment_datagrams: int = 64
    fragment_octets: int = 262_144
    fragment_pieces: int = 128
    fragment_s: int = 60
    fragment_ipv6_s: int = 60
    source_routes: bool = False
    icmp_errors_per_s: int = 100
    # Addresses, with the number of the interface that link-local ones need (sin6_scope_id), and
    # ports; how ephemeral ports are chosen: "random", "hash" or "double-hash" (algorithms 1, 3
    # and 4 of RFC 6056).
    prefix: int = 24
    prefix_ipv6: int = 64
    v6only: bool = False
    interface_number: int = 77
    default_route: bool = True
    ephemeral_first: int = 49_152
    ephemeral_last: int = 65_535
    port_selection: str = "double-hash"
    privileged_ports: int = 1_024
    # Names: tables in the form of /etc/hosts and /etc/services, the domain of this host, how the
    # host table answers, and how many results of getaddrinfo() a process may hold.
    hosts: str = "127.0.0.1 localhost\n::1 localhost\n"
    services: str = "http 80/tcp\nhttps 443/tcp\ndomain 53/tcp\ndomain 53/udp\n"
    domain: str = ""
    resolver: str = "answers"
    max_address_lists: int = 1_024


#: Numbers that have bounds of their own: below them a timer would expire for ever at the same
#: moment or no octet could be sent, above them a header field would overflow. Keep-alives have
#: those of Linux.
BOUNDS: dict[str, tuple[int, int | None]] = {
    "rto_initial_ms": (1, None),
    "rto_max_ms": (1, None),
    "keepalive_idle_s": (1, 32_767),
    "keepalive_interval_s": (1, 32_767),
    "keepalive_count": (1, 127),
    "mtu": (68, 65_535),
    "default_mss": (1, 65_495),
    "min_mss": (1, 65_495),
    "default_mss_ipv6": (1, 65_495),
    "syn_cookie_s": (1, 896),
    "fast_open_key_s": (1, None),
    "initial_window": (1, None),
    "prefix": (0, 32),
    "prefix_ipv6": (0, 128),
    "ephemeral_first": (1, 65_535),
    "ephemeral_last": (1, 65_535),
}


#: Settings that are one word of several.
CHOICES = {
    "ecn": ("off", "accept", "on"),
    "congestion_control": tuple(ALGORITHMS),
    "resolver": tuple(TROUBLES),
    "backlog_counts": ("completed", "sum"),
    "syn_cookies": ("off", "full", "always"),
    "port_selection": ("random", "hash", "double-hash"),
    "time_wait_reuse": ("timestamps", "sequence", "never"),
}


def make_settings(values: Mapping[str, object]) -> Settings:
    """Settings with these values in place of the defaults.

    Raises ValueError, in one line that names the setting, for an unknown name, a value of the
    wrong type or a negative number.
    """
    types = {field.name: type(field.default) for field in fields(Settings)}
    for name, value in values.items():
        if name not in types:
            near = get_close_matches(name, types, 1, 0.0)
            msg = f"unknown setting {name!r}; the nearest is {near[0]!r}"
            raise ValueError(msg)
        if type(value) is not types[name]:
            wanted = types[name].__name__
            msg = f"setting {name!r}: wanted {wanted}, got {value!r}; write a {wanted}"
            raise ValueError(msg)
        if isinstance(value, int):
            check_bounds(name, value)
        check_choice(name, value)
        if name == "syn_waits_s":
            parse_waits(str(value))
    return Settings(**values)  # type: ignore[arg-type]  # checked one by one above


def check_bounds(name: str, value: int) -> None:
    """Raise ValueError for a number that the setting cannot be."""
    least, most = BOUNDS.get(name, (0, None))
    if value < least or (most is not None and value > most):
        wanted = f"{least} or more" if most is None else f"{least} to {most}"
        msg = f"setting {name!r}: wanted {wanted}, got {value}; write a number in that range"
        raise ValueError(msg)


def check_choice(name: str, value: object) -> None:
    """Raise ValueError for a word that the setting does not know."""
    words = CHOICES.get(name)
    if words is not None and value not in words:
        msg = f"setting {name!r}: wanted one of {', '.join(words)}, got {value!r}; write one"
        raise ValueError(msg)
