"""Settings at random: every switch and every choice the stack has, and the sizes that matter.

Switches are found by looking, so that one added later is tried as well. One that would make
a duel mean something else is named here with the reason.
"""

from __future__ import annotations

from dataclasses import fields
from random import Random

from tcpref.settings import CHOICES, Settings

DEFAULTS = Settings()
#: Switches that a duel leaves alone.
LEFT_ALONE = {
    "v6only": "an AF_INET6 socket could not speak IPv4",
    "default_route": "both hosts are on one network",
    "abort_on_overflow": "a full queue ends an open with a reset",
}
#: Switches that stand as another one does. Drawn on their own they would change all schedules.
FOLLOWING = {"rack": "window_scale", "tail_loss_probe": "nagle"}
#: Words that a duel leaves alone.
WORDS_LEFT_ALONE = {
    "resolver": "a duel asks for no names",
    "syn_cookies": "text that overtakes the ACK of the handshake is answered with a reset",
}


def switches() -> tuple[str, ...]:
    """Every setting that is on or off and may be tried either way."""
    return tuple(
        field.name
        for field in fields(Settings)
        if isinstance(field.default, bool) and field.name not in {**LEFT_ALONE, **FOLLOWING}
    )


def draw_switches(rng: Random) -> dict[str, object]:
    """Each switch as it is by default or not, and each choice; half of all draws change much."""
    rate = rng.choice((0.1, 0.5))
    drawn: dict[str, object] = {
        name: not getattr(DEFAULTS, name) for name in switches() if rng.random() < rate
    }
    for name, other in FOLLOWING.items():
        drawn[name] = other not in drawn
    for name, words in CHOICES.items():
        if name not in WORDS_LEFT_ALONE:
            drawn[name] = rng.choice(words)
    return drawn


def draw_settings(rng: Random, *, ip: int, lossy: bool) -> dict[str, object]:
    """Settings of one host of a duel.

    Where segments are lost R2 is long, so that a run of losses seldom ends a connection: it is a
    legal end, but it hides what the schedule was drawn for. FIN-WAIT-2 lasts longer than a reader
    stops, whose keep-alives would meet a reset else.
    """
    links = (1_280, 1_500, 9_000) if ip == 6 else (296, 576, 1_280, 1_500, 9_000)
    return {
        **draw_switches(rng),
        "mtu": rng.choice(links),
        "rcv_buffer": rng.choice((256, 1_000, 3_000, 16_000, 65_535, 300_000)),
        "snd_buffer": rng.choice((256, 2_000, 20_000, 65_536, 300_000)),
        "reassembly_blocks": rng.choice((1, 4, 256)),
        "rto_min_ms": rng.choice((200, 1_000)),
        "delayed_ack_ms": rng.choice((1, 40, 200, 490)),
        "sws_override_ms": rng.choice((100, 500)),
        "msl_s": rng.choice((1, 30, 120)),
        "fin_wait_2_s": 2_000,
        "data_r2_s": 1_500 if lossy else 100,
        "syn_r2_s": 1_500 if lossy else 180,
    }
