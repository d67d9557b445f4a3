"""A stack that only its wire shows: an echo, discard or chargen port, and no agent."""
