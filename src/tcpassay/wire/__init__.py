"""Datagrams as octets and as values: parse, build, and write as one line."""
