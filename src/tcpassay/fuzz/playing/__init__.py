"""Cases played on stacks: one on a fresh one, 256 one after the other."""
