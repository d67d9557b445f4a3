"""Tests of the rules and of the oracle that applies them."""
