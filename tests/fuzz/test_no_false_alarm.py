"""What a sound stack does is no alarm: cases that the oracle has once misread, and samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.cases.notation import case_of
from tcpassay.fuzz.judging import Judge
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.sources.campaigns import load_campaigns
from tcpassay.fuzz.sources.sweep import Sweep
from tcpassay.model.oracle.oracle import Oracle
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcpassay.fuzz.cases.steps import FuzzCase

#: Connections of the active kind, in SYN-SENT.
CONNECTING = """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c0
app: connect c0 peer:0
"""
LISTENING = """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 5
"""
OPEN = (
    LISTENING
    + """\
peer: S seq=0 <mss 1460>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
"""
)
ENDED = (
    OPEN
    + """\
app: shutdown c0 SHUT_WR
peer: A seq=1 ack=2
peer: FA seq=1 ack=2
"""
)
MISREAD = {
    "a connection given up, told as the ICMP error that it had met": OPEN
    + """\
app: send c0 1 MSG_NOSIGNAL
icmp: 3/0 seq=1 rest=0 quoted=28
wait 240s
app: recv c0 1000 0
app: send c0 1 MSG_NOSIGNAL
""",
    "given up in CLOSING, after SYNs that crossed": CONNECTING
    + """\
peer: S seq=0
app: close c0
peer: SA seq=0 ack=1
wait 10s
wait 60s
peer: FA seq=1 ack=1
wait 240s
peer: A seq=2 ack=1
""",
    "a SYN,ACK for a SYN with more options than the one before, in one moment": LISTENING
    + """\
peer: S seq=0
peer 1: S seq=0 <mss 536>
peer 1: A seq=1 ack=1 data=100
peer 1: A seq=100 ack=1
peer 1: A seq=100 ack=1
peer 1: S seq=101 <mss 536>
peer: - seq=70000
peer 1: S seq=1 <mss 1460>
peer: S seq=1
peer: S seq=0 <wscale 7>
""",
    "a FIN as tail loss probe behind text that waits for its time-out": CONNECTING
    + """\
app: send c0 1 MSG_NOSIGNAL
wait 200ms
peer: SA seq=0 ack=1 <sackOK>
app: close c0
wait 60s
wait 60s
wait 60s
wait 60s
""",
    "a SYN for a full queue in place of a connection that was given up": """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 1
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: FA seq=1 ack=1
app: shutdown c0 SHUT_WR
peer 1: S seq=0
peer 1: A seq=1 ack=1
wait 240s
wait 240s
wait 240s
wait 240s
wait 240s
wait 240s
wait 240s
peer: S seq=2
""",
    "a FIN behind a window that an older segment's ACK has used up": LISTENING
    + """\
peer: S seq=0 <mss 100>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 1000
peer: A seq=2 ack=1 window=1
peer: A seq=1 ack=1001
app: shutdown c0 SHUT_WR
""",
    "a user timeout that is over before the second retransmission": OPEN
    + """\
app: setsockopt c0 IPPROTO_TCP TCP_USER_TIMEOUT 1500
app: send c0 1
wait 240s
wait 240s
""",
    "a FIN kept from a crossed SYN": CONNECTING
    + """\
peer: FS seq=0 data=10
peer: SA seq=0 ack=1 <mss 1460>
""",
    "text behind the SYN,ACK of a crossed open": CONNECTING
    + """\
peer: S seq=0 <mss 1460>
peer: SA seq=0 ack=1 data=10 <mss 1460>
peer: PA seq=1 ack=1 data=20
""",
    "text lost by close() before a crossed open is over": CONNECTING
    + """\
peer: S seq=0 data=10 <mss 536>
app: close c0
peer: SA seq=0 ack=1 <mss 536>
peer: PA seq=1 ack=1 data=20
""",
    "an ICMP error while connecting": CONNECTING
    + """\
icmp: 3/3 seq=0 rest=0 quoted=28
peer: A seq=1 ack=1
""",
    "urgent octets behind a closed window": OPEN
    + """\
peer: A seq=1 ack=1 window=0
app: send c0 30 0
app: send c0 1 MSG_OOB
peer: A seq=1 ack=1
""",
    "the same number picked twice at one moment": ENDED
    + """\
peer: SRPA seq=2 ack=2
peer: SPUEC seq=2
app: setsockopt c0 SOL_SOCKET SO_LINGER linger=1,0
app: close c0
""",
    "text from before the FIN to behind it": OPEN
    + """\
app: shutdown c0 SHUT_WR
peer: FA seq=1 ack=1
peer: FA seq=0 ack=2 data=20
app: close c0
""",
    "numbers that start at 0": "iss = 0\n"
    + CONNECTING
    + """\
peer: S seq=0 <mss 1460>
peer: SA seq=0 ack=1 <mss 1460>
peer: PA seq=1 ack=1 data=20
app: recv c0 10 0
app: close c0
""",
    "two timestamps in one SYN": LISTENING
    + """\
peer: S seq=0 <TS 1 0, TS 9 9>
peer: A seq=1 ack=1 <TS 10 0, TS 11 0>
peer: PA seq=1 ack=1 data=20 <TS 12 0>
""",
    "a cookie brought by an older timestamp than its SYN had": "settings = syn_cookies_always\n"
    + LISTENING
    + """\
peer: S seq=0 <mss 1460, wscale 7, TS 0 0>
peer: FA seq=1 ack=1
peer: A seq=1 ack=1 data=20 <TS -100 0>
peer: RA seq=21 ack=1
""",
    "a cookie given twice at one moment": "settings = fastopen\n"
    + LISTENING
    + """\
app: setsockopt listener IPPROTO_TCP TCP_FASTOPEN 5
peer: S seq=0 <mss 1460, FO>
peer: RA seq=1 ack=1
peer: S seq=100 <mss 1460, cookie 1>
""",
    "handshakes that a full queue has put off, over in another order": LISTENING.replace("5", "1")
    + """\
peer 0-3: S seq=0 <mss 1460>
peer 3-0: A seq=1 ack=1
app: listen listener 7
app: accept4 listener SOCK_NONBLOCK -> c0
peer 0-3: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c1
""",
    "the time-out behind a tail loss probe": CONNECTING
    + """\
app: send c0 300 0
wait 600ms
peer: SA seq=0 ack=1 <mss 1460, sackOK, TS 0 0, wscale 7>
peer: PA seq=1 ack=1 data=20 <TS 2 0>
app: send c0 30 0
wait 5s
""",
    "the second time-out behind a tail loss probe of new text": CONNECTING
    + """\
wait 500ms
app: send c0 1000 0
peer: SA seq=0 ack=1 <sackOK>
wait 60s
""",
    "a SYN behind one that has ended a half-open connection at the same moment": LISTENING
    + """\
peer: S seq=0
peer: S seq=1
peer: S seq=70000 <wscale 2>
peer: A seq=70001 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 30 0
""",
    "text that a small window holds back where the MSS is smaller than any host's": CONNECTING
    + """\
peer: SA seq=0 ack=1 <mss 1>
peer: A seq=1 ack=1 window=10
app: send c0 1000 MSG_NOSIGNAL
""",
    "a window that an older segment has used up": CONNECTING
    + """\
peer: SA seq=0 ack=1 <wscale 2>
app: send c0 5000 MSG_NOSIGNAL
peer: A seq=2 ack=1 window=500
peer: A seq=1 ack=4102
wait 1s
peer: A seq=1 ack=5102
""",
    "a reset with SYN, which is no SYN without ECN": LISTENING
    + """\
peer: SEC seq=0
peer: SR seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 1 MSG_NOSIGNAL
""",
    "a new connection of ends of which nothing is known waits in a full queue": LISTENING.replace(
        "5", "1"
    )
    + """\
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: shutdown c0 SHUT_WR
peer: FA seq=1 ack=1
peer: A seq=2 ack=2
peer: A seq=2 ack=2 <unreadable 1dff0102030405060708090a0b0c0d0e>
peer: S seq=2000
peer: A seq=2001 ack=1
peer 1: S seq=0
""",
    "a SYN,ACK with the number of one before, of the same moment": LISTENING
    + """\
peer: S seq=1000
peer: A seq=1000 ack=1
peer: A seq=1000 ack=1
peer: A seq=1000 ack=1
peer: A seq=1000 ack=1
peer: A seq=1000 ack=2
peer: S seq=1001
peer: S seq=1002 <wscale 0>
""",
    "a SYN for a connection of which nothing is known, and which accept() has handed out": LISTENING
    + """\
peer: S seq=0 <kind 19 01>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: S seq=1
peer: A seq=2 ack=1
""",
    "accept() with a valid cookie, before an ACK that would open": LISTENING
    + """\
app: setsockopt listener IPPROTO_TCP TCP_FASTOPEN 5
peer: S seq=0 <FO>
peer: RA seq=1 ack=1
peer: S seq=2 <cookie>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: A seq=1 ack=1
""",
    "text read behind a SYN with text that is good for the tuple again, beside a full queue": """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 2
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: shutdown c0 SHUT_WR
peer: FA seq=1 ack=1 data=100
peer 1: S seq=0
peer 2: S seq=0
peer: A seq=102 ack=2
peer: S seq=102 data=10 <mss 1460, nop, nop, TS 0 0>
app: recv c0 65536 0
""",
    "a FIN sent again that a SYN before it may have wanted a SYN,ACK besides": CONNECTING
    + """\
peer: S seq=0 <mss 1460, sackOK, TS 0 0>
peer: SA seq=0 ack=1 <mss 1460>
app: shutdown c0 SHUT_WR
peer: FS seq=1073741826
peer: FA seq=1073741838 ack=1
peer: A seq=1073741838 ack=1
peer: A seq=1073741837 ack=1
peer: S seq=0
wait 240s
app: send c0 1 MSG_NOSIGNAL
""",
    "a user time-out that runs from a send() before the window was open": OPEN
    + """\
peer: A seq=1 ack=1 window=0
app: setsockopt c0 IPPROTO_TCP TCP_USER_TIMEOUT 1500
app: send c0 1 0
wait 500ms
peer: A seq=1 ack=1 window=8000
wait 10s
peer: A seq=1 ack=1
""",
    "ECT after a SYN without ECN that would have opened another connection": LISTENING
    + """\
peer: SEC seq=0
wait 10s
peer: S seq=-1
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
app: send c0 1 MSG_NOSIGNAL
""",
    "a SYN,ACK sent again while the queue was full, and again behind it": """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 1
peer 1: S seq=0 <nop, nop, TS 0 0>
peer 2: S seq=0
peer 1: A seq=1 ack=1
peer 2: A seq=1 ack=1
wait 1s
app: accept4 listener SOCK_NONBLOCK -> c0
peer 1: A seq=1 ack=1
wait 60s
""",
    "a connection that its cookie has completed, accepted ahead of one by an ACK": LISTENING
    + """\
app: setsockopt listener IPPROTO_TCP TCP_FASTOPEN 5
peer: S seq=0 <FO>
peer: RA seq=1 ack=1
peer: S seq=100 <cookie>
peer 1: S seq=0
peer 1: A seq=1 ack=1
peer: A seq=101 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
""",
    "a SYN,ACK with a cookie, for a SYN in place of one that another has ended": LISTENING
    + """\
app: setsockopt listener IPPROTO_TCP TCP_FASTOPEN 5
peer: S seq=0
peer: S seq=1
peer: S seq=0 <FO>
""",
    "a connection given up after ICMP, to which the peer has said nothing new since": CONNECTING
    + """\
icmp: 3/1 seq=0 rest=0 quoted=28
peer: SA seq=0 ack=1
app: send c0 1 0
wait 122s
peer: A seq=1 ack=1
wait 1s
peer: R seq=1485
""",
    "SYN after SYN for a full queue, in place of a connection that may be over": """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 0
peer: S seq=0
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c0
peer: FA seq=1 ack=1
app: shutdown c0 SHUT_WR
peer: A seq=3 ack=2
peer 1: S seq=0
peer 1: A seq=1 ack=1
peer: S seq=2
peer: S seq=3
""",
    "an attempt given up before a reset came for it": CONNECTING
    + """\
peer: S seq=0
wait 240s
peer: R seq=1
app: connect c0 peer:0
""",
    "a FIN sent again and again while nobody can tell whether its ACK has come": """\
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> listener
app: bind listener stack:0
app: listen listener 0
peer: S seq=0 <mss 1460>
peer: A seq=1 ack=1
app: accept4 listener SOCK_NONBLOCK -> c5
app: shutdown c5 SHUT_WR
peer: FA seq=1 ack=1
peer: FRA seq=102 ack=-4999 data=4
app: close c5
peer: FRA seq=1073741826 ack=-13139 data=4
wait 14s
peer: A seq=-15 ack=2108 window=0 data=2
""",
    "a socket whose attempt was refused, and another's attempt to the same end": CONNECTING
    + """\
peer: RA seq=0 ack=1
app: connect c0 peer:0
app: socket SOCK_STREAM|SOCK_NONBLOCK 0 -> c1
app: connect c1 peer:0
peer: SA seq=0 ack=1 <mss 1460>
app: send c1 100 MSG_NOSIGNAL
wait 100ms
""",
    "a connection given up long ago, for which segments come": OPEN
    + """\
app: shutdown c0 SHUT_WR
wait 240s
peer: RA seq=1 ack=1
peer: P seq=1
app: recv c0 65536
""",
}


def alarms(cases: Iterable[FuzzCase]) -> list[str]:
    """What the oracle says of cases on the reference stack, each on a fresh one."""
    target = open_target("reference")
    manifest = target.manifest
    judge = Judge(manifest, "")
    found = []
    for case in cases:
        stack = target.start(StackOptions(seed=1, ip=case.ip, settings=case.settings))
        player = Player(stack, manifest, 1, case.ip)
        played = player.play(case)
        assert played.fault is None
        oracle = Oracle(player.trace.stack_addresses, judge.limits(case.settings))
        for entry in player.trace.entries:
            oracle.take(entry)
        oracle.ends(player.trace.entries[-1])
        found += [f"{case.origin}: {violation}" for violation in oracle.report.violations]
        stack.close()
    target.close()
    return found


@pytest.mark.parametrize("text", MISREAD.values(), ids=MISREAD)
def test_what_was_once_misread_is_no_alarm(text: str) -> None:
    """Right answers that the oracle, or the stack, has once got wrong."""
    assert alarms([case_of(text)]) == []


def test_edits_raise_no_alarm_on_the_reference_stack() -> None:
    """A sample of single edits and of pairs, with and without time passing."""
    sweep, patient = Sweep(7), Sweep(7, patient=True)
    numbers = [*range(300), *range(sweep.singles, sweep.singles + 100)]
    assert alarms(map(sweep.case, numbers)) == []
    assert alarms(map(patient.case, range(40))) == []
    assert alarms(map(Sweep(7, ip=6).case, range(60))) == []


def test_campaigns_raise_no_alarm_on_the_reference_stack() -> None:
    """A sample of each campaign."""
    cases = [
        campaign.case(number)
        for campaign in load_campaigns()
        for number in range(0, campaign.total or 0, (campaign.total or 0) // 25)
    ]
    assert alarms(cases) == []
