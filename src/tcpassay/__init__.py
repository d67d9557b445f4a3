"""An assay for TCP stacks: is it what it claims to be?"""

__version__ = "0.1.0"
