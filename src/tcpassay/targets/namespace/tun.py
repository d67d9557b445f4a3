"""The TUN device that is the wire: what is written to it arrives at the kernel at once."""

from __future__ import annotations

import errno
import fcntl
import os
import struct

from tcpassay.core.errors import TargetUnavailableError

DEVICE = "/dev/net/tun"
NAME = "tun0"
#: The device's index is ours to choose, so that nobody has to look it up.
INDEX = 77

_TUNSETIFF = 0x4004_54CA
_TUNSETPERSIST = 0x4004_54CB
_TUNSETIFINDEX = 0x4004_54DA
_IFF_TUN = 0x0001
_IFF_NO_PI = 0x1000
_REQUEST = struct.pack("16sH22x", NAME.encode(), _IFF_TUN | _IFF_NO_PI)
_INDEX = struct.pack("I", INDEX)


def open_tun() -> int:
    """A non-blocking descriptor of a new TUN in the calling thread's network namespace.

    The device is persistent because closing any other costs 30 ms (the kernel waits for a grace
    period); it goes away with its namespace. Raises TargetUnavailableError.
    """
    try:
        fd = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise TargetUnavailableError(_why_not_opened(error)) from None
    try:
        fcntl.ioctl(fd, _TUNSETIFINDEX, _INDEX)
        fcntl.ioctl(fd, _TUNSETIFF, _REQUEST)
        fcntl.ioctl(fd, _TUNSETPERSIST, 1)
    except OSError as error:
        os.close(fd)
        raise TargetUnavailableError(_why_not_made(error)) from None
    return fd


def _why_not_made(error: OSError) -> str:
    if error.errno == errno.ENOTTY:
        return (
            f"linux: {DEVICE} is no TUN device ({error.strerror}): make it anew "
            f"(mknod -m 666 {DEVICE} c 10 200)"
        )
    return (
        f"linux: {DEVICE} refused to make a device ({error.strerror}): it needs "
        "CAP_NET_ADMIN in the namespace; run as root or in a user namespace"
    )


def _why_not_opened(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return (
            f"linux: {DEVICE} may not be opened by user {os.getuid()}: run as root, or "
            f"let users open it (chmod 666 {DEVICE}, as most distributions do)"
        )
    if isinstance(error, FileNotFoundError):
        return (
            f"linux: {DEVICE} does not exist: load the module (modprobe tun) or, in a "
            f"container, hand the device in (docker run --device {DEVICE} --cap-add NET_ADMIN)"
        )
    return f"linux: {DEVICE} could not be opened: {error.strerror}; is the tun module loaded?"
