from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpassay.core.content import content_root
from tcpassay.model.plain_toml import _plain, loads

CATALOGUE = content_root() / "conformance" / "catalogue"


@pytest.mark.parametrize("name", ["requirements.toml", "documents.toml"])
def test_catalogue_reads_as_tomllib_reads_it(name: str) -> None:
    text = (CATALOGUE / name).read_text()
    assert loads(text) == tomllib.loads(text)


def test_requirements_are_in_the_plain_form() -> None:
    """Else reading them costs 50 ms again."""
    assert _plain((CATALOGUE / "requirements.toml").read_text()) is not None


_LINES = st.sampled_from(
    [
        "",
        "# a remark",
        "[[entry]]",
        "[[other]]",
        "[table]",
        'a = "x"',
        'b = "y # z = \'"',
        'b = "\\u00e9"',
        'b = "open',
        "c = true",
        "c = 10",
        "c = 01",
        "d = 1.5",
        "entry = 1",
        'e = ["x"]',
        'e = "tab\there"',
        'e = "bell\x07"',
        ' f = "x"',
        'g = "x" # remark',
        "h",
        "e\u0301 = 1",
    ]
)


@given(st.lists(_LINES, max_size=8))
def test_any_text_reads_as_tomllib_reads_it(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        want = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(tomllib.TOMLDecodeError):
            loads(text)
    else:
        assert loads(text) == want
