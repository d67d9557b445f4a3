"""What every other package stands on: sequence numbers, clocks, events, verdicts, errors."""
