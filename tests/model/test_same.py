"""Entries that state the same behaviour: known, in one group, in the order of the suite's cases."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.core.errors import ConfigurationError
from tcpassay.model.same import read_same, same_behaviour

if TYPE_CHECKING:
    from pathlib import Path


def test_the_first_is_what_most_cases_are_about() -> None:
    """A case is about the requirement that it names first."""
    about = Counter(case.mark.requirements[0] for case in load_cases())
    groups = set(same_behaviour().values())
    assert len(groups) >= 15
    assert [group for group in groups if about[group[0]] < max(about[n] for n in group)] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[same]]\nentries = ["RFC9293:MUST-1"]\nwhy = "one"\n', "wanted entries and why"),
        ('[[same]]\nentries = ["RFC9293:MUST-1", "RFC9293:MUST-2"]\n', "wanted entries and why"),
        ('[[same]]\nentries = ["RFC9293:MUST-1", "RFC9293:MUST-1"]\nwhy = "x"\n', "two groups"),
        ('[[same]]\nentries = ["RFC9293:MUST-1", "RFC9293:MUST-0"]\nwhy = "x"\n', "MUST-0"),
    ],
)
def test_what_is_no_group(tmp_path: Path, text: str, told: str) -> None:
    """One entry, no reason, an entry twice, one that the catalogue does not have."""
    (tmp_path / "same.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told):
        read_same(tmp_path / "same.toml")
