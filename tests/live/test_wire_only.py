"""`tcpassay run --wire-only`: the kernel behind a veth pair, the reference stack on a TUN."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live.conftest import Lab

ADDRESS = {4: "10.9.8.2", 6: "[fd09::2]"}
#: The three services over the kernel's sockets, on both IP versions, until it is killed.
SERVICES = """
import socket, threading
def echo(made):
    while octets := made.recv(65536): made.sendall(octets)
def discard(made):
    while made.recv(65536): pass
def chargen(made):
    while True: made.sendall(b"0123456789" * 100)
def attend(made, service):
    try: service(made)
    except OSError: pass
    made.close()
def serve(family, port, service):
    listener = socket.create_server(("", port), family=family, backlog=64)
    while True:
        made, _ = listener.accept()
        threading.Thread(target=attend, args=(made, service), daemon=True).start()
for family in (socket.AF_INET, socket.AF_INET6):
    for port, service in ((7, echo), (9, discard), (19, chargen)):
        threading.Thread(target=serve, args=(family, port, service), daemon=True).start()
print("serving", flush=True)
threading.Event().wait()
"""
CASE = "rfc5961/4/syn_before_the_peers_fin/ESTABLISHED"
#: A stack that limits its challenge ACKs is silent where the rest of the world is not.
SYSCTL = ("net.ipv4.tcp_invalid_ratelimit=0", "net.ipv4.icmp_ratelimit=0")


class Run(NamedTuple):
    """How a run ended, what it printed, and the verdicts of its cases by target and id."""

    code: int
    out: str
    err: str
    verdicts: dict[str, dict[str, str]]


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def run(folder: Path, *arguments: str) -> Run:
    """`tcpassay run` in a process of its own."""
    record = folder / "run.json"
    record.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tcpassay", "run", *arguments]
    command += ["--out", str(folder / "out"), "--json", str(record)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    verdicts: dict[str, dict[str, str]] = {}
    if record.exists():
        for each in json.loads(record.read_text())["cases"]:
            verdicts.setdefault(each["target"], {})[each["id"]] = each["verdict"]
    return Run(done.returncode, done.stdout, done.stderr, verdicts)


@pytest.fixture
def far(lab: Lab) -> Iterator[str]:
    """A second namespace behind a veth pair, with the three services; its name."""
    name = f"{lab.name}-far"
    ip("netns", "add", name)
    try:
        ip("-n", lab.name, "link", "add", "near0", "type", "veth",
           "peer", "name", "far0", "netns", name)  # fmt: skip
        for space, device, host in ((lab.name, "near0", 1), (name, "far0", 2)):
            ip("-n", space, "addr", "add", f"10.9.8.{host}/24", "dev", device)
            ip("-n", space, "addr", "add", f"fd09::{host}/64", "dev", device, "nodad")
            ip("-n", space, "link", "set", device, "up")
        for setting in SYSCTL:
            subprocess.run(["ip", "netns", "exec", name, "sysctl", "-qw", setting], check=True)
        lab.start("ip", "netns", "exec", name, sys.executable, "-c", SERVICES, ready="serving")
        yield name
    finally:
        ip("netns", "delete", name)


@pytest.mark.parametrize(
    ("version", "port", "service"),
    [(4, 7, "echo"), (6, 7, "echo"), (4, 9, "discard"), (6, 19, "chargen")],
)
def test_kernel(lab: Lab, far: str, tmp_path: Path, version: int, port: int, service: str) -> None:
    """Each service is found, and what can be judged is judged as on the target linux."""
    place = f"{ADDRESS[version]}:{port}"
    cases = [f"--case={glob}" for glob in ("rfc9293/3.10.7.1", "rfc5961/4")]
    done = run(
        tmp_path, "linux", "--wire-only", place, "--netns", lab.name, "--ip", str(version),
        "--no-gate", "--no-oracle", *cases,
    )  # fmt: skip
    assert done.code == 0
    assert f"{service} at {place}, real clock" in done.out
    wire = {id_: v for id_, v in done.verdicts["wire"].items() if v != "unsupported"}
    assert wire.items() <= done.verdicts["linux"].items()
    assert len(wire) >= 14
    assert f"wire: judged {len(wire)} of {len(done.verdicts['wire'])}; the rest needs " in done.out
    assert "a close call (" in done.out
    left = subprocess.run(
        ["ip", "netns", "exec", far, "ss", "-Htn", "state", "all", "exclude", "listening"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert left.stdout == ""


@pytest.mark.parametrize("port", [7, 9])
def test_reference(lab: Lab, tmp_path: Path, port: int) -> None:
    """A stack on a TUN, where there are no frames and nobody to ask; every verdict as expected."""
    lab.serve()
    done = run(
        tmp_path, "--wire-only", f"192.0.2.1:{port}", "--netns", lab.name,
        "--case", "rfc9293/3.10.7.1", "--case", "rfc5961/4",
    )  # fmt: skip
    assert (done.code, set(done.verdicts["wire"].values()) - {"info"}) == (
        0,
        {"pass", "unsupported"},
    )
    assert list(done.verdicts["wire"].values()).count("pass") >= 14


def test_manifest(lab: Lab, far: str, tmp_path: Path) -> None:
    """A target.toml of kind wire; the same without an option, and capabilities as it says."""
    assert far
    (tmp_path / "target.toml").write_text(
        'name = "board"\nkind = "wire"\ncapabilities = ["rfc5961"]\n'
        f'[start]\nnetns = "{lab.name}"\nport = 9\nservice = "discard"\n'
        '[addresses.ipv4]\nstack = ["10.9.8.2"]\npeer = "10.9.8.77"\nprefix = 24\n'
    )
    done = run(tmp_path, str(tmp_path), "--case", "rfc5961/4/syn_before_the_peers_fin/ESTABLISHED")
    assert (done.code, done.verdicts) == (
        0,
        {"board": {"rfc5961/4/syn_before_the_peers_fin/ESTABLISHED": "pass"}},
    )


def test_replay(lab: Lab, far: str, tmp_path: Path) -> None:
    """A trace of a run on the wire, again on the wire; the same verdict."""
    assert far
    place = ("--wire-only", "10.9.8.2:9", "--netns", lab.name)
    assert run(tmp_path, *place, "--case", CASE, "--pcap", "always").code == 0
    trace = tmp_path / "out" / "traces" / "wire" / f"{CASE.replace('/', '__')}.json"
    command = [sys.executable, "-m", "tcpassay", "replay", str(trace), *place]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, "as recorded" in done.stdout) == (0, True)


WRONG = [
    (("--wire-only", "10.9.8.2:7"), 2, "--netns NS is missing"),
    (("--netns", "{ns}"), 2, "--netns goes with --wire-only"),
    (("--wire-only", "10.9.8.2", "--netns", "{ns}"), 2, "wanted ADDRESS:PORT"),
    (("--wire-only", "10.9.8.2:7", "--netns", "no-such-place"), 2, "ip netns add no-such-place"),
    (("--wire-only", "10.9.8.1:7", "--netns", "{ns}"), 2, "never reach a wire"),
    (("--wire-only", "10.9.8.2:7", "--netns", "{ns}", "--peer", "10.9.8.1"), 2, "is free"),
    (("--wire-only", "10.9.8.2:81", "--netns", "{ns}"), 4, "the port is closed"),
    (("--wire-only", "10.9.8.3:7", "--netns", "{ns}"), 4, "does not answer ARP"),
    (("--wire-only", "172.16.0.1:7", "--netns", "{ns}"), 4, "no route"),
    (("--wire-only", "10.9.8.2:7", "--netns", "{ns}", "--ip", "6"), 2, "over IPv6"),
]


def test_what_is_wrong_is_said(lab: Lab, far: str, tmp_path: Path) -> None:
    """One line and the exit status; nothing runs."""
    assert far
    for arguments, code, told in WRONG:
        filled = [argument.format(ns=lab.name) for argument in arguments]
        targets = [] if "--wire-only" in filled else ["reference"]
        done = run(tmp_path, *targets, *filled)
        last = done.err.strip().splitlines()[-1]
        assert (done.code, told in last, last) == (code, True, last)


def test_hosts_own_namespace_is_refused(tmp_path: Path) -> None:
    """A name for the namespace that the tester lives in; exit status 2."""
    name = f"tcpassay-own-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "attach", name, str(os.getpid())], check=False)
    if made.returncode:
        pytest.skip("ip netns attach was refused: run as root")
    try:
        done = run(tmp_path, "--wire-only", "192.0.2.1:7", "--netns", name)
    finally:
        ip("netns", "delete", name)
    assert (done.code, "nothing is changed there" in done.err) == (2, True)
