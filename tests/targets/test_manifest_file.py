"""Reading target.toml: what is accepted, and the one line for each way to get it wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.targets.manifest import Addresses, Limits
from tcpassay.targets.manifest_file import load_manifest

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
name = "mine"
kind = "in-process"
capabilities = ["sack"]
[start]
entry = "mine:open"
settings = { speed = 3 }
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
[settings.slow]
settings = { speed = 1 }
[settings.same]
"""
KERNEL = """\
name = "k"
kind = "namespace"
[start]
sysctl = { net.ipv4.tcp_sack = 0, "net.ipv4.tcp_ecn" = 1 }
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
"""
PROGRAM = """\
name = "p"
kind = "process"
clock = "virtual"
[start]
command = ["./agent", "{fd}"]
env = { A = "1" }
[addresses.ipv6]
stack = ["2001:db8::1"]
peer = "2001:db8::2"
prefix = 64
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "target.toml"
    path.write_text(text)
    return path


def test_defaults_of_an_in_process_target(tmp_path: Path) -> None:
    """The shortest manifest; title, clock and limits have their defaults."""
    manifest = load_manifest(write(tmp_path, GOOD))
    assert (manifest.name, manifest.title, manifest.clock) == ("mine", "mine", "virtual")
    assert manifest.start == {"entry": "mine:open", "settings": {"speed": 3}}
    assert manifest.ipv4 == Addresses(("192.0.2.1",), "192.0.2.2", 24)
    assert manifest.ipv6 is None
    assert manifest.limits == Limits()
    assert manifest.settings == {"slow": {"settings": {"speed": 1}}, "same": {"settings": {}}}
    assert manifest.folder == tmp_path


def test_folder_stands_for_its_manifest(tmp_path: Path) -> None:
    """The folder of a target.toml; the same manifest."""
    path = write(tmp_path, GOOD)
    assert load_manifest(tmp_path) == load_manifest(path)


def test_kernel_settings_are_flat(tmp_path: Path) -> None:
    """Dotted and quoted sysctl names; both come out as dotted names."""
    manifest = load_manifest(write(tmp_path, KERNEL))
    assert manifest.clock == "real"
    assert manifest.start == {"sysctl": {"net.ipv4.tcp_sack": 0, "net.ipv4.tcp_ecn": 1}}


def test_program_has_command_environment_and_times(tmp_path: Path) -> None:
    """A process target; its command, environment, channel and watchdog."""
    text = PROGRAM.replace("[start]", 'capabilities = ["ipv6"]\n[start]')
    manifest = load_manifest(write(tmp_path, text))
    assert manifest.start == {
        "command": ("./agent", "{fd}"),
        "env": {"A": "1"},
        "settings": {},
        "channel": "stream",
        "watchdog_s": 5.0,
        "hello_s": 10.0,
    }


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ('kind = "in', "kind = in", ":2:8", "malformed TOML: invalid value"),
        ('kind = "in-process"', 'kind = "inprocess"', ":2", "(nearest: 'in-process')"),
        ("[start]", 'titel = "x"\n[start]', ":4", "unknown key 'titel' (nearest: 'title')"),
        ("entry =", "enrty =", ":5", "missing key 'entry' in [start] (is 'enrty' meant"),
        ("settings = { speed = 3 }", "colour = 1", ":6", "unknown key 'start.colour'; valid:"),
        ('name = "mine"', "", ":1", "missing key 'name'"),
        ('name = "mine"', "name = 7", ":1", "'name' is 7, wanted a string"),
        ('name = "mine"', 'name = "My Own"', ":1", "wanted lower-case letters"),
        ('["sack"]', '["sac"]', ":3", "unknown capability 'sac' (nearest: 'sack')"),
        ('["sack"]', '["ipv6"]', ":3", "[addresses.ipv6] go together"),
        ('["sack"]', '"sack"', ":3", "wanted an array of strings"),
        ('["sack"]', "[1]", ":3", "'capabilities' is 1, wanted an array of strings"),
        ("prefix = 24", "prefix = 33", ":10", "wanted at most 32"),
        ("prefix = 24", "prefix = true", ":10", "'addresses.ipv4.prefix' is True, wanted a whole"),
        ("prefix = 24", "prefix = 0", ":10", "wanted 1 or more"),
        ('"192.0.2.2"', '"192.0.2.256"', ":9", "wanted an IPv4 address"),
        ('"192.0.2.2"', '"2001:db8::1"', ":9", "wanted an IPv4 address"),
        ('"192.0.2.2"', '"192.0.2.1"', ":9", "which is the stack's too"),
        ('["192.0.2.1"]', "[]", ":8", "wanted one address or more"),
        ("[addresses.ipv4]", "[addresses.ipv5]", ":7", "key 'ipv5' (nearest: 'ipv"),
        ("[settings.slow]", "[limits]\nmtu = 10\n[settings.slow]", ":12", "wanted 68 or more"),
        ("[settings.slow]", "[limits]\nmsl = 1\n[settings.slow]", ":12", "(nearest: 'msl_s')"),
        ("[settings.slow]", '[limits]\nmsl_s = "x"\n[settings.slow]', ":12", "wanted a number"),
        ("[settings.slow]", "[limits]\njitter_ms = nan\n[settings.slow]", ":12", "is nan"),
        ("[settings.same]", "[settings.same]\nsysctl = {}", ":14", "unknown key"),
        ("[settings.same]", "[settings]\nsame = 1", ":14", "is 1, wanted a table"),
        ('entry = "mine:open"', 'entry = "mine.open"', ":5", "wanted 'module:function'"),
        ("[start]", 'clock = "real"\n[start]', ":4", "has the virtual clock"),
        ("[start]", "version = 1\n[start]", ":4", "wanted an array of strings"),
    ],
)
def test_wrong_manifest_is_one_clear_line(
    tmp_path: Path, old: str, new: str, place: str, message: str
) -> None:
    """One thing wrong; one line with file, line, what is wrong and the nearest valid word."""
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as caught:
        load_manifest(path)
    text = str(caught.value)
    assert text.startswith(f"{path}{place}")
    assert message in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("base", "old", "new", "message"),
    [
        (KERNEL, "= 0,", "= true,", "sysctl net.ipv4.tcp_sack is True"),
        (KERNEL, "[start]", 'clock = "virtual"\n[start]', "has the real clock"),
        (PROGRAM, '["./agent", "{fd}"]', "[]", "wanted a program and arguments"),
        (PROGRAM, 'A = "1"', "A = 1", "'start.env' gives A as 1"),
        (PROGRAM, 'clock = "virtual"', "", "missing key 'clock'"),
        (PROGRAM, "[start]", "[begin]", "missing key 'start'"),
        (PROGRAM, "env =", 'channel = "pipe"\nenv =', "wanted one of stream, seqpacket"),
    ],
)
def test_wrong_start_of_the_other_kinds(
    tmp_path: Path, base: str, old: str, new: str, message: str
) -> None:
    """Mistakes that only a namespace or process manifest can have; one clear line."""
    assert old in base
    with pytest.raises(ConfigurationError, match=r"target\.toml:\d+: ") as caught:
        load_manifest(write(tmp_path, base.replace(old, new, 1)))
    assert message in str(caught.value)


def test_no_addresses_at_all(tmp_path: Path) -> None:
    """A manifest without addresses; it says which table to add."""
    head, _, _ = GOOD.partition("[addresses.ipv4]")
    with pytest.raises(ConfigurationError, match=r"missing table \[addresses\.ipv4\]"):
        load_manifest(write(tmp_path, head))


@pytest.mark.parametrize("name", ["reference", "linux"])
def test_the_projects_own_manifests(name: str) -> None:
    """Each manifest of the project's; it is in order and bears its folder's name."""
    manifest = load_manifest(content_root() / "targets" / name)
    assert manifest.name == name
    assert "state_probe" in manifest.capabilities


#: What no sysctl of Linux does; cases with these settings are unsupported there.
OF_THE_REFERENCE_ALONE = {
    "backlog_sum",
    "backlog_three_halves",
    "fastopen_short_key",
    "initial_window_4",
    "no_congestion_control",
    "no_limited_transmit",
    "no_time_wait_reuse",
    "ports_by_chance",
    "ports_by_one_hash",
    "quiet_time",
    "time_wait_reuse_by_sequence",
    "user_timeout_option",
}


def test_settings_that_cases_share_are_known_to_both() -> None:
    """The settings of the reference stack; Linux has each of them that it can have."""
    reference, linux = (
        load_manifest(content_root() / "targets" / name) for name in ("reference", "linux")
    )
    own = {"no_time_wait_reuse", "time_wait_reuse_by_sequence"}  # Linux always follows RFC 6191.
    shared = {name for name in reference.settings if not name.startswith("resolver_")} - own
    assert shared - set(linux.settings) <= OF_THE_REFERENCE_ALONE


def test_mirrored_target_has_the_other_end() -> None:
    """A manifest mirrored; stack and peer have changed places."""
    ipv4 = load_manifest(content_root() / "targets" / "reference").mirrored().ipv4
    assert ipv4 == Addresses(("192.0.2.2",), "192.0.2.1", 24)


def test_a_setting_may_bring_addresses(tmp_path: Path) -> None:
    """`addresses` of a setting; they come behind the manifest's own, by IP version."""
    more = '[settings.more]\naddresses = ["192.0.2.9", "fe80::1"]\n'
    manifest = load_manifest(write(tmp_path, GOOD + more))
    own = manifest.own_addresses(4, ())
    assert own == manifest.needed_addresses(4).stack
    assert manifest.own_addresses(4, ("more",)) == (*own, "192.0.2.9")
    assert manifest.own_addresses(6, ("more",))[-1:] == ("fe80::1",)
