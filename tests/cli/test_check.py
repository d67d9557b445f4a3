"""`tcpassay check`: what it prints, its JSON, its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tcpassay.wire.pcapng import INBOUND, interface, packet, section
from tests.check.conversation import TARGET, conversation
from tests.check.edits import EDITS, apply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tcpassay.wire.capture_file import CapturedPacket
    from tests.cli.conftest import Answer

AT = ("--target-address", TARGET)


def written(packets: Sequence[CapturedPacket], folder: Path) -> str:
    """A pcapng file of some packets."""
    path = folder / "some.pcapng"
    octets = b"".join(packet(p.t_ns, INBOUND, p.octets or b"") for p in packets)
    path.write_bytes(section() + interface("tun0") + octets)
    return str(path)


def edited(name: str, folder: Path) -> str:
    """The conversation with one kind of edit."""
    made = apply(next(edit for edit in EDITS if edit.name == name), conversation(), TARGET)
    assert made is not None
    return written(made[0], folder)


def test_a_right_capture_ends_with_0(tmp_path: Path, tcpassay: Callable[..., Answer]) -> None:
    """Tuple, states, requirements, what was not judged, totals."""
    code, out, _ = tcpassay("check", written(conversation(), tmp_path), *AT)
    assert code == 0
    assert "connection 1: 192.0.2.1:7 <-> 192.0.2.2:40000, from packet 1, 12 in, 13 out" in out
    assert "SYN-RECEIVED > ESTABLISHED > FIN-WAIT-1 > FIN-WAIT-2 > TIME-WAIT" in out
    assert "not judged" in out
    assert out.rstrip().endswith("no violation")


def test_a_violation_ends_with_1(tmp_path: Path, tcpassay: Callable[..., Answer]) -> None:
    """The packet as Wireshark counts it, what would have been right, clause, level, text."""
    code, out, _ = tcpassay("check", edited("ack of a SYN", tmp_path), *AT)
    assert code == 1
    assert "FAIL packet 2: a SYN,ACK with ACK=1002\n       right: ACK=1001\n" in out
    assert "RFC9293:3.10.7.2-SYN (RULE): " in out


def test_json_says_the_same(tmp_path: Path, tcpassay: Callable[..., Answer]) -> None:
    """One JSON value on standard output."""
    path = edited("no timestamp", tmp_path)
    code, out, _ = tcpassay("check", path, *AT, "--vantage", "peer", "--json")
    record = json.loads(out)
    (violation,) = record["connections"][0]["violations"]
    assert (code, violation["packet"], violation["level"]) == (1, 6, "MUST")
    assert violation["requirement"] == "RFC7323:3.2-ALWAYS"
    assert record["vantage"] == "peer"
    assert record["violated"] is True
    assert record["requirements"]["RFC7323:3.2-ALWAYS"]["violated"] == 1


def test_a_deviation_ends_with_0(tmp_path: Path, tcpassay: Callable[..., Answer]) -> None:
    """What only breaks a SHOULD is shown, and the exit code stays."""
    from tests.check.edits import EXACT_EDITS

    shrinks = next(edit for edit in EXACT_EDITS if edit.name == "the window shrinks")
    made = apply(shrinks, conversation(), TARGET)
    assert made is not None
    code, out, _ = tcpassay("check", written(made[0], tmp_path), *AT)
    assert code == 0
    assert f"DEVIATION packet {made[1]}: the window's right edge moves" in out


def test_bad_input_ends_with_2(tmp_path: Path, tcpassay: Callable[..., Answer]) -> None:
    """No capture, no such host in it, no address: one line each, and what to do."""
    path = written(conversation(), tmp_path)
    short = tmp_path / "short"
    short.write_bytes((tmp_path / "some.pcapng").read_bytes()[:700])
    for arguments, told in (
        ((path, "--target-address", "198.51.100.1"), "it shows 192.0.2.2, 192.0.2.1"),
        ((path, "--target-address", "somebody"), "wanted an IPv4 or IPv6 address"),
        ((path, *AT, "--target-address", "192.0.2.2"), "at both ends"),
        ((str(tmp_path / "none"), *AT), "No such file"),
        ((str(tmp_path), *AT), "Is a directory"),
        ((str(short), *AT), "is cut off"),
    ):
        code, out, err = tcpassay("check", *arguments)
        assert (code, out) == (2, "")
        assert told in err
        assert err.count("\n") == 1
