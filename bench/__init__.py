"""Benchmarks: `python -m bench` prints figures and the ratios that hold them."""
