"""Tier one of the judge: follows one expected answer a step, and leaves all else to the oracle.

What it accepts, the oracle has nothing against: the state that it follows is one of the oracle's
hypotheses, by the same rules. What it does not accept may be right all the same.
"""

from tcpassay.fuzz.predictor.predictor import Followed, Predictor

__all__ = ["Followed", "Predictor"]
