"""JUnit XML held against tests/reports/junit.xsd."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from pathlib import Path

import xmlschema


@cache
def _schema() -> xmlschema.XMLSchema10:
    return xmlschema.XMLSchema10(Path(__file__).with_name("junit.xsd"))


def complaints(xml: str) -> list[str]:
    """What the schema has against a document."""
    root = ET.fromstring(xml)  # noqa: S314 - our own text
    return [f"{error.path}: {error.reason}" for error in _schema().iter_errors(root)]
