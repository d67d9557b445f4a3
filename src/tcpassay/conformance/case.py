"""`@case`: what marks a function as a conformance case, and what the mark records."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tcpassay.core.errors import ConfigurationError

if TYPE_CHECKING:
    from tcpassay.conformance.bench import Bench

CaseFunction = Callable[..., None]
F = TypeVar("F", bound=CaseFunction)


@dataclass(frozen=True, slots=True)
class CaseMark:
    """What `@case` was given. One mark becomes one Case a row, or one where it has no rows.

    `every_ip`: a run that names no IP version runs the case over each that the target has.
    `spare`: the case may run where an earlier one has, once all of that one's sockets are gone.
    """

    requirements: tuple[str, ...]
    rows: Mapping[str, object] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    own_process: bool = False
    timing: bool = False
    real_s: float = 0.0
    ip: tuple[int, ...] = (4, 6)
    state: str = ""
    measures: bool = False
    every_ip: bool = False
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One runnable case: a mark, the function behind it and, where it has rows, one row.

    `id` is path-like and stable. `title` is the docstring's first line. `real_s` is how long
    the case takes in real time on a stack whose clock is real, in seconds (over 10: slow).
    """

    id: str
    title: str
    file: str
    line: int
    mark: CaseMark
    function: CaseFunction
    row: object = None
    has_row: bool = False

    def run(self, bench: Bench) -> None:
        """Run the case; it raises what the bench raises."""
        if self.has_row:
            self.function(bench, self.row)
        else:
            self.function(bench)


def case(
    *requirements: str,
    rows: Mapping[str, object] | None = None,
    needs: tuple[str, ...] = (),
    settings: tuple[str, ...] = (),
    own_process: bool = False,
    timing: bool = False,
    real_s: float = 0.0,
    ip: tuple[int, ...] = (4, 6),
    state: str = "",
    measures: bool = False,
) -> Callable[[F], F]:
    """Mark a function `f(bench)` or, with `rows`, `f(bench, row)` as a case.

    `requirements` are catalogue ids, one to three; the first is the default of every expectation.
    `rows` maps a row's name to the value handed to the function. `needs` names capabilities of
    the manifest, `settings` its named settings to start the stack with. `measures` marks a case
    whose result is a value rather than a judgement. Raises ConfigurationError for an argument of
    the wrong type, and for a class or a function of other parameters where it is attached.
    """
    if not 1 <= len(requirements) <= 3:
        msg = "a case names one to three requirements"
        raise ConfigurationError(msg)
    _check("a requirement", requirements, str, 'write @case("MUST-14")')
    _check("the name of a row", rows or {}, str, 'write rows={"name": value}')
    _check_words("needs", needs)
    _check_words("settings", settings)
    if not isinstance(ip, tuple) or not ip or not set(ip) <= {4, 6}:
        raise ConfigurationError(f"ip is {ip!r}, wanted (4,), (6,) or (4, 6)")
    mark = CaseMark(
        requirements=requirements,
        rows=dict(rows or {}),
        needs=needs,
        settings=settings,
        own_process=own_process,
        timing=timing,
        real_s=real_s,
        ip=ip,
        state=state,
        measures=measures,
    )

    def attach(function: F) -> F:
        _check_parameters(function, 2 if mark.rows else 1)
        function.__tcpassay_case__ = mark  # type: ignore[attr-defined]
        return function

    return attach


def _check(what: str, values: Iterable[object], kind: type, instead: str) -> None:
    for value in values:
        if not isinstance(value, kind):
            raise ConfigurationError(f"{what} is {value!r}, wanted a {kind.__name__}: {instead}")


def _check_words(name: str, words: object) -> None:
    if not isinstance(words, tuple):
        raise ConfigurationError(f"{name} is {words!r}, wanted a tuple: ({words!r},)")
    _check(f"a word of {name}", words, str, "write it in quotes")


def _check_parameters(function: object, number: int) -> None:
    wanted = "(bench, row)" if number == 2 else "(bench)"
    if not inspect.isfunction(function):
        raise ConfigurationError(f"@case stands on {function!r}, wanted a function f{wanted}")
    try:
        inspect.signature(function).bind(*range(number))
    except TypeError:
        msg = f"{function.__name__}{inspect.signature(function)} is a case, wanted f{wanted}"
        raise ConfigurationError(msg) from None


def mark_of(function: object) -> CaseMark | None:
    """The mark that `@case` left on a function, if any."""
    mark = getattr(function, "__tcpassay_case__", None)
    return mark if isinstance(mark, CaseMark) else None


def title_of(function: CaseFunction) -> str:
    """The first line of a case's docstring: stimulus; then requirement."""
    return (inspect.getdoc(function) or "").split("\n", 1)[0]
