"""An agent written from docs/targets.md alone, which goes wrong in the way that argv[1] names."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
import time

HEADER = struct.Struct("!IBIH")
START, DATAGRAM, ADVANCE, BYE = 0x01, 0x02, 0x05, 0x0A
HELLO, REFUSED, SENT, TIME, IDLE = 0x80, 0x81, 0x82, 0x89, 0x8A

how = sys.argv[1]
channel = socket.socket(fileno=int(os.environ["TCPASSAY_FD"]))


def send(kind: int, step: int, body: object) -> None:
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    channel.sendall(HEADER.pack(7 + len(octets), kind, step, 0) + octets)


def receive() -> tuple[int, int, bytes]:
    octets = b""
    while len(octets) < HEADER.size or len(octets) < 4 + HEADER.unpack_from(octets)[0]:
        more = channel.recv(1 << 20)
        if not more:
            sys.exit(0)
        octets += more
    _, kind, step, _ = HEADER.unpack_from(octets)
    return kind, step, octets[HEADER.size :]


def idle(step: int, now_ns: int = 0) -> None:
    send(IDLE, step, {"now_ns": now_ns, "next_deadline_ns": None, "blocked": []})


def misbehave(step: int) -> None:  # noqa: C901 - one branch for each way
    """After HELLO, in answer to a datagram."""
    if how == "signal":
        os.write(2, b"stack: assertion failed\n")
        os.kill(os.getpid(), signal.SIGABRT)
    elif how == "panic":
        sys.exit("panic: nil dereference")
    elif how == "exit-70":
        os.write(2, b"agent: out of descriptors\n")
        sys.exit(70)
    elif how == "leave":
        sys.exit(0)
    elif how == "hang":
        time.sleep(60)
    elif how == "garbage":
        channel.sendall(b"HTTP/1.1 400 Bad Request\r\n")
    elif how == "torn":
        channel.sendall(b"\0\0\0\x20\x82\0")
        sys.exit(0)
    elif how == "bad-json":
        send(0x83, step, b"{")
    elif how == "wrong-step":
        send(SENT, step + 1, b"")
    elif how == "close":
        channel.close()
        time.sleep(60)
    elif how == "flood":
        while True:
            send(SENT, step, b"x")
    elif how == "backwards":
        idle(step, -5)
    elif how == "noise":
        os.write(2, b"n" * 1_000_000 + b"the end\n")
        idle(step)
    elif how == "asan":
        os.write(2, b"==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x1\n")
        sys.exit(1)
    elif how == "child":
        if os.fork() == 0:
            time.sleep(60)
        send(SENT, step, str(os.getpid()).encode())
        idle(step)
    elif how == "stamps":
        send(SENT, step, b"a")
        send(TIME, step, {"t_ns": 40})
        send(SENT, step, b"b")
        idle(step, 50)
    else:
        send(SENT, step, b"fine")
        idle(step)


def main() -> None:
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
    clock = "real" if how == "real" else "virtual"
    send(HELLO, 0, {"protocol": protocol, "name": "odd", "version": "9", "clock": clock})
    while True:
        kind, step, body = receive()
        if kind == START and how == "refuse":
            send(REFUSED, 0, {"reason": f"no such setting: {json.loads(body)['settings']}"})
        elif kind == START:
            idle(0)
        elif kind == BYE:
            os.write(2, b"goodbye\n")
            sys.exit(0)
        elif kind == DATAGRAM:
            misbehave(step)
        else:
            idle(step)


main()
