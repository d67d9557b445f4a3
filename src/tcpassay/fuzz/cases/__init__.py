"""Cases: steps in relative numbers, as values, text, JSON and octets."""
