"""Where the states and arrows of the state diagram lie: the shape of RFC 9293, figure 5."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.reports.drawing import Route

if TYPE_CHECKING:
    from tcpassay.model.tcb import State

WIDTH = 1000
BOX_WIDTH, BOX_HEIGHT = 150, 44

#: Centres of the states. CLOSED stands at the top, and once more where connections end.
PLACES: dict[State, tuple[int, int]] = {
    "CLOSED": (500, 70),
    "LISTEN": (500, 190),
    "SYN-RECEIVED": (210, 330),
    "SYN-SENT": (790, 330),
    "ESTABLISHED": (500, 450),
    "FIN-WAIT-1": (210, 580),
    "CLOSE-WAIT": (790, 580),
    "CLOSING": (620, 680),
    "FIN-WAIT-2": (210, 770),
    "LAST-ACK": (790, 745),
    "TIME-WAIT": (500, 850),
}
END = (790, 850)

#: The way of the arrow between two states. What has none is listed below the drawing.
ROUTES: dict[tuple[State, State], Route] = {
    ("CLOSED", "LISTEN"): Route(((470, 92), (470, 168)), (460, 134), "end"),
    ("LISTEN", "CLOSED"): Route(((530, 168), (530, 92)), (540, 134)),
    ("CLOSED", "SYN-SENT"): Route(((575, 62), (820, 62), (820, 308)), (832, 180)),
    ("SYN-SENT", "CLOSED"): Route(((780, 308), (780, 82), (575, 82)), (770, 120), "end"),
    ("LISTEN", "SYN-RECEIVED"): Route(((425, 182), (180, 182), (180, 308)), (168, 240), "end"),
    ("SYN-RECEIVED", "LISTEN"): Route(((230, 308), (230, 200), (425, 200)), (242, 226)),
    ("LISTEN", "SYN-SENT"): Route(((575, 190), (745, 190), (745, 308)), (733, 226), "end"),
    ("SYN-SENT", "SYN-RECEIVED"): Route(((715, 322), (285, 322)), (500, 296), "middle"),
    ("SYN-RECEIVED", "ESTABLISHED"): Route(((255, 352), (440, 428)), (322, 406), "end"),
    ("SYN-RECEIVED", "CLOSE-WAIT"): Route(
        ((285, 340), (650, 340), (650, 588), (715, 588)), (370, 357)
    ),
    ("SYN-SENT", "ESTABLISHED"): Route(((745, 352), (560, 428)), (672, 406)),
    ("SYN-SENT", "CLOSE-WAIT"): Route(((820, 352), (820, 558)), (832, 450)),
    ("SYN-RECEIVED", "FIN-WAIT-1"): Route(((180, 352), (180, 558)), (168, 450), "end"),
    ("ESTABLISHED", "FIN-WAIT-1"): Route(((440, 472), (255, 558)), (322, 506), "end"),
    ("ESTABLISHED", "CLOSE-WAIT"): Route(((560, 472), (745, 558)), (598, 520), "end"),
    ("FIN-WAIT-1", "FIN-WAIT-2"): Route(((180, 602), (180, 748)), (168, 680), "end"),
    ("FIN-WAIT-1", "CLOSING"): Route(((285, 588), (560, 658)), (412, 600)),
    ("FIN-WAIT-1", "TIME-WAIT"): Route(((245, 602), (455, 828)), (374, 716)),
    ("FIN-WAIT-2", "TIME-WAIT"): Route(((270, 792), (425, 843)), (334, 836), "end"),
    ("CLOSING", "TIME-WAIT"): Route(((615, 702), (555, 828)), (588, 792)),
    ("CLOSE-WAIT", "LAST-ACK"): Route(((790, 602), (790, 723)), (802, 660)),
    ("LAST-ACK", "CLOSED"): Route(((790, 767), (790, 828)), (802, 802)),
    ("TIME-WAIT", "CLOSED"): Route(((575, 850), (715, 850)), (645, 841), "middle"),
    ("TIME-WAIT", "SYN-RECEIVED"): Route(
        ((500, 872), (500, 905), (20, 905), (20, 330), (135, 330)), (32, 880)
    ),
}
#: The lowest line of the drawing proper.
BOTTOM = 920
