"""An agent talked to frame by frame, so that what no tester sends can be sent."""

from __future__ import annotations

import json
import select
import time
from typing import TYPE_CHECKING

from tcpassay.core.errors import AgentFault
from tcpassay.targets.process import launch_of
from tcpassay.targets.program import Program
from tcpassay.targets.protocol import Decoder, Frame, ProtocolError, Type, encode

if TYPE_CHECKING:
    from types import TracebackType

    from tcpassay.targets.manifest import Manifest

_CHUNK = 1 << 18
#: How long an agent may take to end by itself, seconds.
ENDING_S = 2.0


class RawAgent:
    """A fresh agent of a target of kind process; a context manager.

    Raises TargetUnavailableError where it cannot be started. Every wait is bounded by `within_s`.
    """

    def __init__(self, manifest: Manifest, within_s: float) -> None:
        self._within_s = within_s
        self._decoder = Decoder()
        self._frames: list[Frame] = []
        self._stopped = False
        self.program = Program(launch_of(manifest))

    def __enter__(self) -> RawAgent:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.program.stop(0)

    def send(self, octets: bytes) -> None:
        """Octets as they are. Raises AgentFault where nobody takes them."""
        try:
            self.program.channel.sendall(octets)
        except OSError as error:
            raise AgentFault(f"the agent takes no frame: {error.strerror}{self.words()}") from None

    def say(self, kind: Type, step: int, body: object) -> None:
        """One frame; what is no octets goes as JSON."""
        octets = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send(encode(kind, step, 0, octets))

    def hear(self) -> Frame:
        """The next frame. Raises AgentFault: none in time, the end, or a bad one."""
        until = time.monotonic() + self._within_s
        while not self._frames:
            if not self._readable(until - time.monotonic()):
                raise AgentFault(f"nothing comes within {self._within_s:g} s{self.words()}")
            octets = self._received()
            if not octets:
                raise AgentFault(f"the agent {self._end()}{self.words()}")
            self._frames = self._decoder.feed(octets)
        return self._frames.pop(0)

    def answer(self, step: int) -> list[Frame]:
        """All frames up to IDLE. Raises AgentFault; ProtocolError where one has another step."""
        frames: list[Frame] = []
        while not frames or frames[-1].type != Type.IDLE:
            frame = self.hear()
            if frame.step != step:
                raise ProtocolError(f"{Type(frame.type).name} has step {frame.step}, wanted {step}")
            if frame.type == Type.REFUSED:
                raise AgentFault(f"REFUSED: {frame.body.decode(errors='replace')}")
            frames.append(frame)
        return frames

    def status(self) -> int | None:
        """The exit status, or None where the agent goes on for ENDING_S."""
        until = time.monotonic() + ENDING_S
        while self._readable(until - time.monotonic()) and self._received():
            pass  # What it says until it ends does not matter.
        if not self.program.ended(max(0, until - time.monotonic())):
            return None
        self._stopped = True
        return self.program.stop(0)

    def hang_up(self) -> bool:
        """Close our end; whether the agent ends by itself within ENDING_S."""
        self.program.channel.close()
        return self.program.ended(ENDING_S)

    def words(self) -> str:
        """The last line that the agent has printed, if any."""
        if not self._stopped:
            self.program.read_output()
        lines = self.program.stderr.strip().splitlines()
        return f"; it printed last: {lines[-1].strip()[:200]}" if lines else ""

    def _received(self) -> bytes:
        try:
            return self.program.channel.recv(_CHUNK)
        except ConnectionError:
            return b""

    def _readable(self, left_s: float) -> bool:
        waiting = select.poll()
        waiting.register(self.program.channel.fileno(), select.POLLIN)
        return bool(waiting.poll(max(0, left_s) * 1000))

    def _end(self) -> str:
        status = self.status()
        if status is None:
            return "has closed its end of the channel and goes on"
        return f"died by signal {-status}" if status < 0 else f"ended with exit status {status}"
