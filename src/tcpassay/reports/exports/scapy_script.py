"""A trace as a script for Scapy, for who has no tcpassay: `scapy_template.py` and the steps of it.

Each segment is written with numbers that count from where both sides start, which the script puts
in when it runs. What is malformed stands there as octets, and the numbers are put into those.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.events import Call, Returned
from tcpassay.reports.exports.what import About, about
from tcpassay.wire.connections import Number
from tcpassay.wire.notation import Notation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tcpassay.core.trace import Entry
    from tcpassay.wire.connections import Conn
    from tcpassay.wire.tracefile import TraceEvent, TraceFile

_TEMPLATE: Final = Path(__file__).with_name("scapy_template.txt")
#: Names of Scapy's fields where they are not those of the form.
_IP_FIELDS = {"flags": "flags", "fragment_offset": "frag", "identification": "id",
              "protocol": "proto", "hop_limit": "hlim", "traffic_class": "tc",
              "flow_label": "fl", "next_header": "nh", "ttl": "ttl", "tos": "tos"}  # fmt: skip
_USUAL = {
    "flags": 2,
    "id": 0,
    "ttl": 64,
    "tos": 0,
    "frag": 0,
    "proto": 6,
    "hlim": 64,
    "tc": 0,
    "fl": 0,
    "nh": 6,
}
#: What of a form says that a datagram is not as it should be.
_MALFORMED = frozenset({"patches", "checksum_xor", "padding"})
_SIZES = {"nop": 1, "mss": 4, "wscale": 3, "sack_permitted": 2, "ts": 10}
_SIMPLE = {"nop": "('NOP', None)", "sack_permitted": "('SAckOK', b'')"}


def scapy_text(file: TraceFile) -> str:
    """The text of the script."""
    what = about(file)
    template = _TEMPLATE.read_text(encoding="utf-8")
    return (
        template.replace("@TITLE@", _plain(what.title))
        .replace("@VERDICT@", _plain(what.verdict))
        .replace("@ALLOWED@", _plain(f"allowed: {what.allowed}" if what.allowed else ""))
        .replace("@STACK@", file.stack_addresses[0])
        .replace("@PEER@", _peer(file))
        .replace("@STEPS@", "\n".join(f"    {line}" for line in _steps(file, what)))
    )


def _peer(file: TraceFile) -> str:
    """The peer's address, as any connection has it."""
    return next(
        (conn.remote for conn in file.bases), "192.0.2.2" if file.ip == 4 else "2001:db8::2"
    )


def _steps(file: TraceFile, what: About) -> Iterator[str]:
    connections = {conn: f"c{number}" for number, conn in enumerate(file.bases, 1)}
    for conn, name in connections.items():
        yield f"{name} = wire.connection({conn.local_port}, {conn.remote_port})"
    lines = Notation().numbered(file.trace)
    events = {event.n: event for event in file.events}
    came: list[str] = []
    for entry, line in lines:
        shown = line.split(" ", 1)[-1]
        if what.culprit is not None and entry.n >= what.culprit:
            yield from _seen(came)
            yield f"wire.judge({_plain(what.verdict)!r}, {_plain(what.allowed)!r})"
            what = what._replace(culprit=None)
        if entry.kind == "receive":
            came.append(shown)
            continue
        step = _step(events[entry.n], entry, shown, connections, file)
        if step:
            yield from _seen(came)
            yield step
    yield from _seen(came)


def _seen(came: list[str]) -> Iterator[str]:
    """What the stack has sent since the last step, as it was recorded."""
    if came:
        yield f"wire.expect({', '.join(repr(line) for line in came)})"
        came.clear()


def _step(
    event: TraceEvent,
    entry: Entry,
    shown: str,
    connections: Mapping[Conn, str],
    file: TraceFile,
) -> str:
    match entry.kind, entry.data:
        case "send", bytes(octets):
            return _send(event, octets, shown, connections, file)
        case "call", Call(_, _, name, args):
            gave = _gave(file, entry)
            return f"wire.call({name!r}, {args!r}, gives={gave}, text={shown!r})"
        case "advance", int(until):
            return f"wire.wait({(until - entry.t_ns) / NS_PER_S:g})"
        case _:
            return ""


def _gave(file: TraceFile, call: Entry) -> int | None:
    """The descriptor that a call gave when it was recorded."""
    data = call.data
    if not isinstance(data, Call) or data.name not in {"socket", "accept", "accept4", "dup"}:
        return None
    for entry in file.trace.entries[call.n :]:
        if isinstance(entry.data, Returned) and entry.data.call == data.id:
            return None if entry.data.errno is not None else entry.data.value
    return None


# -- one datagram ---------------------------------------------------------------------------------


def _send(
    event: TraceEvent,
    octets: bytes,
    shown: str,
    connections: Mapping[Conn, str],
    file: TraceFile,
) -> str:
    form = event.data
    conn = connections.get(event.conn) if event.conn is not None else None
    if not isinstance(form, dict) or conn is None or "tcp" not in form:
        return f"wire.send_octets(bytes.fromhex({octets.hex()!r}), text={shown!r})"
    segment = form["tcp"]
    if form.keys() & _MALFORMED or _odd_options(segment) or _extended(form):
        return _octets_with_numbers(form, octets, shown, conn)
    packet = f"{_ip(form, file)} / {_tcp(segment, conn)}"
    if segment.get("payload"):
        packet += f" / Raw({segment['payload']!r})"
    return f"wire.send({packet}, text={shown!r})"


def _extended(form: Mapping[str, object]) -> bool:
    """Whether an IP header is longer than the plain one."""
    fields = form.get("ipv6", form.get("ipv4"))
    return isinstance(fields, dict) and bool(fields.get("extensions") or fields.get("options"))


def _odd_options(segment: Mapping[str, object]) -> bool:
    """Whether there are options that Scapy would write otherwise."""
    options = segment.get("options", ())
    known = {*_SIZES, "sack"}
    return isinstance(options, list | tuple) and (
        any(option[0] not in known for option in options)
        or sum(_size(option) for option in options) % 4 != 0
    )


def _size(option: tuple[object, ...] | list[object]) -> int:
    """Octets of an option of a known kind."""
    return _SIZES.get(str(option[0]), 2 + 4 * (len(option) - 1))


def _ip(form: Mapping[str, object], file: TraceFile) -> str:
    """The IP header, without what is as usual."""
    version = "ipv6" if "ipv6" in form else "ipv4"
    fields = form[version]
    shown = []
    if isinstance(fields, dict):
        shown += _address("src", str(fields["src"]), _peer(file), file)
        shown += _address("dst", str(fields["dst"]), file.stack_addresses[0], file)
    for name, value in fields.items() if isinstance(fields, dict) else ():
        field = _IP_FIELDS.get(name)
        if field is not None and value != _USUAL.get(field):
            shown.append(f"{field}={value!r}")
    return f"wire.ip({', '.join(shown)})"


def _address(field: str, address: str, usual: str, file: TraceFile) -> list[str]:
    """An address that is not the usual one of its side; the two ends may be put elsewhere."""
    if address == usual:
        return []
    ends = {file.stack_addresses[0]: "wire.options.stack", _peer(file): "wire.options.peer"}
    return [f"{field}={ends.get(address, repr(address))}"]


def _tcp(segment: Mapping[str, object], conn: str) -> str:
    fields = [
        f"flags={_flags(str(segment['flags']))!r}",
        f"seq={_number(segment['seq'], conn)}",
        f"ack={_number(segment['ack'], conn)}",
        f"window={segment['window']}",
    ]
    if segment.get("urgent"):
        fields.append(f"urgptr={segment['urgent']}")
    if segment.get("reserved"):
        fields.append(f"reserved={segment['reserved']}")
    options = segment.get("options")
    if isinstance(options, list | tuple) and options:
        fields.append(f"options=[{', '.join(_option(each, conn) for each in options)}]")
    return f"{conn}.tcp({', '.join(fields)})"


def _flags(flags: str) -> str:
    return "" if flags == "0" else flags


def _number(value: object, conn: str) -> str:
    """A number as the script works it out: `c1.peer_iss(1)`."""
    if not isinstance(value, Number):
        return str(value)
    if value.base == "absolute":
        return str(value.offset)
    return f"{conn}.{value.base.replace('.', '_')}({value.offset})"


def _option(option: object, conn: str) -> str:
    name, *values = option if isinstance(option, list | tuple) else ("nop",)
    numbers = [_number(value, conn) for value in values]
    match name:
        case "mss":
            return f"('MSS', {numbers[0]})"
        case "wscale":
            return f"('WScale', {numbers[0]})"
        case "sack":
            return f"('SAck', ({', '.join(numbers)},))"
        case "ts":
            return f"('Timestamp', ({', '.join(numbers)}))"
        case _:
            return _SIMPLE[str(name)]


def _octets_with_numbers(form: Mapping[str, object], octets: bytes, shown: str, conn: str) -> str:
    """The octets as recorded; the script puts its numbers in and leaves wrong sums as wrong."""
    if _extended(form):
        return f"wire.send_octets(bytes.fromhex({octets.hex()!r}), text={shown!r})"
    segment, start = form["tcp"], 40 if "ipv6" in form else 20
    places = []
    if isinstance(segment, dict):
        places += [(start + 4, segment["seq"]), (start + 8, segment["ack"])]
        at = start + 20
        for option in segment.get("options", ()):
            if option[0] not in _SIZES:
                break
            if option[0] == "ts":
                places += [(at + 2, option[1]), (at + 6, option[2])]
            at += _size(option)
    told = [
        f"({at}, {_number(value, conn)})"
        for at, value in places
        if isinstance(value, Number) and value.base != "absolute" and at + 4 <= len(octets)
    ]
    return f"wire.send_octets(bytes.fromhex({octets.hex()!r}), [{', '.join(told)}], text={shown!r})"


def _plain(text: str) -> str:
    """Text that may stand in a docstring."""
    return " ".join(text.replace("\\", "/").replace('"', "'").split())
