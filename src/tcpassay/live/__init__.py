"""A stack under test in real time, on a TUN device in a network namespace that is named."""
