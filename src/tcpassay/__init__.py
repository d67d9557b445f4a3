"""An assay for TCP stacks: what a stack claims to be, and what it is."""

__version__ = "0.1.0"
