"""The colours of the picture of the matrix, for a light and a dark scheme.

What is not met is darker or brighter than all else, so that it is found at a glance; each verdict
has its letter as well.
"""

from __future__ import annotations

from typing import NamedTuple

from tcpassay.core.verdict import Verdict


class Colours(NamedTuple):
    """Ground and letter, light and dark."""

    ground: str
    letter: str
    dark_ground: str
    dark_letter: str


#: By verdict; None is what was not run.
COLOURS: dict[Verdict | None, Colours] = {
    Verdict.PASS: Colours("#d4efdc", "#1a6b35", "#173a25", "#7fdca0"),
    Verdict.INFO: Colours("#cfe4fb", "#0a4a8f", "#14324f", "#8cc2ff"),
    Verdict.DEVIATION: Colours("#f2b13c", "#402a00", "#c98a1b", "#1a1000"),
    Verdict.FAIL: Colours("#c9252d", "#ffffff", "#f0625a", "#210302"),
    Verdict.INCONCLUSIVE: Colours("#e0cff7", "#5b2a94", "#3d2760", "#d5bcff"),
    Verdict.ERROR: Colours("#24292f", "#ffffff", "#f0f6fc", "#0d1117"),
    Verdict.UNSUPPORTED: Colours("#e9ecef", "#59636e", "#22272e", "#9198a1"),
    None: Colours("#ffffff", "#59636e", "#0d1117", "#9198a1"),
}


def name_of(verdict: Verdict | None) -> str:
    """What classes and ids call a verdict."""
    return verdict.value if verdict is not None else "none"


def style() -> str:
    """The style sheet; all names begin at `.tcp-matrix`."""
    light = "\n".join(_rules(verdict, c.ground, c.letter) for verdict, c in COLOURS.items())
    dark = "\n".join(
        _rules(verdict, c.dark_ground, c.dark_letter) for verdict, c in COLOURS.items()
    )
    return f"""
.tcp-matrix text {{ font: 11px system-ui, sans-serif; fill: #1f2328 }}
.tcp-matrix .title {{ font-size: 17px; font-weight: 600 }}
.tcp-matrix .name {{ font-weight: 600 }}
.tcp-matrix .note {{ fill: #59636e }}
.tcp-matrix .small {{ font-size: 8.5px; fill: #59636e }}
.tcp-matrix .letter {{ font: 600 8px ui-monospace, monospace; text-anchor: middle }}
.tcp-matrix .page {{ fill: #ffffff }}
.tcp-matrix .tick {{ stroke: #b7bfc8; fill: none }}
.tcp-matrix .mark {{ stroke: #1f2328; stroke-width: 1.5; fill: none }}
{light}
@media (prefers-color-scheme: dark) {{
.tcp-matrix text {{ fill: #f0f6fc }}
.tcp-matrix .note, .tcp-matrix .small {{ fill: #9198a1 }}
.tcp-matrix .page {{ fill: #0d1117 }}
.tcp-matrix .tick {{ stroke: #4a525c }}
.tcp-matrix .mark {{ stroke: #f0f6fc }}
{dark}
}}
"""


def _rules(verdict: Verdict | None, ground: str, letter: str) -> str:
    name = name_of(verdict)
    return (
        f".tcp-matrix .on-{name} {{ fill: {ground} }}\n"
        f".tcp-matrix .letter.{name} {{ fill: {letter} }}"
    )
