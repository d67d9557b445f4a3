"""What `doctor` looks at, one function a question."""

from __future__ import annotations

import errno
import os
import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING

from tcpassay.core.errors import TargetUnavailableError, TcpassayError
from tcpassay.targets.building import missing
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.examine.check import Check
from tcpassay.targets.namespace import libc
from tcpassay.targets.namespace.userns import enter_user_namespace_if_needed
from tcpassay.targets.registry import find, open_target

if TYPE_CHECKING:
    from tcpassay.targets.contract import Target
    from tcpassay.targets.manifest import Manifest

_TUN = "/dev/net/tun"


def check_machine() -> list[Check]:
    """Python, Scapy, and what the Linux kernel as a target needs."""
    return [_python(), _scapy(), _system(), _tun(), _network_namespaces(), _user_namespaces()]


def check_targets(name: str | None) -> list[Check]:
    """Whether each target, or the one named, starts. Raises ConfigurationError: unknown name."""
    enter_user_namespace_if_needed()
    if name is not None:
        return [check_target(open_target(name))]
    found = find()
    problems = [
        Check("manifest", ok=False, found=str(problem), advice="correct the file")
        for problem in found.problems
    ]
    return [*(check_target(open_target(str(m.path))) for m in found.manifests), *problems]


def check_target(target: Target) -> Check:
    """Start one stack of the target and end it."""
    manifest = target.manifest
    what = f"target {manifest.name}"
    try:
        stack = target.start(StackOptions(ip=4 if manifest.ipv4 else 6))
        stack.close()
        version = target.version()
    except TargetUnavailableError as error:
        return Check(what, ok=False, found=str(error), advice=_packages(manifest))
    except TcpassayError as error:
        return Check(what, ok=False, found=f"did not start: {error}", advice="see its manifest")
    finally:
        target.close()
    found = f"starts: {version}, {manifest.clock} clock"
    return Check(what, ok=True, found=found, advice=_packages(manifest))


def _packages(manifest: Manifest) -> str:
    """What the build of a target lacks on this machine."""
    if manifest.build is None:
        return ""
    absent = missing(manifest.build)
    lacks = [f"it cannot be built without {name}" for name in absent.needed]
    lacks += [f"less is built without {name}" for name in absent.optional]
    names = " ".join((*absent.needed, *absent.optional))
    return f"{', '.join(lacks)}: apt-get install {names}" if lacks else ""


def _python() -> Check:
    version = platform.python_version()
    return Check("python", sys.version_info >= (3, 11), f"{version} at {sys.executable}")


def _scapy() -> Check:
    try:
        return Check("scapy", ok=True, found=metadata.version("scapy"))
    except metadata.PackageNotFoundError:
        return Check("scapy", ok=False, found="not installed", advice="pip install scapy")


def _system() -> Check:
    found = f"{platform.system()} {platform.release()}"
    advice = "" if platform.system() == "Linux" else "run on Linux"
    return Check("system", platform.system() == "Linux", found, advice)


def _tun() -> Check:
    advice = {
        errno.ENOENT: "modprobe tun, or give the container --device /dev/net/tun",
        errno.ENODEV: "modprobe tun",
        errno.EACCES: f"run as root, or chmod 0666 {_TUN}",
        errno.EPERM: "let the container use the device: --device /dev/net/tun",
    }
    try:
        os.close(os.open(_TUN, os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        number = error.errno or 0
        return Check(_TUN, ok=False, found=os.strerror(number), advice=advice.get(number, ""))
    return Check(_TUN, ok=True, found="opens")


def _network_namespaces() -> Check:
    refused = _unshare(libc.CLONE_NEWNET)
    if not refused:
        return Check("network namespaces", ok=True, found="can be made directly")
    found = f"cannot be made directly: {os.strerror(refused)}"
    return Check("network namespaces", ok=False, found=found, advice=_ROOT_ADVICE)


_ROOT_ADVICE = "run as root, or rely on user namespaces (next line)"


def _user_namespaces() -> Check:
    what = "user namespaces"
    refused = _unshare(libc.CLONE_NEWUSER | libc.CLONE_NEWNET)
    if not refused:
        return Check(what, ok=True, found="can be made, with a network namespace in them")
    advice = "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=1000"
    return Check(what, ok=False, found=os.strerror(refused), advice=advice)


def _unshare(flags: int) -> int:
    """The errno of unshare(2) with these flags, 0 on success.

    Tried in a process of its own: what is unshared cannot be undone.
    """
    child = os.fork()
    if child == 0:
        refused = libc.function("unshare")(flags)
        os._exit(libc.errno_now() if refused else 0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
