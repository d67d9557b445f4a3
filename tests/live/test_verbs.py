"""serve and fetch: what they refuse, how they end, what they leave behind."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tcpassay.cli.app import make_app
from tcpassay.live.services import pattern
from tcpassay.wire.options import WindowScale
from tcpassay.wire.tcp import ACK, SYN

if TYPE_CHECKING:
    from tests.live.conftest import Lab, Wire

STACK = "192.0.2.1"


def told(*command: str) -> tuple[int, str]:
    """Exit code and standard error of a command that ends by itself."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, done.stderr


def received(lab: Lab, port: int, octets: bytes, count: int) -> bytes:
    """What comes back, at most `count` octets, to the end; our FIN follows `octets`."""
    with lab.connect((STACK, port)) as connection:
        connection.sendall(octets)
        got = b""
        if port != 19:
            connection.shutdown(socket.SHUT_WR)
        while len(got) < count and (more := connection.recv(count - len(got))):
            got += more
    return got


def test_small_services(lab: Lab) -> None:
    """Echo, discard and chargen; the octets back, none, and the lines of RFC 864."""
    lab.serve()
    assert received(lab, 7, b"abc" * 40_000, 200_000) == b"abc" * 40_000
    assert received(lab, 9, b"abc" * 10_000, 1) == b""
    assert received(lab, 19, b"", 50_000) == (pattern() * 8)[:50_000]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_it_clean(
    lab: Lab, number: signal.Signals, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A signal to a server with a connection open; FIN and then reset, device and folder go."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = lab.serve()
    assert "tun0" in lab.devices()
    assert len(list(tmp_path.iterdir())) == 1
    with lab.connect((STACK, 7)) as connection:
        connection.sendall(b"x")
        assert connection.recv(1) == b"x"
        server.send_signal(number)
        assert connection.recv(1) == b""
        poll = select.poll()
        poll.register(connection, 0)
        ((_, happened),) = poll.poll(5_000)
        assert happened & select.POLLHUP
    _, err = server.communicate(timeout=10)
    assert server.returncode == code
    assert err == f"tcpassay: {'interrupted' if number == signal.SIGINT else 'terminated'}\n"
    assert lab.devices() == ["lo"]
    assert list(tmp_path.iterdir()) == []


def test_http_answers(lab: Lab, tmp_path: Path) -> None:
    """Requests of every kind on connections of the kernel's; the status of each."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "file").write_bytes(b"12345")
    (tmp_path / "secret").write_bytes(b"no")
    lab.serve("--root", str(tmp_path / "root"))
    host = b" HTTP/1.1\r\nHost: x\r\n"
    end = b"Connection: close\r\n\r\n"
    chunks = b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n"
    rows = {
        b"GET /file" + host + end: (b"200", b"12345"),
        b"HEAD /file" + host + end: (b"200", b""),
        b"GET /file" + host + b"Range: bytes=1-2\r\n" + end: (b"206", b"23"),
        b"GET /file" + host + b"Range: bytes=3-\r\n" + end: (b"206", b"45"),
        b"GET /file" + host + b"Range: bytes=-2\r\n" + end: (b"206", b"45"),
        b"GET /file" + host + b"Range: bytes=5-\r\n" + end: (b"416", None),
        b"GET /file" + host + b"Range: bytes=0-0,2-2\r\n" + end: (b"200", b"12345"),
        b"GET /" + host + end: (b"200", b"file\n"),
        b"GET /none" + host + end: (b"404", b"no file /none\n"),
        b"HEAD /none" + host + end: (b"404", b""),
        b"PUT /" + b"n" * 300 + host + b"Content-Length: 1\r\n" + end + b"x": (b"500", None),
        b"GET /../secret" + host + end: (b"403", None),
        b"GET /%2e%2e/secret" + host + end: (b"403", None),
        b"DELETE /file" + host + end: (b"405", None),
        b"PUT /new" + host + end: (b"411", None),
        b"PUT /" + host + b"Content-Length: 1\r\n" + end + b"x": (b"409", None),
        b"PUT /new" + host + b"Transfer-Encoding: chunked\r\n" + end + chunks: (b"201", b""),
        b"PUT /bad" + host + b"Transfer-Encoding: chunked\r\n" + end + b"zz\r\n": (b"400", None),
        b"PUT /bad" + host + b"Content-Length: -1\r\n" + end: (b"400", None),
        b"GET /file HTTP/1.1\r\n\r\n": (b"400", None),
        b"GET /file HTTP/3\r\n\r\n": (b"505", None),
        b"nonsense\r\n\r\n": (b"400", None),
        b"x" * 70_000: (b"431", None),
    }
    for request, (status, body) in rows.items():
        head, _, rest = received(lab, 80, request, 100_000).partition(b"\r\n\r\n")
        assert head.split(b" ")[1] == status, request[:80]
        assert body is None or rest == body, request[:80]
    assert (tmp_path / "root" / "new").read_bytes() == b"abcde"
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["file", "new"]


def test_two_requests_on_one_connection(lab: Lab, tmp_path: Path) -> None:
    """Two requests at once, the second asks for the end; both answers, in order, then a FIN."""
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "two").write_bytes(b"22")
    lab.serve("--root", str(tmp_path))
    first = b"GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
    second = b"GET /two HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    got = received(lab, 80, first + second, 10_000)
    assert [got.count(b"HTTP/1.1 200 OK"), got.endswith(b"\r\n\r\n22")] == [2, True]
    assert got.index(b"\r\n\r\n1") < got.index(b"\r\n\r\n22")


def test_fetch_failures(lab: Lab, tmp_path: Path) -> None:
    """No listener, a file that is missing; exit 1, one line, no file left."""
    lab.kernel_server(tmp_path)
    target = tmp_path / "got"
    rows = {
        "http://192.0.2.2:9/x": "ECONNREFUSED: nobody listens there",
        "http://192.0.2.2:8000/x": "the server answered 404",
    }
    for url, reason in rows.items():
        code, err = told(*lab.tcpassay("fetch", url, "-o", str(target)))
        assert (code, reason in err, err.count("\n")) == (1, True, 1), err
    assert list(tmp_path.iterdir()) == []


def test_fetch_is_terminated(lab: Lab, tmp_path: Path) -> None:
    """SIGTERM while the answer is awaited; exit 143, the server gets a FIN, no file is left."""
    with lab.space:
        listener = socket.create_server(("0.0.0.0", 8000))  # noqa: S104 - of the namespace
    listener.settimeout(10)
    command = lab.tcpassay("fetch", "http://192.0.2.2:8000/x", "-o", str(tmp_path / "got"))
    with listener, subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as client:
        connection, _ = listener.accept()
        connection.settimeout(10)
        with connection:
            assert connection.recv(1_000).startswith(b"GET /x HTTP/1.1\r\n")
            client.send_signal(signal.SIGTERM)
            assert connection.recv(1) == b""
        assert client.communicate(timeout=10)[1] == "tcpassay: terminated\n"
    assert client.returncode == 143
    assert list(tmp_path.iterdir()) == []
    assert lab.devices() == ["lo"]


@pytest.mark.parametrize(("value", "scaled"), [("true", True), ("false", False)])
def test_setting(lab: Lab, wire: Wire, tmp_path: Path, value: str, scaled: bool) -> None:
    """Window scale on and off by --set; the SYN,ACK has the option or has not."""
    capture = tmp_path / "wire.pcapng"
    server = lab.serve("--set", f"window_scale={value}", "--pcap", str(capture))
    with lab.connect((STACK, 7)):
        lab.ended(server)
    (answer,) = [each for each in wire.segments_of(capture) if each.has(SYN) and each.has(ACK)]
    assert any(isinstance(option, WindowScale) for option in answer.options) == scaled


@pytest.mark.parametrize("setting", ["window_scle=true", "msl_s=long", "mtu=1"])
def test_wrong_setting(lab: Lab, setting: str) -> None:
    """A setting that the stack does not know, or not that value; exit 2 and one line."""
    code, err = told(*lab.tcpassay("serve", "reference", "--set", setting))
    assert (code, setting.partition("=")[0] in err, err.count("\n")) == (2, True, 1), err
    assert lab.devices() == ["lo"]


@pytest.mark.parametrize("dropped", ["sys_admin", "net_admin"])
def test_no_permission(lab: Lab, dropped: str) -> None:
    """Root without a capability that it takes; exit 4, one line, and no device is made."""
    without = ("setpriv", f"--inh-caps=-{dropped}", f"--bounding-set=-{dropped}")
    code, err = told(*without, *lab.tcpassay("serve", "reference"))
    assert (code, "run as root" in err, err.count("\n")) == (4, True, 1), err
    assert lab.devices() == ["lo"]


def test_device_is_deleted(lab: Lab) -> None:
    """The TUN device is deleted under a server; exit 4 and one line."""
    server = lab.serve()
    subprocess.run(["ip", "-n", lab.name, "link", "delete", "tun0"], check=True)
    _, err = server.communicate(timeout=10)
    assert (server.returncode, "is gone or down" in err, err.count("\n")) == (4, True, 1), err


def test_device_that_is_taken(lab: Lab) -> None:
    """A TUN that another program has, a device that is none; exit 4 and what to do."""
    lab.serve()
    code, err = told(*lab.tcpassay("serve", "reference"))
    assert (code, "another program" in err) == (4, True)
    code, err = told(*lab.tcpassay("serve", "reference", tun="lo"))
    assert (code, "that is no TUN" in err) == (4, True)


def test_hosts_own_namespace_is_refused(lab: Lab) -> None:
    """A name for the namespace that the tester lives in; exit 2, and no device is made there."""
    code, err = told(*lab.inside(*lab.tcpassay("serve", "reference")))
    assert (code, "the one this program runs in" in err) == (2, True)
    assert lab.devices() == ["lo"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("serve", "reference", "--netns", "no-such"), "ip netns add no-such"),
        (("serve", "reference", "--netns", "../x"), "wanted the name"),
        (("serve", "linux", "--netns", "x"), "of kind namespace"),
        (("serve", "referense", "--netns", "x"), "reference"),
        (("serve", "reference", "--netns", "x", "--root", "/no/such"), "no such folder"),
        (("serve", "reference", "--netns", "x", "--impair", "los=2%"), "unknown word"),
        (("serve", "reference", "--netns", "x", "--tun", "tun%d"), "name of a device"),
        (("serve", "reference", "--netns", "x", "--set", "msl_s"), "wanted NAME=VALUE"),
        (("fetch", "https://192.0.2.2/", "--netns", "x"), "wanted http://"),
        (("fetch", "http://[fe80::1]/", "--netns", "x"), "link-local addresses are not supported"),
        (("fetch", "http://192.0.2.2/", "--netns", "x", "--ip", "6"), "no address of IPv6"),
        (("fetch", "http://192.0.2.2:x/", "--netns", "x"), "wanted http://"),
        (("fetch", "http://no.such.host/", "--netns", "x"), "unknown host"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], reason: str) -> None:
    """Wrong usage of every kind; exit 2 and one line that says what was wanted."""
    device = () if "--tun" in arguments else ("--tun", "tun0")
    done = CliRunner().invoke(make_app(arguments), [*arguments, *device])
    assert (done.exit_code, done.stdout) == (2, "")
    assert reason in done.stderr
    assert done.stderr.count("\n") == 1


def test_pattern() -> None:
    """The lines of RFC 864; 95 of 72 characters, each one character further on."""
    lines = pattern().splitlines(keepends=True)
    assert [len(line) for line in lines] == [74] * 95
    assert lines[1].startswith(lines[0][1:72])
