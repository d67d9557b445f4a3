"""boofuzz's session: a node for each place, and behind each of them every segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boofuzz
from boofuzz import Request, Static, Target
from boofuzz.fuzz_logger import FuzzLogger
from boofuzz.mutation_context import MutationContext

from tcpassay.fuzz.boofuzz_front.connection import Connection
from tcpassay.fuzz.boofuzz_front.log import MemoryLog
from tcpassay.fuzz.boofuzz_front.monitor import JudgeMonitor
from tcpassay.fuzz.boofuzz_front.request import segments
from tcpassay.fuzz.sources.places import PLACES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boofuzz.data_test_case import DataTestCase
    from boofuzz.sessions import Connection as Edge

    from tcpassay.fuzz.boofuzz_front.source import Drawn
    from tcpassay.fuzz.sources.places import Place

#: boofuzz gives up on a request behind so many failures; a finding is no reason to.
NEVER = 10**9


class Session(boofuzz.Session):
    """A session with nothing on disk, no lines on the console and no pauses.

    `fuzz()` is boofuzz's own loop over all cases; `run` is one case of it.
    """

    def __init__(
        self,
        connection: Connection,
        where: Iterable[Place] = PLACES,
        first: int = 0,
        last: int | None = None,
    ) -> None:
        super().__init__(
            index_start=first + 1,
            index_end=last,
            web_port=None,
            keep_web_open=False,
            crash_threshold_request=NEVER,
            crash_threshold_element=NEVER,
            restart_sleep_time=0,
            receive_data_after_each_request=False,
            receive_data_after_fuzz=True,
            fuzz_loggers=[],
            db_filename=":memory:",
        )
        # boofuzz makes its database whatever it is asked, and would commit to it each case.
        self._db_logger._database_connection.close()
        self._log = MemoryLog()
        self._fuzz_data_logger = FuzzLogger([self._log])
        self.add_target(Target(connection, monitors=[JudgeMonitor(connection)]))
        #: The path to each segment at each place, by both names.
        self.paths: dict[tuple[str, str], list[Edge]] = {}
        requests = segments()
        for place in where:
            at = Request(place.name, children=(Static("name", place.name),))
            way = self.connect(at)
            for request in requests:
                self.paths[place.name, request.name] = [way, self.connect(at, request)]

    def run(self, number: int, drawn: Drawn) -> None:
        """Case `number`, from 0: what boofuzz's loop does with a case."""
        path = self.paths[drawn.place.name, drawn.segment]
        mutations = MutationContext(mutations=drawn.edits, message_path=path)
        first = drawn.edits[0]
        self.fuzz_node = self.nodes[path[-1].dst]
        self.fuzz_node.mutant = self.fuzz_node.names[first.qualified_name]
        self.mutant_index = first.index + 1
        self.total_mutant_index = number + 1
        self._fuzz_current_case(mutations)
        self.num_cases_actually_fuzzed += 1

    def add_target(self, target: Target) -> None:
        """Without the monitor that would call callbacks: there are none."""
        target.set_fuzz_data_logger(self._fuzz_data_logger)
        self.targets.append(target)

    def test_case_data(self, index: int) -> DataTestCase | None:
        """The log of a case, None for one that is no longer kept."""
        return self._log.case(index)

    @property
    def procmon_results(self) -> dict[int, list[bytes]]:
        """`monitor_results` by the name under which the page of a case asks for them."""
        found = self.monitor_results.items()
        return {index: [text.encode() for text in texts] for index, texts in found}
