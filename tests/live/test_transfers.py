"""The kernel's own programs against the reference stack: files arrive whole, no segment is bad.

`TCPASSAY_SOAK=1` (make soak) makes the files 20 MB, and runs the bad link over IPv4 too.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tcpassay.wire.checksum import internet_checksum
from tcpassay.wire.pcapng import INBOUND, interface, packet, section

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.conftest import Lab, Wire

STACK = {4: "192.0.2.1", 6: "[2001:db8::1]"}
KERNEL = {4: "192.0.2.2", 6: "[2001:db8::2]"}
SOAK = os.environ.get("TCPASSAY_SOAK") == "1"
LIMIT_S = 300 if SOAK else 30


class Link(NamedTuple):
    """A link, and how large a file it is given."""

    options: tuple[str, ...]
    size: int


LINKS = [
    pytest.param(Link((), 20_000_000 if SOAK else 300_000), id="clean"),
    *(
        pytest.param(Link(("--impair", f"{bad},seed=11"), 20_000_000), id=name)
        for name, bad in (
            ("loss 1 %", "loss=1%"),
            ("loss 5 %", "loss=5%"),
            ("bursts", "loss=3%,burst=4"),
            ("reordering 10 %", "reorder=10%"),
        )
        if SOAK
    ),
    pytest.param(
        Link(
            ("--impair", "loss=2%,reorder=2%,dup=1%,seed=11"),
            20_000_000 if SOAK else 100_000,
        ),
        id="bad",
    ),
]
over = pytest.mark.parametrize("link", LINKS)
both = pytest.mark.parametrize("ip", [4, 6], ids=["ipv4", "ipv6"])


@pytest.fixture
def folder(tmp_path: Path, link: Link, ip: int) -> Path:
    """A folder with one file of random octets, `big`."""
    if link.options and ip == 4 and not SOAK:
        pytest.skip("the bad link over IPv4 is for make soak; here it is shown over IPv6")
    (tmp_path / "big").write_bytes(random.Random(1).randbytes(link.size))
    return tmp_path


@pytest.fixture
def curl() -> list[str]:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("needs curl: apt-get install curl")
    return [found, "-sSf", "--max-time", str(LIMIT_S)]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(*command: str) -> str:
    """What a command says on standard error."""
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=LIMIT_S + 10, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def check_fates(said: str, link: Link) -> None:
    """A bad link was bad in both directions, a good one is not spoken of."""
    told = [line for line in said.splitlines() if line.startswith("link: ")]
    assert len(told) == (1 if link.options else 0)
    for line in told:
        fates = [int(number) for number in re.findall(r"(\d+) (?:lost|late|doubled)", line)]
        assert (len(fates), line.endswith("; seed 11")) == (6, True)
        words = dict(zip(("loss", "reorder", "dup") * 2, fates, strict=True))
        asked = [count for word, count in words.items() if word in link.options[1]]
        assert min(asked) > 0 or not SOAK


@both
@over
def test_curl_downloads(
    lab: Lab, curl: list[str], folder: Path, link: Link, ip: int, wire: Wire
) -> None:
    """The kernel's curl fetches a file; its octets arrive, in good segments."""
    capture, got = folder / "wire.pcapng", folder / "got"
    server = lab.serve(
        "--root", str(folder), "--ip", str(ip), "--pcap", str(capture), *link.options
    )
    run(*lab.inside(*curl, "-o", str(got), f"http://{STACK[ip]}/big"))
    check_fates(lab.ended(server), link)
    assert digest(got) == digest(folder / "big")
    assert wire.check(capture, ip).stack >= link.size // 1460


@both
@over
def test_curl_uploads(
    lab: Lab, curl: list[str], folder: Path, link: Link, ip: int, wire: Wire
) -> None:
    """The kernel's curl puts a file; its octets arrive, in good segments."""
    root, capture = folder / "root", folder / "wire.pcapng"
    root.mkdir()
    server = lab.serve("--root", str(root), "--ip", str(ip), "--pcap", str(capture), *link.options)
    run(*lab.inside(*curl, "-T", str(folder / "big"), f"http://{STACK[ip]}/put"))
    check_fates(lab.ended(server), link)
    assert digest(root / "put") == digest(folder / "big")
    assert [path.name for path in root.iterdir()] == ["put"]
    assert wire.check(capture, ip).kernel >= link.size // 65_535


@both
@over
def test_fetch_downloads(folder: Path, lab: Lab, link: Link, ip: int, wire: Wire) -> None:
    """The reference stack fetches a file from a server of the kernel's; its octets arrive."""
    lab.kernel_server(folder)
    capture, got = folder / "wire.pcapng", folder / "got"
    options = ("-o", str(got), "--pcap", str(capture), *link.options)
    check_fates(run(*lab.tcpassay("fetch", f"http://{KERNEL[ip]}:8000/big", *options)), link)
    assert digest(got) == digest(folder / "big")
    assert not (folder / "got.part").exists()
    assert wire.check(capture, ip).kernel >= link.size // 65_535


def test_tshark_would_tell(tmp_path: Path, wire: Wire) -> None:
    """A segment with a torn option and one with a wrong checksum; tshark names both frames."""
    if wire.tshark is None:
        pytest.skip("no tshark: captures were judged by Scapy and our parser; apt install tshark")
    head = bytes.fromhex("450000000001000040060000c0000201c0000202")
    torn = bytes.fromhex("0050c35000000001000000007002ffff000000000209010101010101")
    plain = bytes.fromhex("0050c35000000001000000005002ffff12340000")
    datagrams = [filled(head, torn, right=True), filled(head, plain, right=False)]
    capture = tmp_path / "wire.pcapng"
    blocks = [packet(n, INBOUND, octets) for n, octets in enumerate(datagrams)]
    capture.write_bytes(section() + interface("tun0") + b"".join(blocks))
    lines = wire.found_by_tshark(capture).splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2"]


def filled(head: bytes, segment: bytes, *, right: bool) -> bytes:
    """An IPv4 datagram with right lengths and checksums; of the segment only if that is asked."""
    head = head[:2] + (20 + len(segment)).to_bytes(2) + head[4:]
    head = head[:10] + internet_checksum(head).to_bytes(2) + head[12:]
    if right:
        pseudo = head[12:] + b"\0\6" + len(segment).to_bytes(2)
        segment = segment[:16] + internet_checksum(pseudo + segment).to_bytes(2) + segment[18:]
    return head + segment
