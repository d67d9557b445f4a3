"""Text from a target cannot steer a terminal or break XML."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tcpassay.reports.text import counted, one_line, printable


def test_controls_are_spelt_out() -> None:
    """An escape sequence; its ESC is shown, not sent."""
    assert printable("\x1b[31m\tred\n\u202e\ud800") == "\\x1b[31m\tred\n\\u202e\\ud800"


def test_one_line_has_no_line_end() -> None:
    """Line ends and tabs; one line."""
    assert one_line("a\nb\tc\r\u2028d") == "a\\nb c\\x0d\\u2028d"


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_unprintable_is_left(text: str) -> None:
    """Any text at all, lone surrogates too; what remains can be encoded and has no controls."""
    shown = one_line(text)
    assert shown.encode().decode() == shown
    assert all(ord(letter) >= 0x20 and not 0x7F <= ord(letter) < 0xA0 for letter in shown)


def test_counted() -> None:
    """One is singular."""
    assert [counted(n, "case") for n in (0, 1, 2)] == ["0 cases", "1 case", "2 cases"]
