"""A manifest that is like another: what it takes over, and the one line for each mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.events import Advance, Call, Sent, StartCall
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.process import ProcessTarget
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from pathlib import Path

BASE = """\
name = "base"
title = "The base"
kind = "process"
clock = "virtual"
version = ["./version"]
capabilities = ["sack", "ipv6"]
[start]
command = ["./agent", "{fd}"]
env = { A = "1", B = "2" }
settings = { speed = 3, size = 4 }
watchdog_s = 7.0
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
[addresses.ipv6]
stack = ["2001:db8::1"]
peer = "2001:db8::2"
prefix = 64
[limits]
mtu = 1000
msl_s = 30
[settings.slow]
settings = { speed = 1 }
[settings.large]
settings = { size = 9 }
"""
VARIANT = 'name = "variant"\nlike = "../base"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a variant; the manifest it is like lies beside it."""
    for name, text in (("base", BASE), ("variant", VARIANT)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "target.toml").write_text(text)
    return tmp_path / "variant"


def write(folder: Path, text: str) -> None:
    (folder / "target.toml").write_text(VARIANT + text)


def refused(folder: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_manifest(folder)
    return str(caught.value)


def test_what_is_not_said_is_the_others(folder: Path) -> None:
    """A name and nothing else; all but name, title and folder are the other's."""
    base, variant = load_manifest(folder.parent / "base"), load_manifest(folder)
    assert (variant.name, variant.title) == ("variant", "variant")
    assert variant.folder == folder
    assert variant.home == base.home == base.folder
    for name in ("kind", "clock", "start", "capabilities", "ipv4", "ipv6", "limits", "settings"):
        assert getattr(variant, name) == getattr(base, name), name
    assert variant.version_command == base.version_command


def test_tables_are_laid_over_the_others(folder: Path) -> None:
    """Start's tables and limits key by key, named settings and addresses as a whole."""
    write(
        folder,
        "[start]\nsettings = { speed = 5 }\nenv = { B = '3' }\n"
        "[limits]\nmsl_s = 60\n"
        "[addresses.ipv4]\nstack = ['198.51.100.1']\npeer = '198.51.100.2'\nprefix = 25\n"
        "[settings.slow]\n",
    )
    base, variant = load_manifest(folder.parent / "base"), load_manifest(folder)
    assert variant.start == {
        **base.start,
        "settings": {"speed": 5, "size": 4},
        "env": {"A": "1", "B": "3"},
    }
    assert (variant.limits.mtu, variant.limits.msl_s) == (1000, 60)
    assert variant.ipv4 is not None
    assert variant.ipv4.stack == ("198.51.100.1",)
    assert variant.ipv6 == base.ipv6
    assert variant.settings == {"slow": {"settings": {}}, "large": base.settings["large"]}


def test_own_program_has_its_own_folder(folder: Path) -> None:
    """The variant names a command of its own; relative paths count from its folder."""
    write(folder, "[start]\ncommand = ['./other']\n")
    variant = load_manifest(folder)
    assert variant.home == folder
    assert variant.start["command"] == ("./other",)
    assert variant.start["watchdog_s"] == 7.0


def test_fewer_capabilities(folder: Path) -> None:
    """A list of its own without IPv6; the other's IPv6 addresses go as well."""
    write(folder, "")
    text = (folder / "target.toml").read_text() + 'capabilities = ["sack"]\n'
    (folder / "target.toml").write_text(text)
    variant = load_manifest(folder)
    assert variant.capabilities == {"sack"}
    assert variant.ipv6 is None


def test_inherited_program_runs_where_it_lies(folder: Path) -> None:
    """The other's relative version command; it is found from the variant."""
    program = folder.parent / "base" / "version"
    program.write_text("#!/bin/sh\necho mine 2.0\n")
    program.chmod(0o755)
    assert ProcessTarget(load_manifest(folder)).version() == "mine 2.0"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "kind = 'in-process'\n",
            "target.toml:3: 'kind' is 'in-process'; what it is like",
        ),
        ("clock = 'real'\n", "variant/target.toml:3: 'clock' is 'real', wanted one of virtual"),
        ("lik = 1\n", "variant/target.toml:3: unknown key 'lik' (nearest: 'like')"),
        ("[limits]\nmtv = 1\n", "variant/target.toml:4: unknown key 'limits.mtv'"),
        (
            "[limits]\nconnect_schedule_s = [0, 3, 2]\n",
            "variant/target.toml:4: 'limits.connect_schedule_s' is [0, 3, 2], wanted numbers",
        ),
        (
            "[limits]\nconnect_schedule_s = ['0']\n",
            "variant/target.toml:4: 'limits.connect_schedule_s' is '0', wanted an array of num",
        ),
    ],
)
def test_mistakes_of_the_variant(folder: Path, text: str, wanted: str) -> None:
    """Something wrong in the variant; its own file and line."""
    write(folder, text)
    assert wanted in refused(folder)


def test_setting_taken_away(folder: Path) -> None:
    """`false` for a setting of the other's and for one that there is not; gone, and refused."""
    write(folder, "[settings]\nslow = false\n[settings.small]\nsettings = { size = 1 }\n")
    assert sorted(load_manifest(folder).settings) == ["large", "small"]
    write(folder, "[settings]\nslowly = false\n")
    assert "variant/target.toml:4: 'settings.slowly'" in refused(folder)


def test_mistakes_of_the_other(folder: Path) -> None:
    """Something wrong in the manifest it is like; that one's file and line."""
    (folder.parent / "base" / "target.toml").write_text(BASE.replace("mtu", "mtv"))
    assert "base/target.toml:21: unknown key 'limits.mtv'" in refused(folder)


@pytest.mark.parametrize(
    ("like", "wanted"),
    [
        ("../nobody", "target.toml:2: 'like' is '../nobody': no target.toml there"),
        (".", "target.toml:2: 'like' is '.', which is like this one: that never ends"),
        ("../circle", "'like' is '../variant', which is like this one: that never ends"),
    ],
)
def test_likeness_that_leads_nowhere(folder: Path, like: str, wanted: str) -> None:
    """No manifest there, itself, and one that is like this one; told in place."""
    circle = folder.parent / "circle"
    circle.mkdir()
    (circle / "target.toml").write_text('name = "circle"\nlike = "../variant"\n')
    (folder / "target.toml").write_text(f'name = "variant"\nlike = "{like}"\n')
    assert wanted in refused(folder)


def test_reference_documents_is_the_reference_with_other_times() -> None:
    """The project's own variant; the documents' numbers in limits and settings, all else alike."""
    targets = content_root() / "targets"
    base = load_manifest(targets / "reference")
    variant = load_manifest(targets / "reference-documents")
    assert variant.capabilities == base.capabilities
    quiet = {"settings": {"quiet_time_s": 60}}
    assert variant.settings == {**base.settings, "quiet_time": quiet}
    assert list(variant.limits.connect_schedule_s) == [0, 6, 30, 75]
    assert (variant.limits.msl_s, base.limits.msl_s) == (60, 120)
    over = cast("dict[str, object]", variant.start["settings"])
    under = cast("dict[str, object]", base.start["settings"])
    changed = {key for key in over if over[key] != under.get(key)}
    assert changed == {"syn_waits_s", "msl_s", "icmp_ends_open"}


def test_connect_of_reference_documents_keeps_the_schedule() -> None:
    """connect() to nobody; SYNs at 0, 6 and 30 s, ETIMEDOUT at 75 s, to the nanosecond."""
    stack = open_target("reference-documents").start(StackOptions())
    made = (("name", "AF_INET"), ("flags", ("SOCK_STREAM",)), ("value", 0))
    stack.execute(StartCall(Call(1, 0, "socket", made)))
    to = (("fd", 3), ("address", ("192.0.2.2", 80)))
    events = list(stack.execute(StartCall(Call(2, 0, "connect", to))).events)
    while stack.now_ns() < 80_000_000_000:
        events += stack.execute(Advance(80_000_000_000)).events
    assert [(type(event) is Sent, event.t_ns) for event in events] == [
        (True, 0),
        (True, 6_000_000_000),
        (True, 30_000_000_000),
        (False, 75_000_000_000),
    ]
