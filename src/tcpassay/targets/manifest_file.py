"""Reading and checking a target.toml. docs/targets.md describes every key."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, cast, get_args

from tcpassay.core.clock import ClockKind
from tcpassay.core.toml_places import nearest, read_toml
from tcpassay.core.toml_tables import TableReader
from tcpassay.targets.capabilities import CAPABILITIES
from tcpassay.targets.manifest import Addresses, Build, Limits, Manifest, TargetKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tcpassay.targets.contract import IpVersion

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]*\Z")
#: What a name is made of, for messages.
NAME_WANTED = "lower-case letters, digits, '-', '_' and '.'"
_ENTRY = re.compile(r"[\w.]+:\w+\Z")
_KINDS = get_args(TargetKind)
_CLOCKS = get_args(ClockKind)
_SERVICES = ("echo", "discard", "chargen")
_LAST_PORT = 65_535
_LISTEN = ("queue", "single_shot", "callback")
_PREFIX_BITS = {4: 32, 6: 128}


def load_manifest(path: Path) -> Manifest:
    """The checked manifest in a target.toml, or in the folder that holds one.

    Raises ConfigurationError, one line with file and line, for whatever is wrong with it.
    """
    return _load(path, ())


def _load(path: Path, variants: tuple[Path, ...]) -> Manifest:
    """The manifest at `path`; `variants` are those whose key 'like' has led here."""
    file_path = path / "target.toml" if path.is_dir() else path
    file = read_toml(file_path)
    top = TableReader(file, file.data)
    own_path = file_path.resolve()
    base = _base(top, (*variants, own_path)) if "like" in top else None
    name = _name(top)
    kind = _kind(top, base)
    capabilities = _capabilities(top, base)
    manifest = Manifest(
        name=name,
        title=top.text("title", name),
        kind=kind,
        clock=_clock(top, kind, base),
        path=own_path,
        home=_home(top, base, own_path.parent),
        start=_start(top, kind, base),
        capabilities=capabilities,
        ipv4=_addresses(top, 4, base),
        ipv6=_addresses(top, 6, base if "ipv6" in capabilities else None),
        limits=_limits(top, base.limits if base else Limits()),
        settings=_settings(top, kind, base.settings if base else {}),
        version_command=top.texts("version", base.version_command if base else ()),
        build=_build(top, base.build if base else None, own_path.parent),
    )
    top.end(also=("like",))
    _agree(top, manifest)
    return manifest


def _base(top: TableReader, variants: tuple[Path, ...]) -> Manifest:
    """The manifest that this one is like: what this one does not say, that one does."""
    like = top.text("like")
    path = variants[-1].parent / like
    if not (path.is_file() or (path / "target.toml").is_file()):
        raise top.error(
            "like",
            f"'like' is {like!r}: no target.toml there; name a folder relative to this file",
        )
    if (path / "target.toml" if path.is_dir() else path).resolve() in variants:
        raise top.error("like", f"'like' is {like!r}, which is like this one: that never ends")
    return _load(path, variants)


def _kind(top: TableReader, base: Manifest | None) -> TargetKind:
    kind = cast("TargetKind", top.choice("kind", _KINDS, base.kind if base else None))
    if base is not None and kind != base.kind:
        raise top.error("kind", f"'kind' is {kind!r}; what it is like is of kind {base.kind!r}")
    return kind


def _home(top: TableReader, base: Manifest | None, own: Path) -> Path:
    """Where relative paths of start count from: beside the program that is named."""
    start = top.mapping("start")
    return own if base is None or "entry" in start or "command" in start else base.home


def _name(top: TableReader) -> str:
    name = top.text("name")
    if not is_name(name):
        raise top.error("name", f"'name' is {name!r}, wanted {NAME_WANTED}")
    return name


def is_name(text: str) -> bool:
    """Whether a target may be called so."""
    return _NAME.match(text) is not None


def _clock(top: TableReader, kind: TargetKind, base: Manifest | None) -> ClockKind:
    if base is not None:
        return cast("ClockKind", top.choice("clock", (base.clock,), base.clock))
    only: dict[TargetKind, ClockKind] = {
        "in-process": "virtual",
        "namespace": "real",
        "wire": "real",
    }
    clock = cast("ClockKind", top.choice("clock", _CLOCKS, only.get(kind)))
    if only.get(kind, clock) != clock:
        raise top.error(
            "clock", f"'clock' is {clock!r}; a target of kind {kind!r} has the {only[kind]} clock"
        )
    return clock


def _capabilities(top: TableReader, base: Manifest | None) -> frozenset[str]:
    names = top.texts("capabilities", tuple(base.capabilities) if base else ())
    for name in names:
        if name not in CAPABILITIES:
            raise top.error(
                "capabilities",
                f"unknown capability {name!r}{nearest(name, CAPABILITIES)}; "
                "docs/targets.md lists them",
            )
    return frozenset(names)


def _addresses(top: TableReader, version: IpVersion, base: Manifest | None) -> Addresses | None:
    families = top.table("addresses")
    key = f"ipv{version}"
    if key not in families:
        _only(families, ("ipv4", "ipv6"))
        return None if base is None else base.addresses(version)
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


def _limits(top: TableReader, default: Limits) -> Limits:
    table = top.table("limits")
    limits = Limits(
        max_connections=table.integer("max_connections", default.max_connections, least=1),
        rcv_buffer=table.integer("rcv_buffer", default.rcv_buffer, least=1),
        ooo_queue=table.integer("ooo_queue", default.ooo_queue),
        snd_buffer=table.integer("snd_buffer", default.snd_buffer, least=1),
        mss=table.integer("mss", default.mss, least=1),
        mtu=table.integer("mtu", default.mtu, least=68),
        sack_room=table.integer("sack_room", default.sack_room),
        msl_s=table.number("msl_s", default.msl_s),
        listen=table.choice("listen", _LISTEN, default.listen),  # type: ignore[arg-type]
        jitter_ms=table.number("jitter_ms", default.jitter_ms),
        connect_schedule_s=table.numbers("connect_schedule_s", default.connect_schedule_s),
    )
    table.end()
    return limits


def _start(top: TableReader, kind: TargetKind, base: Manifest | None) -> dict[str, object]:
    """What to start, and with what: tables of settings are laid over those of the base."""
    inherited = base.start if base is not None else {}
    table = top.table("start", required=kind != "namespace" and not inherited)
    start = {
        "in-process": _start_in_process,
        "namespace": _start_namespace,
        "process": _start_process,
        "wire": _start_wire,
    }[kind](table, inherited)
    table.end()
    for key in ("settings", "sysctl", "env"):
        under, over = inherited.get(key), start.get(key)
        if isinstance(under, dict) and isinstance(over, dict):
            start[key] = {**under, **over}
    return start


def _start_in_process(table: TableReader, base: Mapping[str, object]) -> dict[str, object]:
    entry = table.text("entry", _inherited(base, "entry"))
    if not _ENTRY.match(entry):
        raise table.error("entry", f"'start.entry' is {entry!r}, wanted 'module:function'")
    start: dict[str, object] = {"entry": entry, "settings": table.mapping("settings")}
    if "path" in table:
        start["path"] = table.text("path")
    elif "entry" not in table and "path" in base:
        start["path"] = base["path"]
    return start


def _start_namespace(table: TableReader, _base: Mapping[str, object]) -> dict[str, object]:
    return {"sysctl": _sysctl(table)}


def _start_wire(table: TableReader, base: Mapping[str, object]) -> dict[str, object]:
    inherited = base.get("port")
    port = table.integer("port", inherited if isinstance(inherited, int) else None, least=1)
    if port > _LAST_PORT:
        raise table.error("port", f"'start.port' is {port}, wanted at most {_LAST_PORT}")
    return {
        "netns": table.text("netns", _inherited(base, "netns")),
        "port": port,
        "service": table.choice("service", _SERVICES, _inherited(base, "service")),
    }


def _inherited(base: Mapping[str, object], key: str) -> str | None:
    return str(base[key]) if key in base else None


def _start_process(table: TableReader, base: Mapping[str, object]) -> dict[str, object]:
    command = table.texts("command", cast("tuple[str, ...] | None", base.get("command")))
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
        "channel": table.choice(
            "channel", ("stream", "seqpacket"), _inherited(base, "channel") or "stream"
        ),
        "watchdog_s": table.number("watchdog_s", cast("float", base.get("watchdog_s", 5.0))),
        "hello_s": table.number("hello_s", cast("float", base.get("hello_s", 10.0))),
    }


def _build(top: TableReader, base: Build | None, own: Path) -> Build | None:
    """How the program is built; a variant may say a part of it only, the rest is its base's."""
    if "build" not in top:
        return base
    table = top.table("build")
    command = table.texts("command", base.command if base else None)
    if not command:
        raise table.error("command", "'build.command' is empty, wanted a program and arguments")
    build = Build(
        command=command,
        packages=table.texts("packages", base.packages if base else ()),
        optional=table.texts("optional", base.optional if base else ()),
        home=own if base is None or "command" in table else base.home,
    )
    table.end()
    return build


def _settings(
    top: TableReader, kind: TargetKind, base: Mapping[str, Mapping[str, object]]
) -> Mapping[str, Mapping[str, object]]:
    """What cases may ask for by name: beside what the base has, or `false` in place of it."""
    tables = top.table("settings")
    found = dict(base)
    for name in tables.keys():  # noqa: SIM118 - a reader, not a mapping
        if name in found and tables.is_off(name):
            del found[name]
            continue
        table = tables.table(name)
        if kind == "namespace":
            setting: dict[str, object] = {"sysctl": _sysctl(table)}
        else:
            setting = {"settings": table.mapping("settings")}
        if more := table.texts("addresses", ()):
            setting["addresses"] = more
        found[name] = setting
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
