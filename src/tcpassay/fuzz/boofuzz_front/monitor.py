"""What boofuzz asks whether a case went well: our judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boofuzz.monitors import BaseMonitor

if TYPE_CHECKING:
    from boofuzz import Session, Target
    from boofuzz.fuzz_logger import FuzzLogger

    from tcpassay.fuzz.alarms import Key
    from tcpassay.fuzz.boofuzz_front.connection import Connection


class JudgeMonitor(BaseMonitor):
    """Says what the judge has said. What was said before, and what is expected, is no failure."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._known: set[Key] = set()
        self._synopsis = ""

    def __str__(self) -> str:
        return "tcpassay"

    def pre_send(
        self,
        target: Target | None = None,  # noqa: ARG002 - boofuzz's signature
        fuzz_data_logger: FuzzLogger | None = None,  # noqa: ARG002 - given by name
        session: Session | None = None,
    ) -> None:
        """Give the connection the number and the name of the case to come."""
        if session is not None:
            self._connection.begins(session.total_mutant_index - 1, session.current_test_case_name)

    def post_send(
        self,
        target: Target | None = None,  # noqa: ARG002 - given by name
        fuzz_data_logger: FuzzLogger | None = None,
        session: Session | None = None,  # noqa: ARG002 - given by name
    ) -> bool:
        """Whether nothing is wrong that was not known."""
        ran = self._connection.ran
        new = []
        for alarm in ran.alarms if ran is not None else ():
            if fuzz_data_logger is not None:
                fuzz_data_logger.log_info(str(alarm))
            if not alarm.explained and alarm.key not in self._known:
                self._known.add(alarm.key)
                new.append(str(alarm))
        self._synopsis = "; ".join(new)
        return not new

    def get_crash_synopsis(self) -> str:
        """What was new and wrong with the last case."""
        return self._synopsis
