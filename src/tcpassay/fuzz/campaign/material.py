"""What the cases of a campaign are made from, told by digests: other material, other cases."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final

import tcpassay
from tcpassay.core.content import content_root
from tcpassay.fuzz.cases.casejson import case_to_json

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.fuzz.campaign.schedule import Schedule

#: Cases of each source that stand for all: the first ones, which no guidance reaches yet.
_SAMPLE: Final = 64
_FOLDERS: Final = ("campaigns", "corpus", "dictionaries")


def digests(schedule: Schedule) -> dict[str, str]:
    """The tool's version, cases of each source, and each kind of material in `fuzz/`."""
    made = {"tcpassay": tcpassay.__version__}
    for source in schedule.sources:
        count = _SAMPLE if source.total is None else min(_SAMPLE, source.total)
        whole = hashlib.blake2s(digest_size=8)
        for number in range(count):
            whole.update(json.dumps(case_to_json(source.case(number))).encode())
        made[f"the source {source.name!r}"] = whole.hexdigest()
    for name in _FOLDERS:
        folder = content_root() / "fuzz" / name
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
        if files:
            made[f"fuzz/{name}"] = _digest(files, folder)
    return made


def _digest(files: list[Path], root: Path) -> str:
    whole = hashlib.blake2s(digest_size=8)
    for path in sorted(files):
        octets = path.read_bytes()
        whole.update(f"{path.relative_to(root)}\0{len(octets)}\0".encode())
        whole.update(octets)
    return whole.hexdigest()
