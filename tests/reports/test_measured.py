"""Values that cases measured: which stand alone, in what order, and how they are shown."""

from __future__ import annotations

import re

from rich.console import Console

from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.reports.compare_files import markdown
from tcpassay.reports.measured import by_topic, measured, tables
from tcpassay.reports.measured_console import show_values
from tcpassay.reports.outcomes import Outcome, TargetOutcomes
from tcpassay.reports.sidebyside import side_by_side


def target(name: str, cases: dict[str, dict[str, float | str]], ip: int = 4) -> TargetOutcomes:
    found = [
        Outcome(case, 6 if ip == 6 else 4, Verdict.INFO, ("RFC9293:MUST-14",), {}, values)
        for case, values in cases.items()
    ]
    return TargetOutcomes(name, name, "", "1", "virtual", (), {each.key: each for each in found})


ONE = target(
    "one",
    {
        "sockets/close": {"answer": "RST"},
        "measures/mine/x": {"of a topic of its own": 1},
        "measures/closing/how_long": {"TIME-WAIT lasts, s": 240.0},
        "measures/opening/admitted/128": {"backlog 128": 129},
        "measures/opening/admitted/5": {"backlog 5": 6},
        "rfc/4": {"time-out in s": 1.0},
    },
)
TWO = target(
    "two\x1b[2J", {"measures/closing/how_long": {"TIME-WAIT lasts, s": 60.25, "more": "3 7"}}
)


def printed(*columns: TargetOutcomes, width: int = 100) -> str:
    console = Console(width=width, no_color=True, highlight=False, markup=False)
    with console.capture() as capture:
        show_values(console, columns)
    return capture.get()


def test_topics_come_in_their_order() -> None:
    """Values of three topics, one unknown, and of other cases; numbers in ids count as numbers."""
    rows = measured([ONE, TWO])
    assert [row.name for row in rows] == [
        "backlog 5", "backlog 128", "TIME-WAIT lasts, s", "more", "of a topic of its own",
        "time-out in s", "answer",
    ]  # fmt: skip
    alone = [row for row in rows if row.stands_alone]
    assert list(by_topic(alone)) == ["opening a connection", "closing", "mine"]
    assert alone[2].values == (240.0, 60.25)


def test_tables_part_what_stands_alone() -> None:
    """Values, numbers of cases, words of cases; words only where they differ, or all of them."""
    rows = measured([ONE, TWO])
    assert [title for title, _ in tables(rows)] == ["values", "measured"]
    assert [title for title, _ in tables(rows, every=True)] == ["values", "measured", "observed"]


def test_values_of_one_target() -> None:
    """One target; names down, its value beside each, topics above, no case id."""
    told = printed(ONE)
    assert "opening a connection" in told
    assert "│   backlog 128" in told
    assert "measures/" not in told
    assert told.index("answer") < told.index("backlog 5")
    assert "not measured" not in told


def test_values_of_two_targets() -> None:
    """What one has not measured is a dash, and why stands below; no control character."""
    told = printed(ONE, TWO, width=80)
    assert re.search(r"TIME-WAIT lasts, s +│ +240 │ +60.25 │", told)
    assert "- not measured: unsupported, or slow" in told
    assert "\x1b" not in told


def test_nothing_was_measured() -> None:
    """A target without a value; a line says so."""
    assert printed(target("none", {"a": {}})) == "no case measured anything\n"


def test_ip_version_stands_beside_the_name() -> None:
    """The same value over IPv6; told in its name, as no case id stands there."""
    both = target("two", {"measures/opening/mss": {"MSS, octets": 1440}}, ip=6)
    assert "MSS, octets (IPv6)" in printed(both)


def test_markdown_has_a_table_a_topic() -> None:
    """Two targets side by side; a table for each topic with the targets in its head."""
    text = markdown(side_by_side([ONE, TWO], load_catalogue()))
    assert "| closing | one | two\\\\x1b\\[2J |" in text
    assert "| TIME-WAIT lasts, s | 240 | 60.25 |" in text
    assert text.index("## values") < text.index("## measured")
