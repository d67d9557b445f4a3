"""Verdicts, requirement levels, and which level makes a failure of what kind."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What a case found out, in the words that every report uses."""

    PASS = "pass"
    FAIL = "fail"
    DEVIATION = "deviation"
    INFO = "info"
    UNSUPPORTED = "unsupported"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"


#: Verdicts that need no entry in a target's expectations.
EXPECTED_BY_DEFAULT = frozenset({Verdict.PASS, Verdict.INFO, Verdict.UNSUPPORTED})


class Level(StrEnum):
    """How binding a requirement is: RFC 2119 words, POSIX "shall", or the catalogue's own."""

    MUST = "MUST"
    MUST_NOT = "MUST NOT"
    SHALL = "SHALL"
    RULE = "RULE"
    ROBUSTNESS = "ROBUSTNESS"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    RECOMMENDED = "RECOMMENDED"
    MAY = "MAY"
    MAY_FAIL = "MAY-FAIL"
    DOC = "DOC"
    OBSERVE = "OBSERVE"
    STATEMENT = "STATEMENT"
    TEXTBOOK = "TEXTBOOK"


_NOT_MET = {
    Level.MUST: Verdict.FAIL,
    Level.MUST_NOT: Verdict.FAIL,
    Level.SHALL: Verdict.FAIL,
    Level.RULE: Verdict.FAIL,
    Level.ROBUSTNESS: Verdict.FAIL,
    Level.STATEMENT: Verdict.FAIL,
    Level.SHOULD: Verdict.DEVIATION,
    Level.SHOULD_NOT: Verdict.DEVIATION,
    Level.RECOMMENDED: Verdict.DEVIATION,
    Level.TEXTBOOK: Verdict.DEVIATION,
    Level.DOC: Verdict.DEVIATION,
    Level.MAY: Verdict.INFO,
    Level.MAY_FAIL: Verdict.INFO,
    Level.OBSERVE: Verdict.INFO,
}


def verdict_when_not_met(level: Level) -> Verdict:
    """The verdict that an unmet requirement of this level gives."""
    return _NOT_MET[level]
