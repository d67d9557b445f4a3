"""What a run shows: console, JSON, JUnit, captures."""
