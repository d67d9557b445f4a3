"""docs/states.svg: figure 5 of RFC 9293, drawn from the transition table.

The table says which arrows there are and what stands beside them; here stands only where. An arrow
without a place, or a place without an arrow, is an error.
"""

from __future__ import annotations

from itertools import pairwise

from tcpassay.reports.drawing import Route, path, text
from tcpref.tcb import State
from tcpref.transitions import CLOSING, CONNECTED, ENDING, OPENING, Transition

WIDTH, HEIGHT = 1000, 1216
BOX_WIDTH, BOX_HEIGHT = 150, 44
LINE = 15
#: Centres of the states. CLOSED stands at the top, and once more where connections end.
PLACES: dict[State, tuple[int, int]] = {
    State.CLOSED: (500, 70),
    State.LISTEN: (210, 180),
    State.SYN_RECEIVED: (210, 330),
    State.SYN_SENT: (790, 330),
    State.ESTABLISHED: (500, 450),
    State.FIN_WAIT_1: (210, 570),
    State.CLOSE_WAIT: (790, 570),
    State.CLOSING: (570, 690),
    State.FIN_WAIT_2: (210, 770),
    State.LAST_ACK: (790, 770),
    State.TIME_WAIT: (500, 850),
}
END = (790, 850)


CALLS = ("connect", "listen", "close", "abort")
#: Where the arrows of OPENING and CLOSING run.
ROUTES: dict[tuple[State, State], Route] = {
    (State.CLOSED, State.LISTEN): Route(((425, 62), (195, 62), (195, 158)), (187, 104), "end"),
    (State.LISTEN, State.CLOSED): Route(((225, 158), (225, 82), (425, 82)), (237, 112)),
    (State.CLOSED, State.SYN_SENT): Route(((575, 62), (805, 62), (805, 308)), (817, 152)),
    (State.SYN_SENT, State.CLOSED): Route(((775, 308), (775, 82), (575, 82)), (763, 180), "end"),
    (State.LISTEN, State.SYN_RECEIVED): Route(((195, 202), (195, 308)), (187, 244), "end"),
    (State.SYN_RECEIVED, State.CLOSED): Route(((240, 308), (480, 92)), (385, 205)),
    (State.SYN_SENT, State.SYN_RECEIVED): Route(((715, 322), (285, 322)), (500, 300), "middle"),
    (State.SYN_RECEIVED, State.ESTABLISHED): Route(((275, 352), (440, 428)), (318, 420), "end"),
    (State.SYN_SENT, State.ESTABLISHED): Route(((725, 352), (560, 428)), (592, 388), "end"),
    (State.SYN_SENT, State.CLOSE_WAIT): Route(((805, 352), (805, 548)), (817, 450)),
    (State.SYN_RECEIVED, State.FIN_WAIT_1): Route(((195, 352), (195, 548)), (187, 452), "end"),
    (State.SYN_RECEIVED, State.CLOSE_WAIT): Route(
        ((285, 338), (655, 338), (655, 558), (715, 558)), (400, 356)
    ),
    (State.ESTABLISHED, State.FIN_WAIT_1): Route(((440, 472), (275, 548)), (318, 494), "end"),
    (State.ESTABLISHED, State.CLOSE_WAIT): Route(((560, 472), (715, 578)), (622, 530), "end"),
    (State.FIN_WAIT_1, State.FIN_WAIT_2): Route(((195, 592), (195, 748)), (187, 674), "end"),
    (State.FIN_WAIT_1, State.CLOSING): Route(((285, 580), (520, 668)), (430, 602)),
    (State.FIN_WAIT_1, State.TIME_WAIT): Route(((240, 592), (440, 828)), (378, 736)),
    (State.FIN_WAIT_2, State.TIME_WAIT): Route(((285, 784), (425, 842)), (336, 836), "end"),
    (State.CLOSING, State.TIME_WAIT): Route(((550, 712), (550, 828)), (560, 774)),
    (State.CLOSE_WAIT, State.LAST_ACK): Route(((790, 592), (790, 748)), (802, 666)),
    (State.LAST_ACK, State.CLOSED): Route(((790, 792), (790, 828)), (802, 815)),
    (State.TIME_WAIT, State.CLOSED): Route(((575, 843), (715, 843)), (630, 835)),
    (State.TIME_WAIT, State.TIME_WAIT): Route(
        ((550, 872), (550, 905), (605, 905), (605, 862), (575, 862)), (615, 890)
    ),
    (State.TIME_WAIT, State.SYN_RECEIVED): Route(
        ((470, 872), (470, 930), (30, 930), (30, 322), (135, 322)), (40, 948)
    ),
    (State.FIN_WAIT_2, State.CLOSED): Route(
        ((195, 792), (195, 960), (790, 960), (790, 872)), (207, 978)
    ),
}
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .name { font-weight: 600; text-anchor: middle }
  .strong { font-weight: 600 }
  .title { font-size: 18px; font-weight: 600 }
  .note { fill: #59636e }
  .call { fill: #0550ae } .time { fill: #953800 } .sends { fill: #59636e }
  .page { fill: #ffffff }
  .state { fill: #f6f8fa; stroke: #59636e; stroke-width: 1.5 }
  .open { fill: #ddf4ff; stroke: #0969da }
  .arrow { fill: none; stroke: #59636e; stroke-width: 1.5; marker-end: url(#head) }
  .head { fill: #59636e }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .note, .sends { fill: #9198a1 }
    .call { fill: #79c0ff } .time { fill: #ffa657 }
    .page { fill: #0d1117 }
    .state { fill: #151b23; stroke: #9198a1 }
    .open { fill: #121d2f; stroke: #58a6ff }
    .arrow { stroke: #9198a1 }
    .head { fill: #9198a1 }
  }
"""


def svg() -> str:
    """The whole drawing. Raises ValueError where table and places do not agree."""
    arrows = grouped()
    if arrows.keys() != ROUTES.keys():
        told = ", ".join(sorted(f"{a} to {b}" for a, b in arrows.keys() ^ ROUTES.keys()))
        msg = f"ROUTES and the transition table do not agree about {told}"
        raise ValueError(msg)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            'aria-label="The states of a TCP connection and every way between them">'
        ),
        f"<style>{STYLE}</style>",
        (
            '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
            'markerHeight="8" orient="auto"><path class="head" d="M0 0 10 5 0 10z"/></marker>'
            "</defs>"
        ),
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>',
        text((24, 34), "The states of a connection", "title"),
        *legend(),
        *(arrow(ROUTES[pair], rows) for pair, rows in arrows.items()),
        *(box(state, place) for state, place in PLACES.items()),
        box(State.CLOSED, END),
        *endings(),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def grouped() -> dict[tuple[State, State], list[Transition]]:
    """The rows of opening and closing, by the arrow that they share."""
    found: dict[tuple[State, State], list[Transition]] = {}
    for row in (*OPENING, *CLOSING):
        found.setdefault((row.state, row.next), []).append(row)
    return found


def box(state: State, centre: tuple[int, int]) -> str:
    """A state by its name."""
    x, y = centre
    kind = "state open" if state is State.ESTABLISHED else "state"
    left, top = x - BOX_WIDTH // 2, y - BOX_HEIGHT // 2
    return (
        f'<rect class="{kind}" x="{left}" y="{top}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" '
        f'rx="8"/>\n{text((x, y + 5), state.value, "name")}'
    )


def arrow(route: Route, rows: list[Transition]) -> str:
    """An arrow and its rows: what happens, and below it what is sent."""
    words = [f'<path class="arrow" d="{path(route.points)}"/>']
    x, y = route.at
    for row in rows:
        words.append(text((x, y), row.event, kind_of(row.event), route.anchor))
        y += LINE
        if row.sends:
            words.append(text((x, y), f"send {row.sends}", "sends", route.anchor))
            y += LINE
    return "\n".join(words)


def kind_of(event: str) -> str:
    """Calls of the application, segments that arrive and time-outs have a colour each."""
    if event.startswith("rcv"):
        return "segment"
    return "call" if event in CALLS else "time"


def legend() -> list[str]:
    """What the colours say."""
    return [
        text((24, HEIGHT - 18), "a call of the application", "call"),
        text((200, HEIGHT - 18), "a segment arrives", "segment"),
        text((340, HEIGHT - 18), "a time-out", "time"),
        text((440, HEIGHT - 18), "what is sent then; CLOSED stands twice", "note"),
    ]


def endings() -> list[str]:
    """What leads to CLOSED from many states, as lines below the drawing."""
    states: dict[tuple[str, str], list[State]] = {}
    for row in ENDING:
        states.setdefault((row.event, row.sends), []).append(row.state)
    y = 1008
    lines = [text((24, y), "And to CLOSED from many states", "strong")]
    for (event, sends), those in states.items():
        y += LINE + 3
        told = f"{event}, send {sends}" if sends else event
        lines.append(text((24, y), told, kind_of(event)))
        lines.append(text((290, y), spelt(those), "note"))
    return lines


def spelt(states: list[State]) -> str:
    """States in words: by name, or by those that are missing where that is shorter."""
    missing = [state for state in CONNECTED if state not in states]
    if len(missing) < len(states) - 2:
        return "any" + (f" but {' and '.join(missing)}" if missing else "")
    return ", ".join(states)


def lengths() -> list[float]:
    """How long each straight piece of an arrow is, for a test that none is too short to see."""
    return [
        ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        for route in ROUTES.values()
        for (ax, ay), (bx, by) in pairwise(route.points)
    ]
