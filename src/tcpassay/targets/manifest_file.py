"""Reading and checking a target.toml. docs/targets.md describes every key."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, cast, get_args

from tcpassay.core.clock import ClockKind
from tcpassay.core.toml_places import nearest, read_toml
from tcpassay.core.toml_tables import TableReader
from tcpassay.targets.capabilities import CAPABILITIES
from tcpassay.targets.manifest import Addresses, Limits, Manifest, TargetKind

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.targets.contract import IpVersion

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")
_ENTRY = re.compile(r"[\w.]+:\w+\Z")
_KINDS = get_args(TargetKind)
_CLOCKS = get_args(ClockKind)
_LISTEN = ("queue", "single_shot", "callback")
_PREFIX_BITS = {4: 32, 6: 128}


def load_manifest(path: Path) -> Manifest:
    """The checked manifest in a target.toml, or in the folder that holds one.

    Raises ConfigurationError, one line with file and line, for whatever is wrong with it.
    """
    file_path = path / "target.toml" if path.is_dir() else path
    file = read_toml(file_path)
    top = TableReader(file, file.data)
    name = _name(top)
    kind = cast("TargetKind", top.choice("kind", _KINDS))
    manifest = Manifest(
        name=name,
        title=top.text("title", name),
        kind=kind,
        clock=_clock(top, kind),
        path=file_path.resolve(),
        start=_start(top, kind),
        capabilities=_capabilities(top),
        ipv4=_addresses(top, 4),
        ipv6=_addresses(top, 6),
        limits=_limits(top),
        settings=_settings(top, kind),
        version_command=top.texts("version", ()),
    )
    top.end()
    _agree(top, manifest)
    return manifest


def _name(top: TableReader) -> str:
    name = top.text("name")
    if not _NAME.match(name):
        raise top.error(
            "name", f"'name' is {name!r}, wanted lower-case letters, digits, '-', '_' and '.'"
        )
    return name


def _clock(top: TableReader, kind: TargetKind) -> ClockKind:
    only: dict[TargetKind, ClockKind] = {"in-process": "virtual", "namespace": "real"}
    clock = cast("ClockKind", top.choice("clock", _CLOCKS, only.get(kind)))
    if only.get(kind, clock) != clock:
        raise top.error(
            "clock", f"'clock' is {clock!r}; a target of kind {kind!r} has the {only[kind]} clock"
        )
    return clock


def _capabilities(top: TableReader) -> frozenset[str]:
    names = top.texts("capabilities", ())
    for name in names:
        if name not in CAPABILITIES:
            raise top.error(
                "capabilities",
                f"unknown capability {name!r}{nearest(name, CAPABILITIES)}; "
                "docs/targets.md lists them",
            )
    return frozenset(names)


def _addresses(top: TableReader, version: IpVersion) -> Addresses | None:
    families = top.table("addresses")
    key = f"ipv{version}"
    if key not in families:
        _only(families, ("ipv4", "ipv6"))
        return None
    table = families.table(key)
    stack = table.texts("stack")
    peer = table.text("peer")
    prefix = table.integer("prefix", least=1)
    table.end()
    if not stack:
        raise table.error("stack", f"'addresses.{key}.stack' is empty, wanted one address or more")
    if prefix > _PREFIX_BITS[version]:
        raise table.error(
            "prefix",
            f"'addresses.{key}.prefix' is {prefix}, wanted at most {_PREFIX_BITS[version]}",
        )
    for name, address in [*(("stack", each) for each in stack), ("peer", peer)]:
        _check_address(table, name, address, version)
    if peer in stack:
        raise table.error("peer", f"'addresses.{key}.peer' is {peer}, which is the stack's too")
    _only(families, ("ipv4", "ipv6"))
    return Addresses(stack, peer, prefix)


def _check_address(table: TableReader, key: str, text: str, version: IpVersion) -> None:
    try:
        right = ipaddress.ip_address(text).version == version
    except ValueError:
        right = False
    if not right:
        raise table.error(key, f"{key!r} has {text!r}, wanted an IPv{version} address")


def _only(table: TableReader, keys: tuple[str, ...]) -> None:
    for key in table.keys():  # noqa: SIM118 - a reader, not a mapping
        if key not in keys:
            hint = nearest(key, keys) or f"; valid: {', '.join(keys)}"
            raise table.error(key, f"unknown key {key!r}{hint}")


def _limits(top: TableReader) -> Limits:
    table = top.table("limits")
    default = Limits()
    limits = Limits(
        max_connections=table.integer("max_connections", default.max_connections, least=1),
        rcv_buffer=table.integer("rcv_buffer", default.rcv_buffer, least=1),
        ooo_queue=table.integer("ooo_queue", default.ooo_queue),
        mtu=table.integer("mtu", default.mtu, least=68),
        msl_s=table.number("msl_s", default.msl_s),
        listen=table.choice("listen", _LISTEN, default.listen),  # type: ignore[arg-type]
        jitter_ms=table.number("jitter_ms", default.jitter_ms),
    )
    table.end()
    return limits


def _start(top: TableReader, kind: TargetKind) -> dict[str, object]:
    table = top.table("start", required=kind != "namespace")
    start = {
        "in-process": _start_in_process,
        "namespace": _start_namespace,
        "process": _start_process,
    }[kind](table)
    table.end()
    return start


def _start_in_process(table: TableReader) -> dict[str, object]:
    entry = table.text("entry")
    if not _ENTRY.match(entry):
        raise table.error("entry", f"'start.entry' is {entry!r}, wanted 'module:function'")
    start: dict[str, object] = {"entry": entry, "settings": table.mapping("settings")}
    if "path" in table:
        start["path"] = table.text("path")
    return start


def _start_namespace(table: TableReader) -> dict[str, object]:
    return {"sysctl": _sysctl(table)}


def _start_process(table: TableReader) -> dict[str, object]:
    command = table.texts("command")
    if not command:
        raise table.error("command", "'start.command' is empty, wanted a program and arguments")
    env = table.mapping("env")
    for name, value in env.items():
        if not isinstance(value, str):
            raise table.error("env", f"'start.env' gives {name} as {value!r}, wanted a string")
    return {
        "command": command,
        "env": env,
        "settings": table.mapping("settings"),
        "channel": table.choice("channel", ("stream", "seqpacket"), "stream"),
        "watchdog_s": table.number("watchdog_s", 5.0),
        "hello_s": table.number("hello_s", 10.0),
    }


def _settings(top: TableReader, kind: TargetKind) -> dict[str, dict[str, object]]:
    tables = top.table("settings")
    found: dict[str, dict[str, object]] = {}
    for name in tables.keys():  # noqa: SIM118 - a reader, not a mapping
        table = tables.table(name)
        if kind == "namespace":
            found[name] = {"sysctl": _sysctl(table)}
        else:
            found[name] = {"settings": table.mapping("settings")}
        table.end()
    return found


def _sysctl(table: TableReader) -> dict[str, object]:
    """Kernel settings by dotted name; `net.ipv4.x = 1` and `"net.ipv4.x" = 1` mean the same."""
    flat: dict[str, object] = {}

    def flatten(prefix: str, values: dict[str, object]) -> None:
        for key, value in values.items():
            name = f"{prefix}{key}"
            if isinstance(value, dict):
                flatten(f"{name}.", value)
            elif isinstance(value, int | str) and not isinstance(value, bool):
                flat[name] = value
            else:
                raise table.error(
                    "sysctl", f"sysctl {name} is {value!r}, wanted a whole number or a string"
                )

    flatten("", table.mapping("sysctl"))
    return flat


def _agree(top: TableReader, manifest: Manifest) -> None:
    """What one key says about another."""
    if manifest.ipv4 is None and manifest.ipv6 is None:
        raise top.error("addresses", "missing table [addresses.ipv4] or [addresses.ipv6]")
    if ("ipv6" in manifest.capabilities) != (manifest.ipv6 is not None):
        raise top.error(
            "capabilities",
            "capability 'ipv6' and table [addresses.ipv6] go together: give both or neither",
        )
