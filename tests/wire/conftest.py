"""Scapy, loaded once and only where a test compares with it."""

from __future__ import annotations

import pytest

from tcpassay.wire import scapy_edge


@pytest.fixture(scope="session")
def scapy() -> None:
    """Scapy's IP layers are imported, without their warnings."""
    scapy_edge.load()
