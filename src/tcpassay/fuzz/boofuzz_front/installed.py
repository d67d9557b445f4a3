"""Whether boofuzz is there, and what to do where it is not. Imports nothing of it."""

from __future__ import annotations

from importlib import import_module, metadata

from tcpassay.core.errors import ConfigurationError

HOW = "python -m pip install 'tcpassay[boofuzz]'"


def require_boofuzz() -> str:
    """The version of boofuzz. Raises ConfigurationError that says how to install it."""
    try:
        import_module("boofuzz")
        return metadata.version("boofuzz")
    except ImportError as error:
        missing = error.name or "boofuzz"
        what = "boofuzz is not installed" if missing == "boofuzz" else f"boofuzz lacks {missing}"
        msg = f"--engine boofuzz: {what}; install it with: {HOW}"
        raise ConfigurationError(msg) from None
