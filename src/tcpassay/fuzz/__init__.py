"""The fuzzer: cases as lists of steps, played on stacks, judged by the oracle, kept as traces."""
