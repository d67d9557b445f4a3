"""The session's log in memory: the last cases, step by step, for the web interface."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from boofuzz.data_test_case import DataTestCase
from boofuzz.data_test_step import DataTestStep
from boofuzz.ifuzz_logger import IFuzzLogger

#: Cases whose log is kept: the last ones, and the last ones that something was wrong with.
KEPT = 1_000


@dataclass(frozen=True, slots=True)
class _Case:
    name: str
    index: int
    begun: float
    steps: list[tuple[str, str, bytes]]


class MemoryLog(IFuzzLogger):
    """Keeps what boofuzz logs, as it is given. Costs about 0.3 us a line, 20 lines a case.

    boofuzz's own log in memory is a database with a transaction a case, from which nothing goes.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._cases: OrderedDict[int, _Case] = OrderedDict()
        self._failed: OrderedDict[int, _Case] = OrderedDict()
        self._now = _Case("", 0, 0.0, [])

    def open_test_case(
        self,
        test_case_id: str,  # noqa: ARG002 - boofuzz's signature
        name: str,
        index: int,
        *_: object,
        **__: object,
    ) -> None:
        """A case begins."""
        self._now = self._cases[index] = _Case(name, index, time.time(), [])
        if len(self._cases) > self._kept:
            self._cases.popitem(last=False)

    def open_test_step(self, description: str) -> None:
        """A step begins."""
        self._now.steps.append(("step", description, b""))

    def log_check(self, description: str) -> None:
        """Something is looked at."""
        self._now.steps.append(("check", description, b""))

    def log_info(self, description: str) -> None:
        """A remark."""
        self._now.steps.append(("info", description, b""))

    def log_pass(self, description: str = "") -> None:
        """Something is as it should be."""
        self._now.steps.append(("pass", description, b""))

    def log_send(self, data: bytes) -> None:
        """What went out."""
        self._now.steps.append(("send", "", data))

    def log_recv(self, data: bytes) -> None:
        """What came back."""
        self._now.steps.append(("receive", "", data))

    def log_fail(self, description: str = "") -> None:
        """Something is wrong with the target."""
        self._wrong("fail", description)

    def log_error(self, description: str) -> None:
        """Something is wrong with the session."""
        self._wrong("error", description)

    def _wrong(self, kind: str, description: str) -> None:
        self._now.steps.append((kind, description, b""))
        self._failed[self._now.index] = self._now
        if len(self._failed) > self._kept:
            self._failed.popitem(last=False)

    def close_test_case(self) -> None:
        """The case is over."""

    def close_test(self) -> None:
        """The session is over."""

    def case(self, index: int) -> DataTestCase | None:
        """The log of a case, by boofuzz's index from 1 on; None for one that is not kept."""
        case = self._cases.get(index) or self._failed.get(index)
        if case is None:
            return None
        at = time.strftime("[%Y-%m-%d %H:%M:%S]", time.localtime(case.begun))
        steps = [
            DataTestStep(type=kind, description=text, data=data, timestamp=at, truncated=False)
            for kind, text, data in case.steps.copy()
        ]
        return DataTestCase(name=case.name, index=case.index, timestamp=at, steps=steps)
