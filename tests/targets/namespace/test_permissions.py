"""What happens without privileges, and without a TUN."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.namespace import tun

if TYPE_CHECKING:
    from tcpassay.targets.namespace.target import NamespaceTarget

#: Runs as an ordinary user: drops root where it has it, as the tester's interpreter may lie in
#: root's home. PR_SET_DUMPABLE gives back what setuid() took and exec() would give.
_AS_USER = """
import os, sys
from pathlib import Path
from tcpassay.core.errors import TargetUnavailableError
from tcpassay.core.events import Call, StartCall
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.namespace import libc
from tcpassay.targets.namespace.target import NamespaceTarget
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
manifest = load_manifest(Path(sys.argv[1]))
if os.geteuid() == 0:
    os.setgroups([])
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)
    libc.function("prctl")(libc.PR_SET_DUMPABLE, 1, 0, 0, 0)
print("entered" if enter_user_namespace_if_needed() else "stayed")
print("again" if enter_user_namespace_if_needed() else "once")
target = NamespaceTarget(manifest)
try:
    for settings in ((), ("no_sack",)):
        stack = target.start(StackOptions(settings=settings))
        socket = Call(1, 0, "socket",
            (("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0)))
        print(stack.execute(StartCall(socket)).events[0].value)
        stack.close()
except TargetUnavailableError as error:
    print(error)
target.close()
"""
_TARGET = str(content_root() / "targets" / "linux")


def _run(*command: str) -> list[str]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(os.geteuid() != 0, reason="drops root to see the refusal: run it as root")
def test_refusal_is_one_line_that_says_what_to_do() -> None:
    """A user who may not open the TUN stays where he is and is told what is missing."""
    if tun_is_open_to_all():
        pytest.skip(f"needs a {tun.DEVICE} that users may not open (chmod 600)")
    lines = _run(sys.executable, "-c", _AS_USER, _TARGET)
    assert lines[:2] == ["stayed", "once"]
    (refusal,) = lines[2:]
    assert "EPERM" in refusal
    assert "run as root" in refusal


@pytest.mark.skipif(os.geteuid() != 0, reason="lets users open a copy of the TUN: run it as root")
@pytest.mark.usefixtures("_permitted")
def test_user_namespace(tmp_path: Path) -> None:
    """A user who may open the TUN makes stacks without root."""
    node = tmp_path / "tun"
    prepare = (
        f"mknod -m 666 {node} c 10 200 && mount --bind {node} {tun.DEVICE} && "
        'exec "$0" -c "$1" "$2"'
    )
    lines = _run("unshare", "-m", "sh", "-c", prepare, sys.executable, _AS_USER, _TARGET)
    assert lines == ["entered", "once", "3", "3"]


def tun_is_open_to_all() -> bool:
    return bool(Path(tun.DEVICE).stat().st_mode & 0o006)


def test_no_tun(target: NamespaceTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the device: one line, and the thread is back in its own namespace."""
    home = Path("/proc/thread-self/ns/net").readlink()
    target.close()
    monkeypatch.setattr(tun, "DEVICE", "/dev/net/no-such-tun")
    with pytest.raises(TargetUnavailableError, match="does not exist: load the module"):
        target.start(StackOptions())
    assert Path("/proc/thread-self/ns/net").readlink() == home


def test_version(target: NamespaceTarget) -> None:
    """The version is the running kernel's."""
    assert target.version() == f"Linux {os.uname().release}"
