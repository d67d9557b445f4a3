"""An agent written from docs/targets.md alone, which goes wrong in the way that argv[1] names.

Where that is "told", in the way that the datagram names.
"""

from __future__ import annotations

import json
import mmap
import os
import select
import signal
import socket
import struct
import sys
import time

HEADER = struct.Struct("!IBIH")
START, DATAGRAM, ADVANCE, BYE = 0x01, 0x02, 0x05, 0x0A
HELLO, REFUSED, SENT, TIME, IDLE = 0x80, 0x81, 0x82, 0x89, 0x8A

ASAN = b"""\
=================================================================
==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602 at pc 0x4 bp 0x7 sp 0x7
READ of size 4 at 0x602 thread T0
    #0 0x4f2 in tcp_input src/core/tcp_in.c:321:5
    #1 0x4f3 in ip4_input src/core/ipv4/ip4.c:700:9
    #2 0x4f4 in main agent.c:99:3
    #3 0x4f5 in __libc_start_main csu/libc-start.c:308:16
SUMMARY: AddressSanitizer: heap-buffer-overflow src/core/tcp_in.c:321:5 in tcp_input
"""
#: Bodies of the wrong shape: type of the frame, and what is in it.
BODIES = {
    "bad-json": (0x83, b"{"),
    "a-list": (0x83, []),
    "no-value": (0x83, {"id": 1}),
    "bad-tag": (0x83, {"id": 1, "value": 0, "errno": None, "out": [["volume", 1]]}),
    "deep": (0x83, b"[" * 100_000 + b"]" * 100_000),
    "deep-list": (0x83, b'{"id":' + b"[" * 500 + b"]" * 500 + b"}"),
    "long": (0x83, {"id": "x" * 500_000}),
    "nan": (0x8A, b'{"now_ns":NaN,"next_deadline_ns":null,"blocked":[]}'),
    "negative": (0x8A, {"now_ns": -5, "next_deadline_ns": None, "blocked": []}),
    "beyond": (0x8A, {"now_ns": 1 << 70, "next_deadline_ns": None, "blocked": []}),
    "digits": (0x8A, b'{"now_ns":' + b"9" * 9000 + b"}"),
    "before": (0x89, {"t_ns": -5}),
    "half-a-pair": (0x86, b'{"text":"\\ud800"}'),
    "two-lines": (0x83, {"id": 1, "value": -1, "errno": "EBADF\n\x1b[2J"}),
    "greeting": (0x80, {"protocol": 1, "name": "odd", "version": "9", "clock": "virtual"}),
    "command": (0x02, b""),
}

how = way = sys.argv[1]
began = time.monotonic_ns()
channel = socket.socket(fileno=int(os.environ["TCPASSAY_FD"]))


def send(kind: int, step: int, body: object) -> None:
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    channel.sendall(HEADER.pack(7 + len(octets), kind, step, 0) + octets)


received = b""


def receive() -> tuple[int, int, bytes]:
    global received  # noqa: PLW0603 - what has come and is not done yet
    while len(received) < HEADER.size or len(received) < 4 + HEADER.unpack_from(received)[0]:
        more = channel.recv(1 << 20)
        if not more:
            sys.exit(0)
        received += more
    length, kind, step, _ = HEADER.unpack_from(received)
    body, received = received[HEADER.size : 4 + length], received[4 + length :]
    if how == "hasty":
        received = b""
    return kind, step, body


def idle(step: int, now_ns: int = 0) -> None:
    send(IDLE, step, {"now_ns": now_ns, "next_deadline_ns": None, "blocked": []})


def now_ns() -> int:
    return time.monotonic_ns() - began if how == "waits" else 0


def ends() -> None:
    """Ways to die or to stop answering."""
    if way == "signal":
        os.write(2, b"stack: assertion failed\n")
        os.kill(os.getpid(), signal.SIGABRT)
    elif way == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif way == "panic":
        sys.exit("panic: nil dereference")
    elif way == "exit-70":
        os.write(2, b"agent: out of descriptors\n")
        sys.exit(70)
    elif way == "leave":
        sys.exit(0)
    elif way == "hang":
        time.sleep(60)
    elif way == "close":
        channel.close()
        time.sleep(60)
    elif way == "orphan":
        stay()
        os.kill(os.getpid(), signal.SIGSEGV)
    elif way == "asan":
        os.write(2, ASAN)
        sys.exit(1)


def floods(step: int) -> None:
    """Ways to say too much."""
    if way == "flood":
        while True:
            channel.sendall(HEADER.pack(7, SENT, step, 0) * 1000)
    elif way == "huge":
        while True:
            send(SENT, step, bytes(1_000_000))
    elif way == "drip":
        while True:
            send(SENT, step, b"x")
            time.sleep(0.01)
    elif way == "shout":
        while True:
            os.write(2, b"n" * 4096)
    elif way == "noise":
        os.write(2, b"n" * 1_000_000 + b"the end\n")
        idle(step)


def nonsense(step: int) -> None:
    """Ways to break the protocol."""
    if way == "garbage":
        channel.sendall(b"HTTP/1.1 400 Bad Request\r\n")
    elif way == "random":
        channel.sendall(b"\x9d\x03\xf2\x81\x40" * 20_000)
    elif way == "torn":
        channel.sendall(b"\0\0\0\x20\x82\0")
        sys.exit(0)
    elif way == "wrong-step":
        send(SENT, step + 1, b"")
    elif way in BODIES:
        kind, body = BODIES[way]
        send(kind, step, body)
        idle(step)
    elif way == "backwards":
        idle(step, -5)
    elif way == "late":
        send(TIME, step, {"t_ns": 9})
        idle(step, 5)


def stay(*, beside: bool = True) -> int:
    """A child that stays, in another process group where it is to get away."""
    child = os.fork()
    if child == 0:
        if beside:
            os.setsid()
        time.sleep(60)
    return child


def misbehave(step: int) -> None:
    """After HELLO, in answer to a datagram."""
    ends()
    floods(step)
    nonsense(step)
    if way == "child":
        stay(beside=False)
        send(SENT, step, str(os.getpid()).encode())
        idle(step)
    elif way == "ubsan":
        os.write(2, b"tcp_in.c:12:3: runtime error: shift exponent 64 is too large\n")
        idle(step)
    elif way == "stamps":
        send(SENT, step, b"a")
        send(TIME, step, {"t_ns": 40})
        send(SENT, step, b"b")
        idle(step, 50)
    elif way.startswith("count"):
        memory = int(os.environ["TCPASSAY_COVERAGE_FD"])
        magic = 0x54414356 if way == "count" else 0x7F454C46
        with mmap.mmap(memory, 1 << 20) as counters:
            counters[:12] = struct.pack("=II4B", magic, 4, 1, 0, step % 256, 255)
        idle(step)
    elif way.startswith("quiet") or how == "deaf":
        idle(step)
    elif way not in {"noise", "backwards", "late", "wrong-step", *BODIES}:
        send(SENT, step, b"fine")
        idle(step)


def main() -> None:
    global way  # noqa: PLW0603 - what the whole program is about
    if how == "die-first":
        os.write(2, b"agent: no licence\n")
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "leave-first":
        sys.exit(3)
    if how == "silent":
        time.sleep(60)
    if how == "garbage-first":
        channel.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")
    protocol = 2 if how == "version-2" else 1
    clock = "real" if how in {"real", "waits"} else "virtual"
    send(HELLO, 0, {"protocol": protocol, "name": "odd", "version": "9", "clock": clock})
    while True:
        kind, step, body = receive()
        if kind == START and (how == "refuse" or "loud" in json.loads(body)["settings"]):
            send(REFUSED, 0, {"reason": f"no such setting:\n {json.loads(body)['settings']}"})
        elif kind == START:
            idle(0)
        elif kind == BYE and how == "deaf":
            time.sleep(60)
        elif kind == BYE:
            os.write(2, b"goodbye\n")
            sys.exit(0)
        elif kind == DATAGRAM and how in {"echo", "waits"}:
            send(SENT, step, body)
            idle(step, now_ns())
        elif kind == ADVANCE and how == "waits":
            left_ns = json.loads(body)["until_ns"] - now_ns()
            if left_ns > 0 and not received:
                select.select([channel], [], [], left_ns / 1e9)
            idle(step, now_ns())
        elif kind == DATAGRAM:
            way = body.decode() if how == "told" else how
            misbehave(step)
        else:
            idle(step)


main()
