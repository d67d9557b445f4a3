"""Mutants hunted: what the fuzzer finds of faults that are planted."""
