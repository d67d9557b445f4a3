"""What a trial raises when the stack is wrong."""

from __future__ import annotations


class BrokenError(AssertionError):
    """A rule that the stack broke, in one line; `rule` is its first words, the same each time."""

    def __init__(self, rule: str, detail: object = "") -> None:
        self.rule = rule
        super().__init__(f"{rule}: {detail}" if detail != "" else rule)


def demand(held: object, rule: str, detail: object = "") -> None:
    """Raise BrokenError with this rule unless it held."""
    if not held:
        raise BrokenError(rule, detail)
