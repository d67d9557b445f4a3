"""The judges beside the oracle: text, service, leaks, storms, strays, and another target's word."""
