"""Writes fuzz/corpus/conformance.jsonl: what the conformance suite does, as cases of the fuzzer.

Run as `python -m tests.fuzz.make_corpus` where cases or triples have changed much. A case of the
suite is kept where its steps bring triples on the reference stack that no earlier one has.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.load import load_cases
from tcpassay.conformance.plan import PlannedRun
from tcpassay.conformance.select import why_unsupported
from tcpassay.fuzz.cases.steps import FuzzCase, Send, Wait
from tcpassay.fuzz.classes import STIMULI, answer_class, input_class
from tcpassay.fuzz.judging import Judge, Stimulus, _stimulus
from tcpassay.fuzz.playing.player import Player
from tcpassay.fuzz.sources.corpus import seeds_folder
from tcpassay.fuzz.sources.entries import Entry
from tcpassay.model.catalogue import load_catalogue
from tcpassay.model.oracle.oracle import Oracle
from tcpassay.targets.contract import StackOptions
from tcpassay.targets.registry import open_target
from tests.fuzz.steps_of_trace import steps_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tcpassay.fuzz.sources.entries import Triple
    from tcpassay.targets.contract import Target

#: Steps of a case that is kept, the fewest and the most, and how long it may wait in all.
LEAST, MOST, LONGEST_NS = 6, 36, 600 * 10**9
#: A case is kept for so many new triples.
WORTH = 3


def recorded(target: Target) -> Iterator[FuzzCase]:
    """The cases of the suite that have steps enough, as the fuzzer would play them."""
    catalogue = load_catalogue()
    context = Context(target, target.version(), catalogue, Expectations(), 0, 20.0)
    for case in load_cases():
        if why_unsupported(case, target.manifest, catalogue) or case.mark.settings:
            continue
        _, trace = run_case(context, PlannedRun(case, 4))
        steps = steps_of(trace)
        waits = sum(step.ns for step in steps if isinstance(step, Wait))
        segments = sum(isinstance(step, Send) for step in steps)
        if LEAST <= len(steps) <= MOST and waits <= LONGEST_NS and segments > 2:
            yield FuzzCase(steps, f"conformance/{case.id}")


def triples_of(target: Target, case: FuzzCase) -> list[Triple]:
    """What a case brings on a fresh stack."""
    stack = target.start(StackOptions(seed=1))
    player = Player(stack, target.manifest, 1, 4)
    player.play(case)
    stack.close()
    entries = player.trace.entries
    limits = Judge(target.manifest, target.version()).limits(())
    oracle = Oracle(player.trace.stack_addresses, limits)
    triples: list[Triple] = []
    stimulus = Stimulus(0, "CLOSED", None)
    for at, entry in enumerate(entries):
        if entry.kind in STIMULI:
            stimulus = _stimulus(oracle, entry, at, stimulus)
            word = input_class(entry, stimulus.tcb)
            triples.append((stimulus.state, word, answer_class(entries, at)))
        oracle.take(entry)
    return triples


def main() -> None:
    """Write the file."""
    target = open_target("reference")
    known: set[Triple] = set()
    lines = []
    for case in recorded(target):
        fresh = [triple for triple in triples_of(target, case) if triple not in known]
        if len(set(fresh)) >= WORTH:
            known.update(fresh)
            lines.append(json.dumps(Entry(-1, case, state=fresh[-1][0]).to_json()) + "\n")
    path = seeds_folder() / "conformance.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines))
    sys.stdout.write(f"{path}: {len(lines)} cases, {len(known)} triples\n")


if __name__ == "__main__":
    main()
