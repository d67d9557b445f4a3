"""struct tcp_info of Linux as named numbers, and the kernel's names for the eleven states."""

from __future__ import annotations

import struct
from bisect import bisect_right

#: Index is the kernel's number (include/net/tcp_states.h); names are RFC 9293's, section 3.3.2.
STATES = (
    "",
    "ESTABLISHED",
    "SYN-SENT",
    "SYN-RECEIVED",
    "FIN-WAIT-1",
    "FIN-WAIT-2",
    "TIME-WAIT",
    "CLOSED",
    "CLOSE-WAIT",
    "LAST-ACK",
    "LISTEN",
    "CLOSING",
    "SYN-RECEIVED",  # TCP_NEW_SYN_RECV: a request that is not a socket yet
)

#: Options agreed on the connection (TCPI_OPT_*).
_OPTIONS = {1: "timestamps", 2: "sack", 4: "wscale", 8: "ecn", 16: "ecn_seen", 32: "syn_data"}

_FIELDS = (
    ("ca_state", "B"), ("retransmits", "B"), ("probes", "B"), ("backoff", "B"), ("options", "B"),
    ("wscales", "B"), ("delivery_flags", "B"),
    ("rto", "I"), ("ato", "I"), ("snd_mss", "I"), ("rcv_mss", "I"),
    ("unacked", "I"), ("sacked", "I"), ("lost", "I"), ("retrans", "I"), ("fackets", "I"),
    ("last_data_sent", "I"), ("last_ack_sent", "I"), ("last_data_recv", "I"),
    ("last_ack_recv", "I"), ("pmtu", "I"), ("rcv_ssthresh", "I"), ("rtt", "I"), ("rttvar", "I"),
    ("snd_ssthresh", "I"), ("snd_cwnd", "I"), ("advmss", "I"), ("reordering", "I"),
    ("rcv_rtt", "I"), ("rcv_space", "I"), ("total_retrans", "I"),
    ("pacing_rate", "Q"), ("max_pacing_rate", "Q"), ("bytes_acked", "Q"), ("bytes_received", "Q"),
    ("segs_out", "I"), ("segs_in", "I"), ("notsent_bytes", "I"), ("min_rtt", "I"),
    ("data_segs_in", "I"), ("data_segs_out", "I"), ("delivery_rate", "Q"), ("busy_time", "Q"),
    ("rwnd_limited", "Q"), ("sndbuf_limited", "Q"), ("delivered", "I"), ("delivered_ce", "I"),
    ("bytes_sent", "Q"), ("bytes_retrans", "Q"), ("dsack_dups", "I"), ("reord_seen", "I"),
    ("rcv_ooopack", "I"), ("snd_wnd", "I"), ("rcv_wnd", "I"), ("rehash", "I"),
)  # fmt: skip
_LAYOUT = struct.Struct("=B" + "".join(code for _, code in _FIELDS))
_NAMES = tuple(f"tcpi_{name}" for name, _ in _FIELDS)
_ENDS = tuple(
    struct.calcsize("=B" + "".join(code for _, code in _FIELDS[: index + 1]))
    for index in range(len(_FIELDS))
)
#: Octets to ask the kernel for; an older kernel fills in fewer.
SIZE = _LAYOUT.size


def state_name(number: int) -> str:
    """The RFC 9293 name of one of the kernel's state numbers; "CLOSED" for any other."""
    return STATES[number] if 0 < number < len(STATES) else "CLOSED"


def parse(octets: bytes) -> dict[str, int | str]:
    """`state` in RFC spelling, and each number as `tcpi_<name>` (times in the kernel's units).

    The window scales are `tcpi_snd_wscale` and `tcpi_rcv_wscale`; agreed options are
    `option_<name>` = 1. Fields that the kernel did not fill in are left out.
    """
    state, *numbers = _LAYOUT.unpack(octets[:SIZE].ljust(SIZE, b"\0"))
    found: dict[str, int | str] = {"state": state_name(state)}
    known = bisect_right(_ENDS, len(octets))
    found.update(zip(_NAMES[:known], numbers, strict=False))
    scales = int(found.pop("tcpi_wscales", 0))
    found["tcpi_snd_wscale"], found["tcpi_rcv_wscale"] = scales & 15, scales >> 4
    options = int(found.get("tcpi_options", 0))
    for bit, name in _OPTIONS.items():
        found[f"option_{name}"] = int(bool(options & bit))
    return found
