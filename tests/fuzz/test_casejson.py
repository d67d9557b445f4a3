"""Cases as JSON: what cannot be played is refused where it is read, with step and field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tcpassay.fuzz.cases.casejson import case_from_json, case_to_json
from tcpassay.fuzz.sources.sequence import Sequence

if TYPE_CHECKING:
    from tcpassay.core.json_values import Json

WRONG: dict[str, tuple[dict[str, Json], str]] = {
    "call": ({"call": {"call": 5}}, "call is 5, wanted a text"),
    "address": (
        {"call": {"call": "bind", "on": "l", "args": {"tuple": [{"tuple": ["address", 5]}]}}},
        "address 5, wanted stack or peer",
    ),
    "flags": ({"send": {"flags": 512}}, "flags is 512, wanted a whole number from 0 to 511"),
    "conn": ({"send": {"conn": 32}}, "conn is 32"),
    "window": ({"send": {"window": -1}}, "window is -1"),
    "text too long for a datagram": ({"send": {"data": 65_535}}, "datagram"),
    "options too long": ({"send": {"options": [{"mss": {"value": 1}}] * 11}}, "40 octets"),
    "option value": ({"send": {"options": [{"mss": {"value": 70_000}}]}}, "step 0"),
    "cookie": ({"send": {"options": [{"learned-cookie": {"flip": "x"}}]}}, "whole number"),
    "time": ({"wait": {"ns": -5}}, "ns is -5"),
    "octets": ({"raw": {"octets": "x"}}, "step 0"),
    "port": ({"listen": {"port": 4}}, "port is 4"),
    "flaw": ({"send": {"flaws": {"colour": 1}}}, "unknown flaw 'colour'"),
    "kind": ({"dance": {}}, "'dance' is missing or unknown"),
}


@pytest.mark.parametrize("name", WRONG)
def test_refused(name: str) -> None:
    """A step that is wrong in one way; ValueError that names the step and what is wrong."""
    step, why = WRONG[name]
    with pytest.raises(ValueError, match="step 0") as caught:
        case_from_json({"schema": 1, "ip": 4, "steps": [step]})
    assert why in str(caught.value)


def test_reads_back() -> None:
    """500 cases of the sequence; each the same after a way through JSON."""
    source = Sequence(3)
    for number in range(500):
        case = source.case(number)
        assert case_from_json(json.loads(json.dumps(case_to_json(case)))) == case
