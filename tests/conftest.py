"""What every test begins with."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# A job in a shell's background has SIGINT ignored, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes tells of the machine and of what else it does, not of the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")
