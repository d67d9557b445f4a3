"""`run linux` where namespaces or the TUN are refused: exit 4 and what to do, or a skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.content import content_root

if TYPE_CHECKING:
    from tests.robustness.conftest import Program

RUN = ("run", "linux", "--case", str(Path(__file__).parent / "nine.py"))
BY_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
NO_MORE_NAMESPACES = 'echo 0 > /proc/sys/user/max_net_namespaces; exec "$@"'
TUN = (
    "mount -t tmpfs -o mode=755 none /dev/net; mknod /dev/net/tun c 10 200; chmod {mode:o} {tun}; "
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes refusals happen: run it as root")


def permitted() -> bool:
    """Whether a network namespace and a TUN can be had at all."""
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    return probe.returncode == 0 and os.access("/dev/net/tun", os.R_OK | os.W_OK)


needs_tun = pytest.mark.skipif(not permitted(), reason="needs network namespaces and /dev/net/tun")


def in_mounts(prepare: str) -> tuple[str, ...]:
    """Run a command in a mount namespace of its own, prepared by a line of shell."""
    return ("unshare", "-m", "sh", "-c", f'{prepare} exec "$@"', "-")


def tun(mode: int) -> str:
    return TUN.format(mode=mode, tun="/dev/net/tun")


@pytest.fixture(scope="module")
def for_nobody() -> tuple[tuple[str, ...], dict[str, str]]:
    """A Python with tcpassay that an ordinary user can run, and its environment."""
    paths = [*sys.path, str(content_root() / "src"), str(content_root() / "targets/reference")]
    environment = {"PYTHONPATH": os.pathsep.join(path for path in paths if Path(path).is_dir())}
    variables = [f"{key}={value}" for key, value in environment.items()]
    for name in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        program = (str(name), "-B", "-m", "tcpassay")
        found = subprocess.run(
            [*BY_NOBODY, "env", *variables, *program, "explain", "MUST-14"],
            capture_output=True,
            check=False,
        )
        if name and found.returncode == 0:
            return program, environment
    pytest.skip("needs a Python and a checkout that ordinary users can read")


def nobodys(program: Program, environment: dict[str, str]) -> tuple[str, dict[str, str]]:
    """A folder that the ordinary user can write to, and the whole environment."""
    folder = program.folder
    for place in (folder, program.temporary):
        place.chmod(0o777)
    for parent in folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    kept = {name: program.environment[name] for name in ("PATH", "TMPDIR", "TCPASSAY_TEST_MARK")}
    return str(folder / "out"), {**kept, **environment}


@needs_tun
def test_no_more_namespaces(program: Program) -> None:
    """user.max_net_namespaces is 0; exit 4, with the limit's name, and the other target runs."""
    before = ("unshare", "-U", "-r", "sh", "-c", NO_MORE_NAMESPACES, "-")
    ended = program(*RUN, "reference", "--out", "out", before=before)
    assert ended.code == 4
    assert "refused with ENOSPC" in ended.err
    assert "raise the limit (sysctl user.max_net_namespaces)" in ended.err
    assert "reference: 9 cases: 9 pass" in ended.out


@needs_tun
def test_no_more_namespaces_where_possible(program: Program) -> None:
    """The same with --where-possible; a printed skip and exit 0."""
    before = ("unshare", "-U", "-r", "sh", "-c", NO_MORE_NAMESPACES, "-")
    ended = program(*RUN, "--where-possible", "--out", "out", before=before)
    assert ended.code == 0
    assert "linux: skipped: linux: unshare(CLONE_NEWNET) was refused with ENOSPC" in ended.out


@needs_tun
@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        ("mount -t tmpfs none /dev/net;", "/dev/net/tun does not exist: load the module (modprobe"),
        ("mount -t tmpfs none /dev/net; : >/dev/net/tun;", "/dev/net/tun is no TUN device (Inapp"),
    ],
)
def test_no_tun(program: Program, prepare: str, said: str) -> None:
    """No device, and a file in its place; exit 4 and what to do."""
    ended = program(*RUN, "--out", "out", before=in_mounts(prepare))
    assert ended.code == 4
    assert said in ended.said


@needs_tun
def test_user_who_may_not_open_the_tun(
    program: Program, for_nobody: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    """An ordinary user and a device of mode 600; exit 4, and the mode is named."""
    out, environment = nobodys(program, for_nobody[1])
    before = (*in_mounts(tun(0o600)), *BY_NOBODY)
    ended = program(*RUN, "--out", out, before=before, program=for_nobody[0], env=environment)
    assert ended.code == 4
    assert "user 65534 may not open /dev/net/tun" in ended.said
    assert "run as root, or let users open it (chmod 666 /dev/net/tun)" in ended.said


@needs_tun
def test_user_who_may_open_the_tun(
    program: Program, for_nobody: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    """An ordinary user and a device of mode 666; all runs, cases about privileges too."""
    out, environment = nobodys(program, for_nobody[1])
    before = (*in_mounts(tun(0o666)), *BY_NOBODY)
    cases = ("--case", "documents/bind/protected_port", "--case", "documents/closing/killed*")
    ended = program(
        *(*RUN, *cases, "--out", out), before=before, program=for_nobody[0], env=environment
    )
    assert ended.code == 0, ended.err + ended.out
    assert "none violated; all as expected" in ended.out
