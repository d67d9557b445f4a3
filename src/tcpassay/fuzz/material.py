"""What the cases of a campaign are made from, told by digests: other material, other cases."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import tcpassay
from tcpassay.core.content import content_root

#: Modules of this package that no case depends on.
_NO_PART_IN_CASES: Final = (
    "__init__", "alarms", "alone", "coverage", "crew", "engine", "faults", "happenings",
    "judging", "keeping", "lines", "material", "orders", "robustness", "stay", "stays_file",
    "store", "worker",
)  # fmt: skip


def digests() -> dict[str, str]:
    """The tool's version, its code that makes cases, and each kind of material in `fuzz/`."""
    here = Path(__file__).parent
    code = [path for path in here.rglob("*.py") if path.stem not in _NO_PART_IN_CASES]
    made = {"tcpassay": tcpassay.__version__, "the code that makes cases": _digest(code, here)}
    for name in ("campaigns", "corpus", "dictionaries"):
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
