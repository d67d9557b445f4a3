"""What a manifest may say that a target can do. The one list of capability names."""

from __future__ import annotations

from typing import Final

#: Name and meaning. A requirement or case that names one binds only where the manifest has it.
CAPABILITIES: Final = {
    # Opening, closing, data
    "active_open": "connect() opens a connection",
    "simultaneous_open": "two active opens that cross make one connection",
    "half_close": "shutdown(SHUT_WR) sends a FIN and leaves the other direction open",
    "urgent": "MSG_OOB and SO_OOBINLINE: the urgent pointer sent and received",
    "nonblocking": "O_NONBLOCK sockets, EAGAIN and EINPROGRESS",
    "poll": "poll() and select() report readiness",
    "linger": "SO_LINGER: close() that waits, or aborts with a reset",
    "user_timeout": "TCP_USER_TIMEOUT bounds how long data may stay unacknowledged",
    "keepalive": "SO_KEEPALIVE with its idle, interval and count",
    "nodelay": "TCP_NODELAY turns the Nagle algorithm off",
    "reuse_port": "SO_REUSEPORT lets several sockets listen on one address",
    "cork": "TCP_CORK holds back less than a full segment",
    "quickack": "TCP_QUICKACK switches to acknowledgements at once",
    "syn_count": "TCP_SYNCNT says how often connect() sends its SYN again",
    "defer_accept": "TCP_DEFER_ACCEPT wakes accept() with the first text only",
    "window_clamp": "TCP_WINDOW_CLAMP bounds the window that is announced",
    "completed_queue": "the backlog bounds who waits for accept(), apart from the half-open",
    "delayed_ack": "acknowledgements may be held back for a moment (RFC 1122, 4.2.3.2)",
    # Network layer
    "ipv6": "TCP over IPv6",
    "icmp": "ICMP errors reach the connection that they quote",
    "soft_errors": "IP_RECVERR, IPV6_RECVERR: soft errors are told while the connection lives",
    "path_mtu_discovery": "ICMP packet too big lowers the segment size",
    "path_mtu_checks": "but for one that what was sent and acknowledged belies (RFC 5927, 7.2)",
    "ip_header": "IP_TOS and IP_TTL, IPV6_TCLASS and IPV6_UNICAST_HOPS rule the IP header",
    "source_routes": "IPv4 source routes, sent and answered along: IP_OPTIONS (RFC 9293, 3.9.2.1)",
    "ethernet": "the link carries Ethernet frames rather than IP datagrams",
    # Options and algorithms
    "window_scale": "RFC 7323 window scale",
    "timestamps": "RFC 7323 timestamps",
    "sack": "RFC 2018 selective acknowledgement",
    "dsack": "RFC 2883 duplicate SACK",
    "ecn": "RFC 3168 explicit congestion notification",
    "accecn": "accurate ECN",
    "fastopen": "RFC 7413 fast open",
    "uto": "RFC 5482 user timeout option",
    "rfc5961": "RFC 5961 challenge ACKs against blind attacks",
    "challenge_ack_limit": "challenge ACKs are rate-limited (RFC 5961, 7): silence is allowed",
    "congestion_control": "RFC 5681 slow start, congestion avoidance, fast retransmit",
    "rack": "RFC 8985 RACK-TLP loss detection",
    "cubic": "RFC 9438 CUBIC",
    "plpmtud": "RFC 4821 packetisation-layer path MTU discovery",
    "syn_cookies": "a full queue of half-open connections is answered with SYN cookies",
    "syn_cookie_options": "with timestamps a SYN cookie keeps window scale and SACK",
    # What the tester can see and do on the target's side
    "errno": "failed calls give a POSIX errno rather than a class of error",
    "descriptors": "POSIX descriptors: lowest free number, dup(), fcntl()",
    "processes": "processes of their own: fork, kill, signals, users",
    "cancel": "a blocked call can be cancelled and returns EINTR",
    "state_probe": "the state and numbers of a connection can be read",
    "stats": "the stack's counters can be read",
    "resolver": "host names can be resolved on the target's side",
}
