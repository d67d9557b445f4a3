"""Datagrams with relative numbers: what a trace file holds, and how octets come of it again.

A form is what JSON can hold, but for `Number` and bytes. A malformed datagram is the well-formed
one, the octets that differ (checksums aside), and what each wrong checksum is away from the right
one. So a wrong checksum stays wrong, and a right one right, whatever numbers are put in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.wire.connections import Base, Connection, Number, Seen, quote_ends, quote_of
from tcpassay.wire.datagram import Datagram, build, parse
from tcpassay.wire.icmp import Icmp, is_error
from tcpassay.wire.ipv4 import IPv4
from tcpassay.wire.ipv6 import Extension, IPv6
from tcpassay.wire.options import (
    NOP,
    SACK_PERMITTED,
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    NoOperation,
    Option,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
)
from tcpassay.wire.tcp import ACK, Segment, flags_text, flags_value

if TYPE_CHECKING:
    from tcpassay.wire.connections import Connections

Form = dict[str, object]
#: A number's value under some bindings; a plain int stands for itself.
Resolve = Callable[[object], int]
#: The first octets of what an entry of the trace comes to.
Octets = Callable[[int], bytes]

_QUOTED_AT_LEAST = 28


class Ports(NamedTuple):
    """The ports that the stack chose by itself, in the order in which they were seen."""

    chosen: tuple[int, ...]

    def number(self, port: int) -> int | Number:
        """`port`, as port(k) where the stack chose it."""
        return Number(f"port({self.chosen.index(port)})", 0) if port in self.chosen else port


class Context(NamedTuple):
    """What a datagram's numbers are told against; `sent` holds the datagrams of earlier entries."""

    n: int
    connections: Connections
    ports: Ports
    sent: dict[int, bytes]


def describe(octets: bytes, context: Context) -> Form:
    """The form of the datagram of an entry that `context.connections` has seen."""
    seen = context.connections.seen[context.n]
    datagram = seen.datagram
    if datagram is None:
        return {"raw": octets}
    sound = _sound(datagram)
    form: Form = {f"ipv{sound.ip.version}": _ip_form(sound.ip)}
    match sound.body:
        case Segment():
            form["tcp"] = _segment_form(sound.body, seen, context)
        case Icmp():
            form["icmp"] = _icmp_form(sound.body, sound.ip.version, seen, context)
        case body:
            form["body"] = body
    if sound.padding:
        form["padding"] = sound.padding
    if sound != datagram:
        form |= _faults(build(sound), octets, datagram)
    return form


def restore(form: Mapping[str, object], resolve: Resolve, octets_of: Octets) -> bytes:
    """The octets of a form under `resolve`; `octets_of` gives those of a quoted entry.

    Raises KeyError, TypeError, ValueError or BuildError for a form that is none.
    """
    if "raw" in form:
        return _octets(form["raw"])
    ip = _ip(form)
    body: Segment | Icmp | bytes
    if "tcp" in form:
        body = _segment(_mapping(form["tcp"]), resolve)
    elif "icmp" in form:
        body = _icmp(_mapping(form["icmp"]), resolve, octets_of)
    else:
        body = _octets(form["body"])
    octets = build(Datagram(ip, body, _octets(form.get("padding", b""))))
    if "patches" in form or "checksum_xor" in form:
        return _break(octets, form)
    return octets


# -- malformed datagrams --------------------------------------------------------------------------


def _sound(datagram: Datagram) -> Datagram:
    """The datagram with every length, offset and checksum as it should be."""
    ip: IPv4 | IPv6
    if isinstance(datagram.ip, IPv4):
        ip = datagram.ip._replace(total_length=None, checksum=None, ihl=None)
    else:
        ip = datagram.ip._replace(payload_length=None)
    body = datagram.body
    if isinstance(body, Segment):
        body = body._replace(data_offset=None, checksum=None)
    elif isinstance(body, Icmp):
        body = body._replace(checksum=None)
    return Datagram(ip, body, datagram.padding)


def _right_checksums(octets: bytes) -> Datagram:
    datagram = parse(octets)
    ip, body = datagram.ip, datagram.body
    if isinstance(ip, IPv4):
        ip = ip._replace(checksum=None)
    if not isinstance(body, bytes):
        body = body._replace(checksum=None)
    return Datagram(ip, body, datagram.padding)


def _checksum_places(datagram: Datagram, size: int) -> tuple[int, ...]:
    """Where the checksums of a datagram of `size` octets lie."""
    places = [10] if isinstance(datagram.ip, IPv4) else []
    body = datagram.body
    if isinstance(body, Segment):
        bare = build(Datagram(datagram.ip, b"", b""))
        places.append(len(bare) + 16)
    elif isinstance(body, Icmp):
        places.append(size - len(datagram.padding) - len(body.data) - 6)
    return tuple(places)


def _faults(sound: bytes, octets: bytes, datagram: Datagram) -> Form:
    right = build(_right_checksums(octets))
    places = _checksum_places(datagram, len(octets))
    form: Form = {}
    patches: list[object] = []
    for at, (want, got) in enumerate(zip(sound, octets, strict=True)):
        if want != got and not any(place <= at < place + 2 for place in places):
            patches.append([at, bytes((got,))])
    xors: list[object] = []
    for place in places:
        delta = bytes(
            a ^ b for a, b in zip(right[place : place + 2], octets[place : place + 2], strict=True)
        )
        if any(delta):
            xors.append([place, delta])
    if patches:
        form["patches"] = patches
    if xors:
        form["checksum_xor"] = xors
    return form


def _break(octets: bytes, form: Mapping[str, object]) -> bytes:
    broken = bytearray(octets)
    for at, patch in _pairs(form.get("patches", ())):
        broken[at : at + len(patch)] = patch
    broken = bytearray(build(_right_checksums(bytes(broken))))
    for at, delta in _pairs(form.get("checksum_xor", ())):
        for place, bits in enumerate(delta, at):
            broken[place] ^= bits
    return bytes(broken)


# -- headers --------------------------------------------------------------------------------------


def _ip_form(ip: IPv4 | IPv6) -> Form:
    fields = {name: value for name, value in ip._asdict().items() if value is not None}
    if isinstance(ip, IPv6):
        fields["extensions"] = [[kind, octets] for kind, octets in ip.extensions]
    return fields


def _ip(form: Mapping[str, object]) -> IPv4 | IPv6:
    if "ipv4" in form:
        return IPv4(**_mapping(form["ipv4"]))  # type: ignore[arg-type]
    fields = dict(_mapping(form["ipv6"]))
    fields["extensions"] = tuple(Extension(*pair) for pair in _pairs(fields["extensions"]))
    return IPv6(**fields)  # type: ignore[arg-type]


class _Numbers:
    """Turns numbers of one direction of one connection into relative ones."""

    def __init__(self, n: int, connection: Connection | None, *, from_stack: bool) -> None:
        self._n = n
        self._connection = connection
        self._from_stack = from_stack

    def __call__(self, value: int, kind: str, *, own: bool) -> Number:
        side = "stack" if own == self._from_stack else "peer"
        base: Base = f"{side}.{kind}"  # type: ignore[assignment]
        if self._connection is None:
            return Number("absolute", int(value))
        return self._connection.number(base, value, self._n)


def _segment_form(segment: Segment, seen: Seen, context: Context) -> Form:
    number = _Numbers(context.n, seen.connection, from_stack=seen.from_stack)
    port = context.ports.number
    acks = segment.flags & ACK
    form: Form = {
        "sport": port(segment.sport) if seen.from_stack else segment.sport,
        "dport": segment.dport if seen.from_stack else port(segment.dport),
        "flags": flags_text(segment.flags),
        "seq": number(segment.seq, "iss", own=True),
        "ack": number(segment.ack, "iss", own=False) if acks else Number("absolute", segment.ack),
        "window": segment.window,
    }
    if segment.urgent:
        form["urgent"] = segment.urgent
    if segment.reserved:
        form["reserved"] = segment.reserved
    if segment.options:
        form["options"] = [_option_form(option, number) for option in segment.options]
    if segment.payload:
        form["payload"] = segment.payload
    return form


def _segment(form: Mapping[str, object], resolve: Resolve) -> Segment:
    options = form.get("options", [])
    return Segment(
        resolve(form["sport"]),
        resolve(form["dport"]),
        resolve(form["seq"]),
        resolve(form["ack"]),
        flags_value(str(form["flags"])),
        resolve(form["window"]),
        resolve(form.get("urgent", 0)),
        tuple(_option(option, resolve) for option in _sequence(options)),
        _octets(form.get("payload", b"")),
        resolve(form.get("reserved", 0)),
    )


def _option_form(option: Option, number: _Numbers) -> list[object]:
    match option:
        case NoOperation():
            return ["nop"]
        case MaximumSegmentSize(value):
            return ["mss", value]
        case WindowScale(shift):
            return ["wscale", shift]
        case SackPermitted():
            return ["sack_permitted"]
        case Sack(blocks):
            edges = [number(edge, "iss", own=False) for block in blocks for edge in block]
            return ["sack", *edges]
        case Timestamps(tsval, tsecr):
            return ["ts", number(tsval, "ts0", own=True), number(tsecr, "ts0", own=False)]
        case FastOpen(cookie):
            return ["fastopen", cookie]
        case EndOfList(trailer):
            return ["eol", trailer]
        case UnknownOption(kind, octets):
            return ["unknown", kind, octets]
        case UnreadableOptions(octets):
            return ["unreadable", octets]


def _option(form: object, resolve: Resolve) -> Option:
    name, *values = _sequence(form)
    match name:
        case "nop":
            return NOP
        case "mss":
            return MaximumSegmentSize(resolve(values[0]))
        case "wscale":
            return WindowScale(resolve(values[0]))
        case "sack_permitted":
            return SACK_PERMITTED
        case "sack":
            edges = [resolve(value) for value in values]
            return Sack(tuple(zip(edges[::2], edges[1::2], strict=True)))
        case "ts":
            return Timestamps(resolve(values[0]), resolve(values[1]))
        case "fastopen":
            return FastOpen(_octets(values[0]))
        case "eol":
            return EndOfList(_octets(values[0]))
        case "unknown":
            return UnknownOption(resolve(values[0]), _octets(values[1]))
        case "unreadable":
            return UnreadableOptions(_octets(values[0]))
        case _:
            msg = f"unknown TCP option {name!r}"
            raise ValueError(msg)


# -- ICMP and what it quotes ----------------------------------------------------------------------


def _icmp_form(icmp: Icmp, version: int, seen: Seen, context: Context) -> Form:
    form: Form = {"type": icmp.type, "code": icmp.code, "rest": icmp.rest}
    if not is_error(version, icmp.type):
        return form | {"data": icmp.data}
    size = len(icmp.data)
    for n, octets in reversed(context.sent.items()):
        if size >= _QUOTED_AT_LEAST and octets.startswith(icmp.data):
            return form | {"quote": {"event": n, "octets": size}}
    return form | {"data": icmp.data, "places": _places(icmp.data, seen, context)}


def _places(octets: bytes, seen: Seen, context: Context) -> list[object]:
    """Where the quoted segment holds numbers of a connection: offset, size, number."""
    quote = quote_of(octets)
    if quote is None:
        return []
    from_stack = not seen.from_stack
    connection = context.connections.at(quote_ends(quote, from_stack=seen.from_stack), context.n)
    number = _Numbers(context.n, connection, from_stack=from_stack)
    port = context.ports.number
    start = quote.start
    places: list[tuple[int, int, int | Number]] = [
        (start, 2, port(quote.sport) if from_stack else quote.sport),
        (start + 2, 2, quote.dport if from_stack else port(quote.dport)),
        (start + 4, 4, number(quote.seq, "iss", own=True)),
    ]
    if start + 12 <= len(octets):
        ack = int.from_bytes(octets[start + 8 : start + 12], "big")
        places.append((start + 8, 4, number(ack, "iss", own=False)))
    return [
        [at, size, value]
        for at, size, value in places
        if isinstance(value, Number) and value.base != "absolute"
    ]


def _icmp(form: Mapping[str, object], resolve: Resolve, octets_of: Octets) -> Icmp:
    if "quote" in form:
        quote = _mapping(form["quote"])
        data = octets_of(resolve(quote["event"]))[: resolve(quote["octets"])]
    else:
        changed = bytearray(_octets(form["data"]))
        for place in _sequence(form.get("places", ())):
            at, size, value = _sequence(place)
            start, width = resolve(at), resolve(size)
            changed[start : start + width] = resolve(value).to_bytes(width, "big")
        data = bytes(changed)
    return Icmp(resolve(form["type"]), resolve(form["code"]), resolve(form["rest"]), data)


# -- narrowing ------------------------------------------------------------------------------------


def _octets(value: object) -> bytes:
    if not isinstance(value, bytes):
        msg = f"wanted octets, got {value!r}"
        raise TypeError(msg)
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        msg = f"wanted named values, got {value!r}"
        raise TypeError(msg)
    return value


def _sequence(value: object) -> list[object] | tuple[object, ...]:
    if not isinstance(value, list | tuple):
        msg = f"wanted a list, got {value!r}"
        raise TypeError(msg)
    return value


def _pairs(value: object) -> list[tuple[int, bytes]]:
    """Numbers, each with octets."""
    out: list[tuple[int, bytes]] = []
    for pair in _sequence(value):
        at, octets = _sequence(pair)
        if not isinstance(at, int):
            msg = f"wanted a number and octets, got {pair!r}"
            raise TypeError(msg)
        out.append((at, _octets(octets)))
    return out
