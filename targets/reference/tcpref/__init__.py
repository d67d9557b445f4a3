"""A TCP stack in Python, sans-I/O, written to be read beside RFC 9293."""
