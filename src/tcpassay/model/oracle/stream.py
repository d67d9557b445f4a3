"""Octets by their place in a stream, as far as they are known."""

from __future__ import annotations


class Stream:
    """What one side has sent, from its first octet on. `loose` once it cannot be told for sure."""

    __slots__ = ("loose", "octets")

    def __init__(self) -> None:
        self.octets = bytearray()
        self.loose = False

    def copy(self) -> Stream:
        """The same octets, to go on with apart."""
        new = Stream()
        new.octets, new.loose = self.octets[:], self.loose
        return new

    def append(self, data: bytes) -> None:
        """The next octets."""
        self.octets += data

    def place(self, at: int, data: bytes) -> None:
        """Octets from `at` on; a hole or a contradiction makes the stream loose."""
        if at < 0:
            data, at = data[-at:], 0
        known = len(self.octets)
        if at > known:
            self.octets.extend(bytes(at - known))
            self.loose = True
        elif self.octets[at : at + len(data)] != data[: max(0, known - at)]:
            self.loose = True
        self.octets[at : at + len(data)] = data

    def differs(self, at: int, data: bytes) -> bool:
        """Whether octets contradict what is known to stand there."""
        if self.loose or at < 0:
            return False
        return self.octets[at : at + len(data)] != data
