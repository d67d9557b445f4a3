"""Goodput between the reference stack and the kernel at 5 % loss, with SACK and without it.

20 MB each way over a TUN device that loses 5 % of the datagrams in either direction, from one seed.
In real time, with root, and with curl: so only when asked for by name, `python -m bench goodput`.
What the kernel sends, it sends with its own congestion control and timers (200 ms at least). The
stack waits for 1 s at least (RFC 6298, 2.4), with or without SACK, where a window of two to five
segments tells too little: so it gains less.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from bench.measure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

OCTETS = 20_000_000
NETNS = "bench-goodput"
URL = "http://192.0.2.1"
IMPAIR = "loss=5%,seed=3"
LIMIT_S = 900
IP = shutil.which("ip") or "/sbin/ip"


def figures() -> Iterator[Figure]:
    """Octets a second in real time, for either sender."""
    for sender, least in (("stack", 1.2), ("kernel", 2.0)):
        name = f"the {sender} sends"
        without = goodput(sender, sack=False)
        base = "without SACK"
        yield Figure(f"goodput at 5 % loss, {name}, no SACK", without / 1000, "kB/s", 1.0, base)
        with_sack = goodput(sender, sack=True)
        ratio = with_sack / without
        title = f"goodput at 5 % loss, {name}, SACK"
        yield Figure(title, with_sack / 1000, "kB/s", ratio, base, least=least)


def goodput(sender: str, *, sack: bool) -> float:
    """Octets a second of one file; raises RuntimeError if it does not arrive whole."""
    with tempfile.TemporaryDirectory() as folder, serving(folder, sack=sack):
        here, there = Path(folder) / "here", Path(folder) / "there"
        here.write_bytes(Random(1).randbytes(OCTETS))
        way = ("-o", str(there), f"{URL}/here") if sender == "stack" else put(here)
        seconds = float(inside("curl", "-sSf", "-w", "%{time_total}", *way))
        if there.read_bytes() != here.read_bytes():
            raise RuntimeError(f"{OCTETS} octets did not arrive whole")
    return OCTETS / seconds


def put(file: Path) -> tuple[str, ...]:
    """What curl is told to hand a file to the stack; what it gets back is thrown away."""
    return "-T", str(file), "-o", "/dev/null", f"{URL}/there"


def inside(*command: str) -> str:
    """What a program in the namespace prints."""
    line = (IP, "netns", "exec", NETNS, *command)
    done = subprocess.run(line, capture_output=True, text=True, timeout=LIMIT_S, check=True)
    return done.stdout


@contextmanager
def serving(folder: str, *, sack: bool) -> Iterator[None]:
    """A namespace with the stack on its TUN device, until the block ends."""
    subprocess.run((IP, "netns", "add", NETNS), check=True)
    place = ("--netns", NETNS, "--tun", "tun0", "--root", folder, "--impair", IMPAIR)
    command = (sys.executable, "-m", "tcpassay", "serve", "reference", *place)
    setting = ("--set", f"sack={'true' if sack else 'false'}")
    server = subprocess.Popen(
        (*command, *setting), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        if server.stdout is None or "Ctrl-C" not in server.stdout.readline():
            raise RuntimeError("tcpassay serve does not start; it needs root")
        yield
    finally:
        server.terminate()
        server.wait(timeout=10)
        subprocess.run((IP, "netns", "del", NETNS), check=True)
