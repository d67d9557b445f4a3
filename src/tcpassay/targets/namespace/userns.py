"""Without root: a user namespace, in which its maker may make network namespaces."""

from __future__ import annotations

import os
from pathlib import Path

from tcpassay.targets.namespace import libc, tun

_CAP_SYS_ADMIN = 1 << 21
_CAP_NET_ADMIN = 1 << 12
_NEEDED = _CAP_SYS_ADMIN | _CAP_NET_ADMIN


def privileged() -> bool:
    """Whether this process may make network namespaces and devices in them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16) & _NEEDED == _NEEDED
    return False


def enter_user_namespace_if_needed() -> bool:
    """Move this process into a user namespace of its own where that is needed and of use.

    It comes with an empty network namespace, because a thread that has been inside a stack's must
    be able to come back to where it was, and may not come back to the host's (setns(2)). So the
    process has no network afterwards but those that it makes.

    To be called at the very start: unshare(CLONE_NEWUSER) is refused to a process with a second
    thread (unshare(2)). The user is root inside and himself outside; files that he makes are his.
    Returns whether the process was moved. Raises nothing: where it was not moved, starting a
    target says what is missing.
    """
    if privileged() or not os.access(tun.DEVICE, os.R_OK | os.W_OK):
        return False
    user, group = os.geteuid(), os.getegid()
    if libc.function("unshare")(libc.CLONE_NEWUSER | libc.CLONE_NEWNET):
        return False
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    return True
