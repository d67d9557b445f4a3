"""What every test begins with."""

from __future__ import annotations

import signal

# A job in a shell's background has SIGINT ignored, and so would all that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
