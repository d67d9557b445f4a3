"""Campaigns: those that ship are sound, and a mistake in one is told with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.fuzz.cases.notation import case_of, case_text, steps_of
from tcpassay.fuzz.cases.octets import Ends, segment_octets
from tcpassay.fuzz.cases.option_text import WORDS
from tcpassay.fuzz.cases.steps import FLAWS, Do, Send, Wait
from tcpassay.fuzz.sources.campaigns import SHORT_NS, load_campaigns, read_campaign
from tcpassay.targets.registry import load
from tcpassay.wire import ACK, FIN

if TYPE_CHECKING:
    from pathlib import Path

CAMPAIGNS = load_campaigns()
NAMES = [campaign.name for campaign in CAMPAIGNS]

SMALL = """\
title = "FINs"
why = ["RFC9293:3.10.7.4-FIN-CW"]
weight = 3

[[form]]
name = "of the peer"
reach = "{state}"
iss = "2^32-1"
steps = [
  "peer: {flags} seq=rcv.nxt ack=snd.nxt data={data}",
  "{then}",
]
[form.vary]
state = ["ESTABLISHED", "CLOSE-WAIT"]
flags = ["FA", "A"]
data = [0, 10]
then = [[], ["app: recv c0 10 0", "app: close c0"]]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "small.toml"
    path.write_text(text)
    return path


def test_the_edges_of_the_mission_are_campaigns() -> None:
    """Every edge that the fuzzer is for has its campaign."""
    assert {name.removeprefix("campaign ") for name in NAMES} >= {
        "full-backlog", "data-after-fin", "close-with-text", "crossing", "third-segment", "window",
        "option-lengths", "lies", "wraps", "icmp", "fast-open",
    }  # fmt: skip


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=NAMES)
def test_a_campaign_has_a_case_for_each_number(campaign: object) -> None:
    """Names are unique, every segment can be built, every case reads back from its text."""
    assert isinstance(campaign, type(CAMPAIGNS[0]))
    assert campaign.total is not None
    assert campaign.title
    assert campaign.why
    ends = Ends(("192.0.2.1", 80), ("192.0.2.2", 9_000), 7, 5)
    origins = set()
    numbers = range(0, campaign.total, max(1, campaign.total // 100))
    for number in numbers:
        case = campaign.case(number)
        origins.add(case.origin)
        assert case_of(case_text(case)) == case
        assert all(segment_octets(s, ends) for s in case.steps if isinstance(s, Send))
    assert len(origins) == len(numbers)
    for number in (-1, campaign.total):
        with pytest.raises(IndexError):
            campaign.case(number)


def test_what_varies_is_multiplied(tmp_path: Path) -> None:
    """The product of all lists, the last one changing first, in words in the case's name."""
    campaign = read_campaign(written(tmp_path, SMALL))
    assert (campaign.name, campaign.total, campaign.weight) == ("campaign small", 16, 3)
    cases = [campaign.case(number) for number in range(16)]
    assert cases[0].origin == (
        "campaign small/of the peer/state=ESTABLISHED flags=FA data=0 then=#1"
    )
    assert len({case.origin for case in cases}) == len({case.steps for case in cases}) == 16
    assert cases[0].iss == (1 << 32) - 1
    assert cases[0].steps[-1] == Send(0, FIN | ACK, 1, 1)
    assert cases[1].steps[-1] == Do("close", "c0")
    assert cases[15].steps[-3] == Send(0, ACK, 2, 1, data=10)


def test_forms_are_played_over_the_ip_that_is_asked_for() -> None:
    """But for those that say which: ICMP has other numbers in IPv6."""
    reference = load("reference")
    for campaign in CAMPAIGNS:
        six, four = campaign.on(reference, 6), campaign.on(reference)
        assert six.total == four.total
        assert four.case(0).ip == 4
        assert six.case(0).ip == (4 if campaign.name == "campaign icmp" else 6)


def test_forms_that_a_target_cannot_be_put_to_are_left_out() -> None:
    """Capabilities and settings are needed, and time is only where the clock is virtual."""
    by_name = {campaign.name: campaign for campaign in CAMPAIGNS}
    linux, lwip = load("linux"), load("lwip")
    assert by_name["campaign fast-open"].on(lwip).total == 0
    assert by_name["campaign fast-open"].on(linux).total == by_name["campaign fast-open"].total
    backlog = by_name["campaign full-backlog"]
    assert [form.name for form in backlog.forms if form.patient] == ["time passes"]
    assert [form.name for form in backlog.on(linux).forms if form.patient] == []
    assert [form.name for form in backlog.on(lwip).forms if form.patient] == ["time passes"]
    for campaign in CAMPAIGNS:
        real = campaign.on(linux)
        for number in range(0, real.total or 0, 97):
            waits = [s.ns for s in real.case(number).steps if isinstance(s, Wait)]
            assert all(ns <= SHORT_NS for ns in waits)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ('title = "FINs"', 'titel = "FINs"', 1, "missing key 'title'"),
        ("3.10.7.4-FIN-CW", "3.10.7.4-FIN-CV", 2, "unknown requirement"),
        ("weight = 3", "weight = 0", 3, "wanted 1 or more"),
        ("weight = 3", 'needs = ["fastopn"]', 3, "unknown capability 'fastopn' (nearest: 'fast"),
        ("[[form]]", "[[forms]]", 1, "no [[form]]"),
        ('"ESTABLISHED", ', '"ESTABLISHD", ', 7,
         "unknown state 'ESTABLISHD' (nearest: 'ESTABLISHED')"),
        ('iss = "2^32-1"', 'ways = "listen"', 8, "unknown key 'form.0.ways' (nearest: 'way')"),
        ('iss = "2^32-1"', 'way = "conect"', 8, "unknown way 'conect' (nearest: 'connect')"),
        ("ack=snd.nxt data={data}", "akc=snd.nxt data={data}", 10,
         "unknown word 'akc' (nearest: 'ack')"),
        ("ack=snd.nxt data={data}", "ack=snd.nxt data={dat}", 10,
         "{dat} does not vary (nearest: 'data')"),
        ("ack=snd.nxt data={data}", "ack=snd.nxt data=1", 16, "'data' varies, and no step has"),
        ('["FA", "A"]', '["FA", "XA"]', 10, "flags are 'XA'"),
        ('["FA", "A"]', "[]", 15, "'flags' varies over []"),
        ('["FA", "A"]', '["FA", "FA"]', 15, "'flags' has the value 'FA' twice"),
        ("[0, 10]", "[0, 1.5]", 16, "a value of 'data' is 1.5"),
        ("app: recv c0 10 0", "app: rcev c0 10 0", 17, "unknown call 'rcev' (nearest: 'recv')"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    """File, line, what was wanted, the nearest word."""
    path = written(tmp_path, SMALL.replace(old, new))
    with pytest.raises(ConfigurationError) as caught:
        read_campaign(path)
    told = str(caught.value)
    assert message in told
    assert told.startswith(f"{path}:{line}: "), told


def test_the_campaign_of_the_page_is_one(tmp_path: Path) -> None:
    """docs/fuzzing.md: its campaign reads and has as many cases as it says; so do its steps."""
    page = (content_root() / "docs" / "fuzzing.md").read_text()
    example = page.partition("```toml\n")[2].partition("```")[0]
    assert read_campaign(written(tmp_path, example)).total == 24
    lines = page.partition("### Steps\n```\n")[2].partition("```")[0].splitlines()
    steps = [steps_of(line.partition("   ")[0]) for line in lines]
    assert len(steps) == 10
    assert len(steps[2]) == 5
    for flaw in FLAWS:
        assert f"`{flaw}`" in page
    for word in WORDS:
        assert f"`{word}" in page
