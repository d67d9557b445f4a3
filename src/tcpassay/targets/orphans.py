"""No process outlives the one that started it: PR_SET_PDEATHSIG (prctl(2))."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None, use_errno=True).prctl


def die_with(parent: int) -> None:
    """Have the kernel kill this process when the thread that started it ends.

    Ends this process at once when `parent` is no longer its parent. To be called again after a
    change of user, which clears the wish.
    """
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
