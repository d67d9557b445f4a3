"""The kernel's own programs against the reference stack: files arrive whole, no segment is bad.

`TCPASSAY_SOAK=1` (make soak) makes the files a hundred times larger.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tcpassay.wire.datagram import parse
from tcpassay.wire.scapy_edge import from_scapy, to_scapy
from tcpassay.wire.tcp import Segment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.conftest import Lab

SOAK = os.environ.get("TCPASSAY_SOAK") == "1"
SIZE = 20_000_000 if SOAK else 200_000
LIMIT_S = 300 if SOAK else 30
BAD_LINK = ("--impair", "loss=2%,reorder=2%,dup=1%,seed=11")
LINKS = [pytest.param((), id="clean"), pytest.param(BAD_LINK, id="bad")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one file of random octets, `big`."""
    (tmp_path / "big").write_bytes(random.Random(1).randbytes(SIZE))
    return tmp_path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(*command: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S + 10, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def check_wire(datagrams: list[bytes]) -> None:
    """Every datagram is well formed to the strict parser and to Scapy, whose own build of it is
    the same octets; and each side sent some.
    """
    sources = set()
    for octets in datagrams:
        datagram = parse(octets, strict=True)
        assert isinstance(datagram.body, Segment), octets.hex()
        sources.add(datagram.ip.src)
    assert sources == {"192.0.2.1", "192.0.2.2"}
    for octets in datagrams:
        packet = to_scapy(octets)
        del packet["IP"].chksum
        del packet["TCP"].chksum
        assert from_scapy(packet) == octets


@pytest.fixture
def curl() -> str:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("needs curl: apt-get install curl")
    return found


@pytest.mark.parametrize("link", LINKS)
def test_curl_downloads(lab: Lab, curl: str, folder: Path, link: tuple[str, ...]) -> None:
    """The kernel's curl fetches a file; its octets arrive, in good segments."""
    lab.serve("--root", str(folder), *link)
    capture, got = lab.capture(), folder / "got"
    limits = ("-sSf", "--max-time", str(LIMIT_S))
    run(*lab.inside(curl, *limits, "-o", str(got), "http://192.0.2.1/big"))
    assert digest(got) == digest(folder / "big")
    check_wire(capture.stop())


@pytest.mark.parametrize("link", LINKS)
def test_curl_uploads(lab: Lab, curl: str, folder: Path, link: tuple[str, ...]) -> None:
    """The kernel's curl puts a file; its octets arrive, in good segments."""
    root = folder / "root"
    root.mkdir()
    lab.serve("--root", str(root), *link)
    capture = lab.capture()
    limits = ("-sSf", "--max-time", str(LIMIT_S))
    run(*lab.inside(curl, *limits, "-T", str(folder / "big"), "http://192.0.2.1/put"))
    assert digest(root / "put") == digest(folder / "big")
    assert [path.name for path in root.iterdir()] == ["put"]
    check_wire(capture.stop())


@pytest.mark.parametrize("link", LINKS)
def test_fetch_downloads(lab: Lab, folder: Path, link: tuple[str, ...]) -> None:
    """The reference stack fetches a file from a server of the kernel's; its octets arrive."""
    lab.kernel_server(folder)
    capture, got = lab.capture(), folder / "got"
    run(*lab.tcpassay("fetch", "http://192.0.2.2:8000/big", "-o", str(got), *link))
    assert digest(got) == digest(folder / "big")
    assert not (folder / "got.part").exists()
    check_wire(capture.stop())
