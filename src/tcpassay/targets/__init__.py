"""Stacks under test: how each is named, started, driven and read."""
