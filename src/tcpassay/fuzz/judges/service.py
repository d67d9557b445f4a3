"""Liveness: a connection that has been open since the stay began, and a new one now and then.

Both are right in every segment. What they do is in the stack's trace, not in any case's entries.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from tcpassay.core.clock import NS_PER_S
from tcpassay.core.errors import StackFault
from tcpassay.core.events import Call, Returned
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Send, Wait, app_text, peer_text
from tcpassay.fuzz.judges.signs import Sign
from tcpassay.fuzz.playing.player import Apart, Player
from tcpassay.fuzz.playing.reach import opened
from tcpassay.fuzz.robustness import SERVES
from tcpassay.wire import ACK, FIN, RST, SYN, ParseError, Segment, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tcpassay.core.trace import Entry
    from tcpassay.fuzz.cases.steps import Step
    from tcpassay.fuzz.judges.budget import Budget
    from tcpassay.targets.contract import IpVersion, Stack
    from tcpassay.targets.manifest import Manifest

#: Octets that the application is sent and sends.
SIZE = 16
#: Ports of the stack and of the peer, and the first call, where no case has any.
_CANARY = (7_000, 54_000, 1 << 28)
_CLIENT = (7_100, 55_000, 1 << 29)
#: How long a stack may be busy with what is over: on a virtual clock, on a real one.
_PATIENCE_NS = (300 * NS_PER_S,)
_REAL_PATIENCE_NS = (NS_PER_S // 50, NS_PER_S // 4)

_OPENED = opened()
_RECV = Do("recv", "c0", args=(("length", 4 * SIZE), ("flags", ())))
_SEND = Do("send", "c0", args=(("text", SIZE), ("flags", ())))
_ECHO = SIZE + 1
_CLIENTS: tuple[Step, ...] = (
    *_OPENED.steps,
    Send(0, ACK, 1, 1, data=SIZE),
    _RECV,
    _SEND,
    Send(0, ACK, _ECHO, _ECHO),
    Send(0, FIN | ACK, _ECHO, _ECHO),
    _RECV,
    Do("close", "c0"),
    Send(0, ACK, _ECHO + 1, _ECHO + 1),
)


class Service:
    """Whether one stack still serves. Raises what its player raises."""

    def __init__(
        self,
        stack: Stack,
        manifest: Manifest,
        player: Player,
        seed: int,
        like: tuple[IpVersion, tuple[str, ...]],
        budget: Budget | None = None,
    ) -> None:
        self._entries = player.trace.entries
        self._ip = like[0]
        self._canary, self._client = (
            Player(
                stack,
                manifest,
                seed,
                *like,
                apart=Apart(player.trace, *numbers, player.numbers),
                budget=budget,
            )
            for numbers in (_CANARY, _CLIENT)
        )
        virtual = stack.clock_kind == "virtual"
        self._patience = _PATIENCE_NS if virtual else _REAL_PATIENCE_NS
        self._exchanges = 0
        #: Whether a right connection can be opened at all; whether the canary is.
        self.serves = self._open = False

    def begin(self) -> None:
        """Open the canary. A stack on which that fails, fresh as it is, is not judged."""
        with suppress(StackFault):
            self._canary.go_on(_OPENED.steps)
        ends = self._canary.ends(0)
        self.serves = self._open = ends.stack_next is not None and not ends.reset

    def look(self) -> list[Sign]:
        """What is wrong, nothing where both are served."""
        signs: list[Sign] = []
        if not self.serves:
            return signs
        if self._open and (why := self._patiently(self._carry)):
            signs.append(_sign("an open connection", why))
            self._open = False
        if why := self._patiently(self._serve):
            signs.append(_sign("a new connection", why))
        return signs

    def end(self) -> None:
        """Take the canary down."""
        self._canary.end()

    def wait(self, ns: int) -> None:
        """Let time pass, and record what comes in it."""
        self._client.go_on((Wait(ns),))

    def _patiently(self, attempt: Callable[[int], str]) -> str:
        """The last complaint; nothing where one of the attempts is served."""
        why = ""
        first = len(self._entries)
        for pause in (0, *self._patience):
            try:
                if pause:
                    self.wait(pause)
                why = attempt(first)
            except StackFault as fault:
                return str(fault)
            if not why:
                break
        return why

    def _serve(self, _first: int) -> str:
        played = self._client.play(FuzzCase(_CLIENTS, "a new connection", self._ip))
        if played.fault is not None:
            raise played.fault
        return complaint(self._entries[played.first : played.last])

    def _carry(self, first: int) -> str:
        """One exchange of the canary, from entry `first` on; the same again where it failed."""
        at = 1 + self._exchanges * SIZE
        canary = self._canary
        canary.go_on((Send(0, ACK, at, at, data=SIZE), _RECV))
        if not _returned(self._entries[first:], "send", SIZE):
            canary.go_on((_SEND,))
        canary.go_on((Send(0, ACK, at + SIZE, at + SIZE),))
        why = _carried(self._entries[first:], canary.ends(0).local[1], at)
        if not why:
            self._exchanges += 1
        return why


def _sign(what: str, why: str) -> Sign:
    coarse = why if len(why) < 40 else "the stack's end"
    return Sign("liveness", SERVES, f"{what}: {coarse}", f"{what}: {why}", "service goes on")


def complaint(entries: Sequence[Entry]) -> str:
    """What a new connection has not been given, in the order of its life."""
    segments = list(_segments(entries))
    text = b"".join(segment.payload for segment in segments)
    wanted = (
        ("no SYN,ACK", any(segment.has(SYN | ACK) for segment in segments)),
        ("it was not accepted", bool(_returned(entries, "accept4"))),
        ("its text was not given on", _read(entries, peer_text(1, SIZE))),
        ("no text came from it", text.startswith(app_text(1, SIZE))),
        ("its end was not told", any(r.value == 0 for r in _returned(entries, "recv"))),
        ("it was not closed", any(segment.has(FIN) for segment in segments)),
    )
    return next((why for why, met in wanted if not met), "")


def _carried(entries: Sequence[Entry], port: int, at: int) -> str:
    """What an open connection has not been given, whose numbers stood at `at`."""
    segments = [segment for segment in _segments(entries) if segment.sport == port]
    if any(segment.has(RST) for segment in segments):
        return "it was reset"
    if not _read(entries, peer_text(at, SIZE)):
        return "its text was not given on"
    if not any(app_text(at, SIZE) in segment.payload for segment in segments):
        return "no text came from it"
    return ""


def _segments(entries: Sequence[Entry]) -> Iterator[Segment]:
    for entry in entries:
        if entry.kind == "receive" and isinstance(entry.data, bytes):
            try:
                body = parse(entry.data).body
            except ParseError:
                continue
            if isinstance(body, Segment):
                yield body


def _returned(entries: Sequence[Entry], name: str, least: int = 0) -> list[Returned]:
    """What calls of this name have given without an error, from `least` on."""
    ids = {
        each.data.id for each in entries if isinstance(each.data, Call) and each.data.name == name
    }
    return [
        each.data
        for each in entries
        if isinstance(each.data, Returned)
        and each.data.call in ids
        and each.data.errno is None
        and each.data.value >= least
    ]


def _read(entries: Sequence[Entry], text: bytes) -> bool:
    return any(("octets", text) in each.out for each in _returned(entries, "recv"))
