"""sock_diag: the state of a connection as the kernel tells it, orphans and TIME-WAIT included."""

from __future__ import annotations

import errno
import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.errors import StackFault, TargetUnavailableError
from tcpassay.targets.namespace import tcpinfo

if TYPE_CHECKING:
    from tcpassay.targets.namespace.netns import NetworkNamespace

Ends = tuple[str, int]

_NETLINK_SOCK_DIAG = 4
_BY_FAMILY, _DESTROY = 20, 21
_ERROR, _DONE = 2, 3
_REQUEST, _ACK, _DUMP = 1, 4, 0x300
_INFO = 2
_HEADER = struct.Struct("=IHHII")
#: struct inet_diag_req_v2 (include/uapi/linux/inet_diag.h).
_QUERY = struct.Struct("=BBBxI2s2s16s16sIII")
#: struct inet_diag_msg.
_ANSWER = struct.Struct("=BBBB2s2s16s16sIIIIIIII")
_NO_COOKIE = 0xFFFF_FFFF
_EVERY_STATE = 0xFFFF_FFFF
_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class Socket(NamedTuple):
    """One socket of the namespace. `numbers` has the queues and, where there is, tcp_info's."""

    state: str
    local: Ends
    remote: Ends
    numbers: dict[str, int]


class SocketDiagnosis:
    """A netlink socket inside a namespace. Making it raises TargetUnavailableError."""

    def __init__(self, namespace: NetworkNamespace) -> None:
        try:
            with namespace:
                self._socket = socket.socket(
                    socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG
                )
        except OSError as error:
            msg = f"linux: reading states needs sock_diag (CONFIG_INET_DIAG): {error.strerror}"
            raise TargetUnavailableError(msg) from None

    def find(self, local: Ends, remote: Ends | None) -> Socket | None:
        """The connection between two ends, or the listener at one (25 us).

        Raises StackFault when the kernel refuses the question.
        """
        self._socket.send(_question(_BY_FAMILY, local, remote, _REQUEST))
        ((kind, body),) = _messages_in(self._socket.recv(8192))
        if kind == _BY_FAMILY:
            found = _socket_in(body)
            return None if (found.state == "LISTEN") != (remote is None) else found
        code = -_code(body)
        if code == errno.ENOENT:
            return None
        raise StackFault(f"sock_diag refused a question with {errno.errorcode.get(code, code)}")

    def destroy(self, local: Ends, remote: Ends) -> None:
        """Abort a connection, also one without a descriptor; nothing where there is none."""
        self._socket.send(_question(_DESTROY, local, remote, _REQUEST | _ACK))
        self._socket.recv(8192)

    def every(self) -> list[Socket]:
        """Every TCP socket of the namespace (a walk through the kernel's tables: 1 to 5 ms)."""
        found: list[Socket] = []
        for family in _FAMILIES:
            query = _QUERY.pack(
                family, socket.IPPROTO_TCP, 0, _EVERY_STATE,
                b"", b"", b"", b"", 0, _NO_COOKIE, _NO_COOKIE,
            )  # fmt: skip
            self._socket.send(_request(_BY_FAMILY, query, _REQUEST | _DUMP))
            found += [_socket_in(body) for kind, body in self._dump() if kind == _BY_FAMILY]
        return found

    def close(self) -> None:
        """Close the netlink socket."""
        self._socket.close()

    def _dump(self) -> list[tuple[int, bytes]]:
        """Every message of a dump; the last says that it is done, or why not."""
        found: list[tuple[int, bytes]] = []
        while not found or found[-1][0] not in {_ERROR, _DONE}:
            found += _messages_in(self._socket.recv(65536))
        return found


def _messages_in(answer: bytes) -> list[tuple[int, bytes]]:
    found: list[tuple[int, bytes]] = []
    offset = 0
    while offset + _HEADER.size <= len(answer):
        length, kind, *_ = _HEADER.unpack_from(answer, offset)
        found.append((kind, answer[offset + _HEADER.size : offset + length]))
        offset += (length + 3) & ~3
    return found


def _question(kind: int, local: Ends, remote: Ends | None, flags: int) -> bytes:
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    nobody = "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - no bind
    far = remote if remote is not None else (nobody, 0)
    query = _QUERY.pack(
        family,
        socket.IPPROTO_TCP,
        1 << (_INFO - 1),
        _EVERY_STATE,
        local[1].to_bytes(2, "big"),
        far[1].to_bytes(2, "big"),
        socket.inet_pton(family, local[0]),
        socket.inet_pton(family, far[0]),
        0,
        _NO_COOKIE,
        _NO_COOKIE,
    )
    return _request(kind, query, flags)


def _request(kind: int, query: bytes, flags: int) -> bytes:
    return _HEADER.pack(_HEADER.size + len(query), kind, flags, 0, 0) + query


def _code(body: bytes) -> int:
    (code,) = struct.unpack_from("=i", body)
    return int(code)


def _socket_in(body: bytes) -> Socket:
    (family, state, timer, retransmits, sport, dport, source, destination, _, _, _, expires,
     rqueue, wqueue, _, _) = _ANSWER.unpack_from(body)  # fmt: skip
    size = 4 if family == socket.AF_INET else 16
    numbers = {"rcv.queue": rqueue, "snd.queue": wqueue}
    if timer:
        numbers.update({"timer": timer, "timer.ms": expires, "timer.backoffs": retransmits})
    numbers.update(_details(body))
    return Socket(
        tcpinfo.state_name(state),
        (socket.inet_ntop(family, source[:size]), int.from_bytes(sport, "big")),
        (socket.inet_ntop(family, destination[:size]), int.from_bytes(dport, "big")),
        numbers,
    )


def _details(body: bytes) -> dict[str, int]:
    """The numbers of tcp_info, those with a name in RFC 9293 under that name as well."""
    offset = _ANSWER.size
    while offset + 4 <= len(body):
        length, kind = struct.unpack_from("=HH", body, offset)
        if kind == _INFO:
            info = tcpinfo.parse(body[offset + 4 : offset + length])
            found = {name: value for name, value in info.items() if isinstance(value, int)}
            for name, field in (("snd.wnd", "tcpi_snd_wnd"), ("rcv.wnd", "tcpi_rcv_wnd")):
                if field in found:
                    found[name] = found[field]
            return found
        offset += max((length + 3) & ~3, 4)
    return {}
