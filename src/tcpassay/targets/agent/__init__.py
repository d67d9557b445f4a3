"""The project's own agents, in Python: a stack behind the protocol, and POSIX calls."""
