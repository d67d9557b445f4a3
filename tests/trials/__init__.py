"""Trials of the reference stack in virtual time: duels over bad links, and fuzzed datagrams.

`python -m tests.trials duel|fuzz` runs the long forms and replays one seed; the short forms are
tests. What both share: `invariants` and `leftovers` look at a stack, `observer` at the wire.
"""
