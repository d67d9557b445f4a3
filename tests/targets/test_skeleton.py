"""What `tcpassay targets new` writes: it builds, keeps protocol and contract, and resets."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.events import Advance, Call, Datagram, Returned, Sent, StartCall
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.examine.frames import check_protocol
from tcpassay.targets.examine.steps import check_contract
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.registry import open_manifest
from tcpassay.targets.skeleton import KITS, kit_folder, write_skeleton
from tcpassay.wire import (
    ACK,
    FIN,
    RST,
    SYN,
    IPv4,
    IPv6,
    Segment,
    build,
    flags_text,
    parse,
)
from tcpassay.wire import Datagram as IpDatagram

TOOLS = {"c": "cc", "go": "go", "python": sys.executable}
IRS = 0xFFFF_FFF0


@pytest.fixture(scope="module", params=list(KITS))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A skeleton, built where it has to be."""
    tool = TOOLS[request.param]
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool} to build it with")
    folder = tmp_path_factory.mktemp(request.param) / "my.stack-2"
    files = write_skeleton("my.stack-2", request.param, folder)
    if folder / "Makefile" in files:
        done = subprocess.run(
            ["make", "-C", str(folder)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "warning" not in done.stderr
    return folder


def test_it_keeps_protocol_and_contract(folder: Path) -> None:
    """Every check of doctor on the skeleton as it is; nothing is amiss, and its call waits."""
    target = open_manifest(load_manifest(folder))
    checks = [*check_protocol(target.manifest), *check_contract(target)]
    target.close()
    assert [check for check in checks if check.ok is False] == []
    told = {check.what: check for check in checks}
    assert told["a call that waits"].ok
    assert told["CANCEL"].ok
    assert told["HELLO"].found.startswith("my.stack-2 0.1, clock virtual, 1 calls")


@pytest.mark.parametrize("ip", [4, 6])
@pytest.mark.parametrize(
    ("flags", "ack", "payload", "answer"),
    [
        (SYN, 0, b"", (0, IRS + 1, RST | ACK)),
        (SYN | FIN, 0, bytes(20), (0, (IRS + 22) % 2**32, RST | ACK)),
        (0, 0, b"odd", (0, IRS + 3, RST | ACK)),
        (ACK, 77, b"x", (77, 0, RST)),
        (SYN | ACK, 2**32 - 1, b"", (2**32 - 1, 0, RST)),
        (RST, 0, b"", None),
        (RST | ACK, 5, b"x", None),
    ],
)
def test_closed_port_answers(
    folder: Path,
    ip: int,
    flags: int,
    ack: int,
    payload: bytes,
    answer: tuple[int, int, int] | None,
) -> None:
    """A segment to a closed port; the reset of RFC 9293, 3.10.7.1, or nothing to a reset."""
    manifest = load_manifest(folder)
    addresses = manifest.needed_addresses(ip)
    network = IPv4 if ip == 4 else IPv6
    segment = Segment(4000, 80, IRS, ack, flags, 1000, payload=payload)
    whole = build(IpDatagram(network(addresses.peer, addresses.stack[0]), segment))
    target = open_manifest(manifest)
    stack = target.start(StackOptions(ip=4 if ip == 4 else 6))
    events = stack.execute(Datagram(whole)).events
    damaged = stack.execute(Datagram(whole[:-1] + bytes([whole[-1] ^ 1]))).events
    stack.close()
    target.close()
    assert damaged == []
    got = [parse(each.octets, strict=True) for each in events if isinstance(each, Sent)]
    if answer is None:
        assert events == []
        return
    (reset,) = (each.body for each in got)
    assert isinstance(reset, Segment)
    assert (reset.sport, reset.dport) == (80, 4000)
    assert (reset.seq, reset.ack, flags_text(reset.flags)) == (*answer[:2], flags_text(answer[2]))
    assert (got[0].ip.src, got[0].ip.destination) == (addresses.stack[0], addresses.peer)


def test_the_python_kit_in_real_time(tmp_path: Path) -> None:
    """The skeleton with a real clock; checks hold, a sleep ends by itself and at its time."""
    write_skeleton("timed", "python", tmp_path / "timed")
    for file, old, new in (
        ("agent.py", 'version = "0.1"', 'version = "0.1"\n    clock = "real"'),
        ("target.toml", 'clock = "virtual"', 'clock = "real"'),
    ):
        path = tmp_path / "timed" / file
        path.write_text(path.read_text().replace(old, new))
    target = open_manifest(load_manifest(tmp_path / "timed"))
    checks = [*check_protocol(target.manifest), *check_contract(target)]
    assert [check for check in checks if check.ok is False] == []
    stack = target.start(StackOptions())
    begun = stack.now_ns()
    call = Call(1, 0, "poll", (("pollfds", ()), ("timeout", 30)))
    assert stack.execute(StartCall(call)).idle.blocked == (1,)
    outcome = stack.execute(Advance(begun + 10**10))
    stack.close()
    target.close()
    (returned,) = outcome.events
    assert isinstance(returned, Returned)
    assert 30_000_000 <= returned.t_ns - begun < 5 * 10**9
    assert outcome.idle.blocked == ()


def test_every_place_is_marked() -> None:
    """The skeletons; each says in words what belongs where, and none has a stub."""
    for language in KITS:
        text = "".join(
            path.read_text() for path in (kit_folder() / language / "skeleton").glob("agent.*")
        )
        assert text.count("Yours") >= 7, language
        assert "TODO" not in text


def test_python_kit_is_for_old_interpreters() -> None:
    """The kit and its agent; the syntax of Python 3.8, and the standard library alone."""
    own = {"tcpassay_agent"}
    for path in (kit_folder() / "python").rglob("*.py"):
        tree = ast.parse(path.read_text(), feature_version=(3, 8))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert all(name in sys.stdlib_module_names | own for name in names), path


@pytest.mark.parametrize(
    ("name", "language", "words"),
    [
        ("My stack", "c", "lower-case letters, digits"),
        ("../up", "python", "lower-case letters, digits"),
        ("fine", "pascal", "there are: c, python, go"),
        ("fine", "python", "is there already; name another place with --into"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, language: str, words: str) -> None:
    """A name or a language that cannot be, a folder that is there; one line, nothing is written."""
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(ConfigurationError, match=words):
        write_skeleton(name, language, tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "kept"


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file stands in the way; one line with its name."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="file"):
        write_skeleton("mine", "python", tmp_path / "file" / "mine")
