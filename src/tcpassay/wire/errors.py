"""What parsing and building may raise: where, what was wanted, what was there."""

from __future__ import annotations

from tcpassay.core.errors import TcpassayError


class ParseError(TcpassayError):
    """Octets that are no IP datagram, or (strict) not a right one.

    `field` names the field in the words of its RFC ("total length"), `offset` is where it lies in
    the octets that were given, `want` and `got` are short texts.
    """

    def __init__(self, field: str, offset: int, want: str, got: str) -> None:
        super().__init__(f"{field} at octet {offset}: wanted {want}, got {got}")
        self.field = field
        self.offset = offset
        self.want = want
        self.got = got


class BuildError(TcpassayError, ValueError):
    """A value that its field cannot hold: a number too large, an address that is none."""

    def __init__(self, field: str, want: str, got: str) -> None:
        super().__init__(f"{field}: wanted {want}, got {got}")
        self.field = field
        self.want = want
        self.got = got
