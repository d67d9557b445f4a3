"""`reports/baselines/kills.json`: which cases have killed each mutant, where that was recorded.

{"kills": 1, "mutants": {"mss_not_announced": {"requirement": "RFC9293:MUST-14",
                                              "killed_by": ["rfc9293/3.7.1/...", ...]}}}
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.json_values import array, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

VERSION = 1


def kills_file() -> Path:
    """Where the project's own table is kept."""
    return content_root() / "reports" / "baselines" / "kills.json"


def load_killed(path: Path | None = None) -> Mapping[str, tuple[str, ...]]:
    """The mutants that each case has killed, by the case's id; empty where there is no table.

    Raises ConfigurationError for a file that is no such table.
    """
    file = kills_file() if path is None else path
    if not file.is_file():
        return {}
    found: dict[str, tuple[str, ...]] = {}
    try:
        value = mapping(json.loads(file.read_text(encoding="utf-8")))
        if value["kills"] != VERSION:
            msg = f"its version is {value['kills']!r:.40}"
            raise ValueError(msg)
        for mutant, told in mapping(value["mutants"]).items():
            for case in array(mapping(told)["killed_by"]):
                found[str(case)] = (*found.get(str(case), ()), mutant)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(
            f"{file}: not a kill table of version {VERSION} ({error})"
        ) from None
    return found
