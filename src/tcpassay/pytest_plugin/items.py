"""A file of cases, and a case on one target, as pytest sees them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tcpassay.conformance.load import load_cases
from tcpassay.conformance.matrix import judging
from tcpassay.conformance.matrix.cases import matrix_cases
from tcpassay.core.errors import TcpassayError
from tcpassay.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _pytest._code.code import ExceptionInfo, TerminalRepr, TracebackStyle

    from tcpassay.conformance.case import Case
    from tcpassay.conformance.plan import PlannedRun
    from tcpassay.conformance.result import CaseResult
    from tcpassay.pytest_plugin.session import Conformance


#: Where pytest says that the rows of the matrix stand.
MATRIX_FILE = Path(judging.__file__)


class Ended(NamedTuple):
    """A case's result and its story, as the console tells it.

    `alarmed`: its trace violates a requirement that the target's expectations do not name. No item
    stands for a requirement, so the item of the case says it.
    """

    result: CaseResult
    story: str
    alarmed: bool


class NotAsExpectedError(Exception):
    """A verdict of the case or the oracle that is not expected; the text is the case's story."""


class CaseFile(pytest.File):
    """A Python file with functions that `@case` marks."""

    conformance: Conformance

    def cases(self) -> tuple[Case, ...]:
        """The file's cases."""
        return load_cases(self.path)

    def collect(self) -> Iterator[CaseItem | SlowItem]:
        """The file's cases on every target."""
        for plan in self.conformance.plans(self.cases()):
            for run in plan.runs:
                yield CaseItem.make(self, plan.name, run)
            for left in plan.not_run:
                name = f"{_local_name(left.case)}[{plan.name}]"
                item: SlowItem = SlowItem.from_parent(self, name=name)
                item.reason = left.reason.replace("; --", "; tcpassay run --")
                yield item

    def repr_failure(  # type: ignore[override]
        self, excinfo: ExceptionInfo[BaseException]
    ) -> str | TerminalRepr:
        """One line for what is wrong with the file."""
        if isinstance(excinfo.value, TcpassayError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class MatrixFile(CaseFile):
    """The rows of the matrix, which no file lists: they stand where they are judged."""

    def cases(self) -> tuple[Case, ...]:
        """The rows of a run without --full."""
        return tuple(matrix_cases())


class SlowItem(pytest.Item):
    """A case that is left out, and says why."""

    reason: str

    def runtest(self) -> None:
        """Skip."""
        raise pytest.skip.Exception(self.reason, _use_item_location=True)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where pytest says that the item stands."""
        return self.path, 0, self.name


class CaseItem(pytest.Item):
    """One case on one target and one IP version. `ended` is set once it has a verdict."""

    conformance: Conformance
    target: str
    run: PlannedRun
    ended: Ended | None = None
    not_started: str | None = None

    @classmethod
    def make(cls, parent: CaseFile, target: str, run: PlannedRun) -> CaseItem:
        """The item of a planned run."""
        version = "-ip6" if run.ip == 6 else ""
        name = f"{_local_name(run.case.id)}[{target}{version}]"
        item: CaseItem = cls.from_parent(parent, name=name)
        item.conformance, item.target, item.run = parent.conformance, target, run
        item.extra_keyword_matches.update({target, run.case.id, *run.case.mark.requirements})
        item.user_properties += [("requirement", name) for name in run.case.mark.requirements]
        return item

    def setup(self) -> None:
        """A target that did not start is an error of the set-up."""
        if self.not_started is None and self.ended is None:
            self.conformance.run_alone(self)
        if self.not_started is not None:
            msg = f"target {self.target} did not start: {self.not_started}"
            pytest.fail(msg, pytrace=False)

    def runtest(self) -> None:
        """Turn the verdict into pytest's outcome."""
        assert self.ended is not None  # noqa: S101 - setup() saw to it
        result = self.ended.result
        if not result.as_expected or result.verdict is Verdict.ERROR or self.ended.alarmed:
            raise NotAsExpectedError(self.ended.story)
        if result.verdict is Verdict.UNSUPPORTED:
            raise pytest.skip.Exception(f"unsupported: {result.message}", _use_item_location=True)
        if result.verdict not in {Verdict.PASS, Verdict.INFO}:
            pytest.xfail(f"{result.verdict}: {result.explanation or result.message}")

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], style: TracebackStyle | None = None
    ) -> str | TerminalRepr:
        """The case's story rather than a traceback through the runner."""
        if isinstance(excinfo.value, NotAsExpectedError | TcpassayError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the case is written."""
        return self.path, self.run.case.line - 1, self.name


def _local_name(case_id: str) -> str:
    """The function and its row: what an id has below source and section, or a matrix row's all."""
    if case_id.startswith("matrix/"):
        return case_id
    return "/".join(case_id.split("/")[2:]) or case_id
