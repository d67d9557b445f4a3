"""What Linux makes of odd cases is explained by its expectations, or no alarm where it is right."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import TargetUnavailableError
from tcpassay.fuzz.cases.notation import case_of
from tcpassay.fuzz.judging import Explained, Judge
from tcpassay.fuzz.playing.alone import try_alone
from tcpassay.model.oracle import Violation
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.targets.contract import Target

CONNECTING = """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: connect c0 peer:0
"""
#: Cases, and the ends of the entries that explain what the oracle and the text's judge say.
CASES = {
    "a RST with SYN whose TSecr is wrong": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: SR seq=1 ack=1 <TS 8 2147483648>
app: accept4 listener SOCK_NONBLOCK -> c0
peer: A seq=1 ack=1 data=1 <TS 9 0>
peer: A seq=2 ack=1
""",
        {"the TSecr of the SYN,ACK alone"},
    ),
    "a full queue, and a RST in TIME-WAIT before it": (
        """\
listen: listener backlog=0
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: close c0
peer: FA seq=1 ack=2
peer: R seq=2
peer 1: S seq=0
peer 1: A seq=1 ack=1
peer: S seq=2
""",
        set(),
    ),
    "a full queue, and a SYN that would open out of TIME-WAIT": (
        """\
listen: listener backlog=0
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: shutdown c0 SHUT_WR
peer: FA seq=1 ack=2
peer 1: S seq=0
peer 1: A seq=1 ack=1
peer: S seq=3
peer: A seq=2 ack=2
""",
        set(),
    ),
    "a cookie of a SYN before the one that a full queue has dropped": (
        """\
listen: listener backlog=0
peer: S seq=0
peer 1: S seq=1 <mss 1460>
peer 1: A seq=1 ack=1
peer: A seq=1 ack=1
peer 1: S seq=2
peer 1: FA seq=3 ack=1
""",
        set(),
    ),
    "a RST at the end of what has been reported by SACK": (
        CONNECTING
        + """\
peer: SA seq=0 ack=1 <sackOK>
peer: A seq=22 ack=1 data=20
app: send c0 1 0
peer: R seq=42
""",
        {"a RST where the text above a hole ends"},
    ),
    "a future ACK without timestamps behind a FIN": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 1 0
peer: FA seq=1 ack=1
peer: A seq=3 ack=101
app: close c0
""",
        {"RFC 1323"},
    ),
    "text that has joined a FIN above a hole": (
        CONNECTING
        + """\
peer: S seq=0
app: shutdown c0 SHUT_WR
peer: FA seq=2 ack=1
peer: A seq=3 ack=1 data=10
peer: A seq=1 ack=2 data=10
app: recv c0 1000 0
""",
        {"a window of * that is scaled by *", "is from behind a FIN"},
    ),
    "a SYN without the timestamps of the first behind a full queue": (
        """\
listen: listener backlog=0
peer: S seq=0 <TS 0 0, wscale 7>
peer: S seq=0
peer: S seq=0
""",
        set(),
    ),
    "text beyond the window on the ACK of the SYN,ACK": (
        """\
ip = 6
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1 data=65000
wait 100ms
""",
        {"text beyond the window"},
    ),
    "a FIN behind the FIN with a newer timestamp": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: FA seq=1 ack=1 <TS 1 0>
peer: FA seq=1 ack=1 data=1 <TS 8 0>
""",
        {"another FIN behind the FIN"},
    ),
    "text beside a cookie, from before it": (
        """\
settings = syn_cookies_always
listen: listener backlog=5
peer: S seq=0
peer: A seq=0 ack=1 data=10
app: accept4 listener SOCK_NONBLOCK -> c0
app: recv c0 100 0
""",
        {"as the peer's first ACK was beside a cookie"},
    ),
    "text beside a cookie, from behind it": (
        """\
settings = syn_cookies_always
listen: listener backlog=5
peer: S seq=0
peer: A seq=2 ack=2 data=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: recv c0 100 0
""",
        {"a neighbour of the cookie", "as the peer's first ACK was beside a cookie"},
    ),
    "what waits above a hole makes room": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=3 ack=1 data=1000
peer: A seq=1 ack=1 data=100
peer: A seq=1013 ack=1 data=1460
app: accept4 listener SOCK_NONBLOCK -> c1
peer: A seq=1003 ack=1 data=2
app: setsockopt c1 SOL_SOCKET SO_RCVBUF 2000
peer: A seq=1005 ack=1 data=100
wait 100ms
""",
        {"no room in the window"},
    ),
    "an old ACK in a segment from Last.ACK.sent on": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=1 ack=1 <TS 0 0>
app: accept4 listener SOCK_NONBLOCK -> c0
peer: A seq=1 ack=1 data=110 <TS 0 0>
app: send c0 10 MSG_NOSIGNAL
peer: A seq=111 ack=11 data=10 <TS 0 0>
app: send c0 536 MSG_NOSIGNAL
peer: A seq=121 ack=547 data=1 <TS 0 0>
peer: A seq=121 ack=369 <TS 13 0>
wait 100ms
""",
        {"a window from Last.ACK.sent on"},
    ),
    "text behind a FIN, as far as it has joined that": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: FA seq=2 ack=1
peer: A seq=3 ack=1 data=10
peer: A seq=11 ack=1 data=100
peer: A seq=1 ack=1 data=1
""",
        {"text behind a FIN that waited"},
    ),
    "end-of-file behind a reset of what had ended, and another segment": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: FA seq=1 ack=1
peer: R seq=2
peer: A seq=2 ack=1
app: recv c0 4096 0
""",
        {"RFC 1323"},
    ),
    "accept() of a connection that was open first without timestamps": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: FA seq=1 ack=1
peer: S seq=2
peer 1: S seq=0
peer 1: A seq=1 ack=1
peer: A seq=3 ack=1
app: accept4 listener SOCK_NONBLOCK -> c1
""",
        {"RFC9293:3.10.7.4-SYN-SYNRCVD-PASSIVE"},
    ),
    "text that covers the window": (
        """\
ip = 6
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1
peer: A seq=0 ack=1 data=65000
wait 100ms
""",
        {"text beyond the window"},
    ),
    "text that covers the window, on the ACK of the SYN,ACK": (
        """\
ip = 6
listen: listener backlog=5
peer: S seq=0
peer: A seq=0 ack=1 data=65000
wait 100ms
""",
        {"text beyond the window"},
    ),
    "a tuple opened again whose first connection has had no timestamps": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: R seq=1
peer: S seq=1
app: recv c0 4096 0
app: close c0
""",
        {"RFC 1323"},
    ),
    "end-of-file behind a reset of what had ended, and a SYN,ACK": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: FA seq=1 ack=1
peer: R seq=2
peer: SA seq=2 ack=1
app: recv c0 4096 0
""",
        {"RFC 1323"},
    ),
    "a FIN behind an old SYN after close()": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c1
app: close c1
peer: A seq=1 ack=2
peer: FSA seq=0 ack=2
""",
        {"in a record of TIME-WAIT"},
    ),
    "text behind a FIN that is read where the SYN's has been dropped": (
        """\
listen: listener backlog=5
peer: S seq=0 data=10
peer: A seq=11 ack=1
app: accept4 listener SOCK_NONBLOCK -> c5
peer: FA seq=5 ack=1 data=4
peer: A seq=10 ack=1 data=1
peer: A seq=1 ack=1 data=4
app: recv c5 100 0
""",
        {"text behind a FIN that waited", "is from behind a FIN"},
    ),
    "the end of the stream behind a FIN that was passed over": (
        """\
listen: listener backlog=5
peer: S seq=0 data=10
peer: A seq=11 ack=1
app: accept4 listener SOCK_NONBLOCK -> c5
app: shutdown c5 SHUT_WR
peer: FA seq=5 ack=1 data=4
peer: A seq=10 ack=2 data=1
peer: A seq=1 ack=2 data=4
app: recv c5 100 0
app: recv c5 100 0
""",
        {"text behind a FIN that waited", "is from behind a FIN"},
    ),
    "text and FIN before a window that takes the text alone": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: A seq=1 ack=1 window=0
app: send c0 1 0
app: close c0
peer: A seq=1 ack=1 window=1
""",
        set(),
    ),
    "connect() to another port where shutdown() has ended the first": (
        CONNECTING
        + """\
app: shutdown c0 SHUT_WR
app: connect c0 peer:1
""",
        set(),
    ),
    "a RST at the end of text without timestamps, reported by SACK": (
        CONNECTING
        + """\
peer: SA seq=0 ack=1 <sackOK, TS 0 0, wscale 7>
peer: A seq=2 ack=1 data=20
app: send c0 1
peer: R seq=22
""",
        {"RFC 1323", "a RST where the text above a hole ends"},
    ),
    "a RST whose text covers the window": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: R seq=0 data=65000
""",
        {"a RST whose text covers the window"},
    ),
    "a RST with an old timestamp in FIN-WAIT-2 after close()": (
        CONNECTING
        + """\
peer: SA seq=0 ack=1 <TS 0 0>
app: close c0
peer: A seq=1 ack=2 <TS 1 0>
peer: R seq=1 <TS 0 0>
""",
        {"in a record of TIME-WAIT"},
    ),
    "text with an ACK older than the third segment's window reaches": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1 window=100
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 1000
peer: A seq=1 ack=101 window=100
peer: A seq=1 ack=201 window=0
peer: A seq=1 ack=1 data=1
""",
        {"MAX.SND.WND without the window of the SYN"},
    ),
    "text behind two FINs above a hole, reported by SACK": (
        """\
listen: listener backlog=5
peer: S seq=0 <sackOK>
peer: FA seq=103 ack=1 data=100
peer: FA seq=204 ack=1
peer: FA seq=2 ack=1
""",
        set(),
    ),
    "accept() after a connection without its timestamps was reset, and another of its ends": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=1 ack=1
peer: RA seq=1 ack=1
peer: S seq=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 1 MSG_NOSIGNAL
""",
        set(),
    ),
    "text beyond the widest window that can be told, reported by SACK": (
        """\
listen: listener backlog=5
peer: S seq=0 <sackOK>
peer: A seq=1 ack=1 data=1460
peer: A seq=1461 ack=1 data=1000
peer: A seq=72461 ack=1 data=1
""",
        {"a window wider than announced"},
    ),
    "two FINs above a hole, text behind them, and the hole filled": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1 data=100
peer: FA seq=201 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: FA seq=202 ack=1
peer: A seq=203 ack=1 data=20
peer: A seq=101 ack=1 data=100
app: recv c0 65536
""",
        {"text behind a FIN that waited", "is from behind a FIN"},
    ),
    "connect() from the ends of an attempt that shutdown() has ended": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: setsockopt c0 SOL_SOCKET SO_REUSEADDR 1
app: bind c0 stack:0
app: connect c0 peer:8
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c1
app: setsockopt c1 SOL_SOCKET SO_REUSEADDR 1
app: bind c1 stack:0
app: shutdown c0 SHUT_RDWR
app: connect c1 peer:8
""",
        set(),
    ),
    "an ACK of a cookie whose connection is over, to a full queue": (
        """\
listen: listener backlog=0
peer: S seq=0
peer 1: S seq=0 <mss 1460>
peer 1: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: A seq=1 ack=1
peer 1: R seq=1
peer 1: S seq=1
peer 1: A seq=2 ack=1
""",
        set(),
    ),
    "a SYN after an ACK with a wrong TSecr": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=2 ack=1 data=1 <TS 5 1>
peer: S seq=1
""",
        {"the TSecr of the SYN,ACK alone"},
    ),
    "text above a hole dropped and acknowledged for want of room": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: setsockopt c0 SOL_SOCKET SO_RCVBUF 2000
app: send c0 1
peer: A seq=101 ack=1 data=1460
peer: A seq=1561 ack=2 data=1000
peer: A seq=1 ack=2 data=100
""",
        {"no room in the window"},
    ),
    "accept() without an address of a connection without its timestamps": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK length=0 -> c0
app: send c0 1 MSG_NOSIGNAL
""",
        set(),
    ),
    "accept() of a connection that a RST on its FIN has ended": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: FA seq=1 ack=1 data=1000
peer: R seq=1001
peer: - seq=1002
app: accept4 listener SOCK_NONBLOCK -> c0
peer: A seq=1002 ack=1
""",
        {"a RST on the FIN"},
    ),
    "listen() after an attempt from a port that nobody has asked for": (
        CONNECTING
        + """\
app: shutdown c0 SHUT_WR
app: listen c0 5
peer: S seq=0
""",
        set(),
    ),
    "a window of zero behind text in order, and behind an ACK that was ahead": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1 data=1
peer: A seq=102 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: A seq=2 ack=1 data=1
peer: A seq=3 ack=1 window=0
app: send c0 1 MSG_NOSIGNAL
""",
        set(),
    ),
    "a FIN above a hole that is filled in FIN-WAIT-2, and text of it that comes twice": (
        CONNECTING
        + """\
peer: SA seq=0 ack=1 <sackOK>
app: shutdown c0 SHUT_WR
peer: FA seq=2 ack=1 data=100
peer: A seq=1 ack=2 data=10
""",
        {"a SACK block * that does not lie above it"},
    ),
    "a SYN with a newer timestamp than the first, for a queue that may be full": (
        """\
listen: listener backlog=0
peer: S seq=0 <nop, nop, TS 0 0>
peer: S seq=0 <nop, nop, TS 1 0>
""",
        set(),
    ),
    "a shutdown() of the attempt before that was dropped": (
        """\
ip = 6
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: setsockopt c0 SOL_SOCKET SO_REUSEADDR 1
app: bind c0 stack:1
app: connect c0 peer:8
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c1
app: shutdown c0 SHUT_WR
app: setsockopt c1 SOL_SOCKET SO_REUSEADDR 1
app: bind c1 stack:1
peer 8: A seq=1 ack=1
app: connect c1 peer:8
peer 8: S seq=0
peer 8: A seq=1 ack=1
""",
        set(),
    ),
    "a FIN that a shutdown() before the connection has led to": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: shutdown c0 SHUT_RDWR
app: connect c0 peer:0
peer: S seq=0
peer: A seq=1 ack=1
""",
        {"POSIX:SHUTDOWN-ENOTCONN", "a window of * that is scaled by *"},
    ),
    "a FIN behind an old SYN with a wrong ACK, in a record of TIME-WAIT": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: connect c0 peer:1
peer 1: SA seq=0 ack=1
peer 1: A seq=1 ack=1 data=1
app: recv c0 1000 0
app: close c0
peer 1: A seq=2 ack=2
peer 1: FSA seq=1 ack=3
""",
        {"in a record of TIME-WAIT"},
    ),
    "a newer timestamp beside a cookie, echoed": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 5
app: listen listener 0
peer 1: S seq=0
peer 2: S seq=0 <mss 1460, nop, nop, TS 0 0>
peer 2: A seq=2 ack=1 data=1 <nop, nop, TS 1 0>
""",
        {"a neighbour of the cookie"},
    ),
    "a FIN again whose timestamp is a tick old, and which acknowledges ours": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 5
peer 1: S seq=0 <sackOK, TS 0 0>
peer 1: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer 1: FA seq=1 ack=1 <nop, nop, TS 7 0>
app: shutdown c0 SHUT_WR
peer 1: A seq=2 ack=2 <nop, nop, TS 1 0>
peer 1: FA seq=1 ack=2 <nop, nop, TS 6 0>
peer 1: S seq=2
""",
        {"RFC 1323", "a window from Last.ACK.sent on"},
    ),
    "an ACK that would be a keep-alive behind the number beside a cookie": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 1
peer: S seq=0 <mss 1460, nop, nop, TS 0 0>
peer 2: A seq=1 ack=1
peer: FA seq=1 ack=1
peer: FA seq=1 ack=2
peer: S seq=2
""",
        set(),
    ),
    "timestamps that a cookie's SYN has not offered, and older ones": (
        """\
listen: listener backlog=0
peer 1: S seq=0
peer: S seq=0
peer: A seq=1 ack=1 data=1 <TS 0 0>
peer: A seq=2 ack=1 <TS -4 0>
peer: A seq=1000 ack=1 data=1 <TS 1 0>
""",
        {"timestamps that were not agreed on"},
    ),
    "timestamps that were not agreed on, echoed by a record of TIME-WAIT": (
        """\
listen: listener backlog=5
peer: S seq=0
peer: A seq=1 ack=1 <TS 1 0>
app: accept4 listener SOCK_NONBLOCK -> c0
app: shutdown c0 SHUT_WR
peer: FA seq=1 ack=2 <TS 1 0>
peer: FSA seq=2 ack=2 <TS 8 0>
peer: PA seq=2 ack=2 data=20 <TS 10 0>
""",
        {"timestamps that were not agreed on"},
    ),
    "a cookie without its timestamps, and without the window scale": (
        """\
settings = syn_cookies_always
listen: listener backlog=5
peer: S seq=0 <mss 1460, wscale 7, TS 0 0>
peer: A seq=1 ack=1 data=10
peer: A seq=11 ack=1 data=20 <TS -100 0>
""",
        {"a cookie without its timestamps"},
    ),
    "end-of-file behind a reset of what had ended, and a SYN with a FIN": (
        """\
listen: listener backlog=5
peer: S seq=0 <mss 1460>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: FA seq=21 ack=1 data=100
peer: FPAUE seq=1 ack=1
peer: SRPC seq=1
peer: FSPUEC seq=102
app: recv c0 4096 0
""",
        {"no SYN with a FIN"},
    ),
    "connect() from a socket that is connected, and from another to the same end": (
        """\
listen: listener backlog=0
peer: S seq=0 <mss 1460, sackOK, TS 0 0>
peer: S seq=0 <mss 1460>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: connect c0 peer:8
app: shutdown c0 SHUT_WR
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c1
app: connect c1 peer:8
app: send c0 20000 MSG_NOSIGNAL
""",
        set(),
    ),
    "an urgent pointer that means a FIN": (
        """\
listen: listener backlog=5
peer: S seq=0 <mss 1460>
peer: FAU seq=1 ack=1
peer: A seq=2 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: recv c0 1 MSG_OOB
""",
        {"octets out of band, *"},
    ),
    "a FIN behind crossed SYNs, and a reset for the text that nobody reads": (
        CONNECTING
        + """\
peer: S seq=0 <mss 1460, nop, wscale 14>
app: shutdown c0 SHUT_RDWR
peer: FA seq=1 ack=1 data=10
""",
        set(),
    ),
    "close() behind crossed SYNs, and a FIN above a hole without their timestamps": (
        CONNECTING
        + """\
peer: S seq=0 <mss 1460, wscale 7, TS 0 0>
app: close c0
peer: FA seq=100 ack=1
""",
        {"a reset for a FIN above a hole"},
    ),
    "shutdown() behind crossed SYNs, and a FIN above a hole": (
        CONNECTING
        + """\
peer: S seq=0 <mss 1460, wscale 7>
app: shutdown c0 SHUT_RDWR
peer: FA seq=100 ack=1
""",
        {"a reset for a FIN above a hole"},
    ),
    "a FIN alone behind text that has closed the window": (
        """\
ip = 6
listen: listener backlog=5
peer: S seq=0 <mss 1460>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 2000 0
peer: PA seq=1 ack=2001 data=65000
peer: FA seq=65001 ack=2001
app: close c0
""",
        {"text beyond the window", "a FIN into a closed window"},
    ),
    "a RST with SYN whose text covers the window": (
        """\
listen: listener backlog=5
peer: S seq=0 <mss 1460>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 2000 0
peer: PA seq=1 ack=2001 data=20
app: recv c0 4096 0
peer: FSRAU seq=1 ack=2001 data=65000
""",
        {"a RST whose text covers the window"},
    ),
    "an ACK beyond the widest window that can be told, to a record of FIN-WAIT-2": (
        """\
listen: listener backlog=5
peer: S seq=0 <mss 1460, nop, nop, sackOK>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: shutdown c0 SHUT_WR
peer: A seq=11 ack=2 data=1460
app: close c0
peer: A seq=66996 ack=2
""",
        {"a window wider than announced"},
    ),
    "windows that are scaled, after a shutdown() that has failed": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: shutdown c0 SHUT_RDWR
app: connect c0 peer:0
peer: S seq=0 <mss 1460, wscale 7>
peer: A seq=1 ack=1
peer: A seq=1 ack=2
peer: R seq=1000000
peer: A seq=1 ack=2
""",
        {"POSIX:SHUTDOWN-ENOTCONN"},
    ),
    "a reset as after a shutdown() of receiving that has failed": (
        """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: shutdown c0 SHUT_RDWR
app: connect c0 peer:0
peer: SA seq=0 ack=1 <mss 1460>
app: shutdown c0 SHUT_WR
peer: FA seq=4 ack=1
""",
        {"POSIX:SHUTDOWN-ENOTCONN"},
    ),
    "a SYN without the timestamps of the first, again and again": (
        """\
listen: listener backlog=5
peer: S seq=0 <TS 0 0>
peer: S seq=0
peer: S seq=0
""",
        set(),
    ),
}


@pytest.fixture(scope="module")
def kernel() -> Iterator[Target]:
    """The kernel; skipped where nobody may make namespaces."""
    with closing(open_target("linux")) as target:
        try:
            target.start(StackOptions(seed=0)).close()
        except TargetUnavailableError as refusal:
            pytest.skip(str(refusal))
        yield target


@pytest.mark.parametrize("what", CASES)
def test_kernel_is_explained(kernel: Target, what: str) -> None:
    """A case on the kernel; each alarm by the entry that it is about, and no other."""
    text, entries = CASES[what]
    trial = try_alone(kernel, Judge(kernel.manifest, kernel.version()), case_of(text))
    assert trial.fault is None
    assert [str(alarm) for alarm in trial.alarms if not alarm.explained] == []
    told = {alarm.explained.rpartition("/")[2].lstrip("*") for alarm in trial.alarms}
    assert told == entries


def test_one_expected_way_of_several_explains() -> None:
    """A violation that several known ways fit; told as the one that is expected, else as before."""
    target = open_target("linux")
    explained = Explained(target.manifest, "6.18")
    past = "not as this clause has it, but as "
    rule = "RFC9293:3.10.7.4-ACK-FUTURE-CW"
    other = ("RFC7323:3.2-MISSING-DROP", f"{past}RFC 1323")
    seen = Violation(1, rule, f"{past}nothing right of the peer's FIN", others=((other,),))
    told, entry = explained.reading(seen, 4)
    assert (told.requirement, told.why) == other
    assert entry.endswith("*RFC 1323")
    alone = seen._replace(others=())
    assert explained.reading(alone, 4) == (alone, "")
