"""What the probes find is what the manifests say, and can be pasted into one."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.probing.probe import Found, Probes, run_probe
from tcpassay.conformance.probing.proposal import NOT_PROBED, PROBES, Proposal, propose
from tcpassay.conformance.probing.sizes import AtLeast, Measured, measure_limits
from tcpassay.reports.proposal_text import capability_lines, limit_lines, proposal_json
from tcpassay.targets.capabilities import CAPABILITIES
from tcpassay.targets.manifest_file import load_manifest
from tcpassay.targets.registry import open_manifest, open_target

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench

TESTS = Path(__file__).resolve().parent.parent
HEAD = """\
name = "mine"
kind = "process"
clock = "virtual"
"""
TAIL = """
[start]
command = ["mine"]
[addresses.ipv4]
stack = ["192.0.2.1"]
peer = "192.0.2.2"
prefix = 24
[addresses.ipv6]
stack = ["2001:db8::1"]
peer = "2001:db8::2"
prefix = 64
"""


@pytest.fixture(scope="module")
def reference() -> Proposal:
    """What the probes find of the reference stack."""
    return propose(open_target("reference"))


def test_every_capability_has_a_probe_or_a_reason() -> None:
    """The list of capabilities; each is tried, or it is said why it cannot be."""
    assert set(PROBES) & set(NOT_PROBED) == set()
    assert set(PROBES) | set(NOT_PROBED) == set(CAPABILITIES)
    assert all(probe.title.endswith(".") and ";" in probe.title for probe in PROBES.values())
    assert all(probe.beyond in {"", *PROBES} for probe in PROBES.values())


def test_reference_is_what_its_manifest_says(reference: Proposal) -> None:
    """The reference stack; what is proposed equals its manifest, but for what cannot be tried."""
    assert reference.new == ()
    assert reference.missing == ()
    assert {found.name for found in reference.untried} == set(NOT_PROBED)
    assert set(reference.capabilities) == reference.manifest.capabilities
    limits = reference.manifest.limits
    told = {each.name: each.value for each in reference.measured}
    assert told == {
        name: getattr(limits, name)
        for name in ("rcv_buffer", "ooo_queue", "mtu", "sack_room", "msl_s", "listen")
    }


def test_a_variant_shows_what_its_settings_take_away() -> None:
    """The reference stack without SACK and timestamps; they are missed, and nothing else."""
    manifest = open_target("reference").manifest
    start = dict(manifest.start)
    settings = start["settings"]
    assert isinstance(settings, dict)
    start["settings"] = {**settings, "sack": False, "timestamps": False}
    found = propose(open_manifest(replace(manifest, start=start)))
    names = {each.name for each in found.missing}
    assert names == {"sack", "dsack", "rack", "timestamps", "syn_cookie_options"}


def test_lines_can_be_pasted(reference: Proposal, tmp_path: Path) -> None:
    """The lines between the other parts of a manifest; it is in order and says the same."""
    text = "\n".join([HEAD, *capability_lines(reference), TAIL, *limit_lines(reference), ""])
    (tmp_path / "target.toml").write_text(text)
    manifest = load_manifest(tmp_path)
    assert manifest.capabilities == reference.manifest.capabilities
    assert manifest.limits == reference.manifest.limits


def test_differences_are_marked(reference: Proposal) -> None:
    """Capabilities found, missed and untried, and sizes; each difference stands in a comment."""
    manifest = replace(reference.manifest, capabilities=frozenset({"sack", "cubic", "ipv6"}))
    found = (
        Found("ipv6", has=False, why="two\nlines"),
        Found("ecn", has=True, why="the SYN,ACK agrees."),
        Found("sack", has=True, why="it does."),
        Found("cubic", has=None, why="nobody can tell"),
    )
    measured = (
        Measured("mtu", 576, ""),
        Measured("ooo_queue", AtLeast(1000), ""),
        Measured("rcv_buffer", 65532, ""),
        Measured("msl_s", None, "no TIME-WAIT"),
    )
    proposal = Proposal(manifest, found, measured)
    lines = [*capability_lines(proposal), *limit_lines(proposal)]
    assert '  "sack", "cubic",' in lines
    assert '  "ecn",                           # new: the SYN,ACK agrees.' in lines
    assert "# not found, though the manifest has it: ipv6: two\\nlines" in lines
    assert "# without ipv6 the table [addresses.ipv6] has to go, too" in lines
    assert "# not tried: cubic: nobody can tell" in lines
    assert "mtu = 576                          # the manifest has 1500" in lines
    assert "msl_s = 120.0                      # not measured: no TIME-WAIT" in lines
    assert {"ooo_queue = 65535", "rcv_buffer = 65535"} <= set(lines)
    assert tomllib.loads("\n".join(lines))["capabilities"] == ["sack", "cubic", "ecn"]


def test_the_same_for_a_machine(reference: Proposal) -> None:
    """The proposal as JSON; every capability with what was found, and the TOML whole."""
    told = proposal_json(reference)
    assert isinstance(told["capabilities"], dict)
    assert list(told["capabilities"]) == list(CAPABILITIES)
    assert tomllib.loads(str(told["toml"]))["limits"]["mtu"] == 1500


def test_a_single_shot_listener_is_told_from_a_queue() -> None:
    """A stack whose listener becomes the connection; found as such, with its sizes."""
    target = open_target(str(TESTS / "targets" / "single_shot"))
    told = {each.name: each.value for each in measure_limits(target)}
    target.close()
    assert told["listen"] == "single_shot"
    assert told["rcv_buffer"] == 8192
    assert told["ooo_queue"] == 0
    assert told["mtu"] is None


def test_what_a_probe_cannot_do() -> None:
    """No addresses, no setting, a result that is missing; neither is taken for the stack's word."""
    probes = Probes()

    @probes("icmp", ip=6)
    def over_ipv6(bench: Bench) -> None:
        """Never asked; nothing."""
        bench.check(1, 1, "one")

    @probes("uto", settings=("loud",), required=True)
    def in_a_setting(bench: Bench) -> None:
        """Never asked; nothing."""
        bench.check(1, 1, "one")

    @probes("poll")
    def without_a_result(_bench: Bench) -> None:
        """A result that is not there; no."""
        raise KeyError("octets")

    manifest = replace(open_target("reference").manifest, ipv6=None, settings={})
    target = open_manifest(manifest)
    got = {name: run_probe(target, probe) for name, probe in probes.items()}
    assert [got[name].has for name in ("icmp", "uto", "poll")] == [None, None, False]
    assert got["icmp"].why == "the manifest has no [addresses.ipv6] to try it with"
    assert got["uto"].why == "the manifest has no [settings.loud] to try it in"
    assert got["poll"].why == "a call returned without 'octets'"
