"""Measured values are those of the target: another setting, another value, and none besides."""

from __future__ import annotations

import json
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.core.content import content_root
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.measured import FOLDER, TOPICS
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from pathlib import Path

Values = dict[str, float | int | str]

CATALOGUE = load_catalogue()
CASES = {case.id.removeprefix(FOLDER): case for case in load_cases() if case.id.startswith(FOLDER)}
REFERENCE = content_root() / "targets" / "reference"


def values(case: str, folder: Path, settings: dict[str, int | bool]) -> Values:
    """What a case measures on the reference stack with other settings."""
    shown = ", ".join(f"{name} = {json.dumps(value)}" for name, value in settings.items())
    manifest = folder / "target.toml"
    manifest.write_text(
        f'name = "varied"\nlike = {json.dumps(str(REFERENCE))}\n[start]\nsettings = {{ {shown} }}\n'
    )
    return measured(case, str(folder))


@cache
def by_default(case: str) -> Values:
    """What a case measures on the reference stack."""
    return measured(case, "reference")


def measured(case: str, name: str) -> Values:
    with closing(open_target(name)) as target:
        context = Context(target, "any", CATALOGUE, Expectations(), 3, 60.0)
        result, _ = run_case(context, PlannedRun(CASES[case], 4))
    assert result.verdict is Verdict.INFO, result.message
    return dict(result.measured)


@pytest.mark.parametrize(
    ("case", "settings", "name", "value"),
    [
        ("opening/initial_time_out", {"rto_initial_ms": 3_000}, "initial RTO, s", 3.0),
        ("opening/schedule_of_syns", {"syn_r2_s": 20}, "SYNs go at, s", "0 1 3 7 15"),
        ("opening/schedule_of_syns", {"syn_r2_s": 20}, "connect() fails after, s", 31),
        ("opening/schedule_of_syn_acks", {"syn_r2_s": 9}, "SYN-ACKs go at, s", "0 1 3 7"),
        ("opening/options_of_the_syn", {"mtu": 1_400}, "MSS in the SYN, octets", 1_360),
        (
            "opening/options_of_the_syn_ack",
            {"window_scale": False},
            "window scale in the SYN-ACK",
            "none",
        ),
        (
            "opening/options_of_the_syn_ack",
            {"rcv_buffer": 9_000},
            "window in the SYN-ACK, octets",
            9_000,
        ),
        (
            "opening/mss_without_the_option",
            {"default_mss": 500},
            "MSS for a peer that gave none, octets",
            500,
        ),
        (
            "opening/half_open_connections",
            {"syn_queue": 7},
            "half-open connections of 300, backlog 128",
            7,
        ),
        (
            "opening/connections_admitted/128",
            {"max_backlog": 11},
            "connections that wait, backlog 128",
            11,
        ),
        ("sending/initial_window", {"initial_window": 2}, "initial window, segments", 2),
        ("sending/shortest_time_out", {"rto_min_ms": 300}, "minimum RTO, s", 0.3),
        (
            "sending/giving_up",
            {"data_r2_s": 20, "r1_retransmissions": 1},
            "retransmissions before ETIMEDOUT",
            4,
        ),
        (
            "sending/schedule_of_probes",
            {"rto_max_ms": 60_000, "rto_min_ms": 30_000},
            "probes of a closed window go at, s",
            "30.0 90.0 150.0 210.0",
        ),
        (
            "sending/keep_alive",
            {"keepalive_interval_s": 5},
            "keep-alive interval, s (TCP_KEEPINTVL)",
            5,
        ),
        ("sending/keep_alive", {"keepalive_count": 2}, "keep-alive probes (TCP_KEEPCNT)", 2),
        ("receiving/delayed_ack", {"delayed_ack_ms": 120}, "delayed ACK after, s", 0.12),
        (
            "receiving/segments_out_of_order",
            {"reassembly_blocks": 280},
            "segments kept out of order, of 300",
            280,
        ),
        (
            "receiving/challenge_acks",
            {"challenge_acks_per_s": 30},
            "challenge ACKs in 2 s, one connection",
            60,
        ),
        ("closing/how_long/time_wait", {"msl_s": 7}, "TIME-WAIT lasts, s", 14.0),
        ("closing/how_long/orphaned_fin_wait_2", {"fin_wait_2_s": 9}, "FIN-WAIT-2 lasts, s", 9.0),
    ],
)
def test_value_follows_the_setting(
    case: str, settings: dict[str, int | bool], name: str, value: float | str, tmp_path: Path
) -> None:
    """A setting that is not the default; the value measured is that of the setting."""
    assert values(case, tmp_path, settings)[name] == value
    assert by_default(case)[name] != value


def test_range_of_ports(tmp_path: Path) -> None:
    """256 ports in a narrow range; within it, from near its beginning to near its end."""
    settings: dict[str, int | bool] = {"ephemeral_first": 20_000, "ephemeral_last": 21_000}
    found = values("numbers/range_of_ports", tmp_path, settings)
    lowest, highest = found.values()
    assert isinstance(lowest, int)
    assert isinstance(highest, int)
    assert 20_000 <= lowest < 20_200
    assert 20_800 < highest <= 21_000


def test_initial_numbers() -> None:
    """The clock of 4 microseconds, and fair steps: 30.2 bits and no common divisor."""
    assert by_default("numbers/clock_of_one_flow") == {"ISN of one flow grows, a second": 250_000}
    deviation, divisor = by_default("numbers/steps_between_flows").values()
    assert isinstance(deviation, float)
    assert 29.9 <= deviation <= 30.5
    assert divisor == 1


def test_every_file_is_a_topic() -> None:
    """Cases that measure lie in files that the table knows, and judge nothing."""
    assert {case.split("/")[0] for case in CASES} == set(TOPICS)
    assert all(case.mark.measures for case in CASES.values())
