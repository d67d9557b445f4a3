"""Finding targets: by name among the project's own, or by the path of anybody's manifest."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import nearest
from tcpassay.targets.manifest_file import load_manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpassay.targets.contract import Target
    from tcpassay.targets.manifest import Manifest, TargetKind

#: Where each kind's class stands. Imported when the first target of the kind is opened.
_CLASSES: dict[TargetKind, tuple[str, str]] = {
    "in-process": ("tcpassay.targets.inprocess", "InProcessTarget"),
    "namespace": ("tcpassay.targets.namespace.target", "NamespaceTarget"),
    "process": ("tcpassay.targets.process", "ProcessTarget"),
    "wire": ("tcpassay.targets.wire.target", "WireTarget"),
}


class Found(NamedTuple):
    """The manifests that could be read, by name, and what was wrong with the others."""

    manifests: list[Manifest]
    problems: list[ConfigurationError]


def find(folder: Path | None = None) -> Found:
    """The targets in `folder` (default: the project's own), each in a folder with a target.toml.

    A manifest that cannot be read is a problem of its own; it hides no other.
    """
    root = folder if folder is not None else content_root() / "targets"
    found = Found([], [])
    for path in sorted(root.glob("*/target.toml")):
        try:
            found.manifests.append(load_manifest(path))
        except ConfigurationError as error:
            found.problems.append(error)
    return found


def available() -> list[Manifest]:
    """The manifests of the project's own targets that are in order, by folder name."""
    return find().manifests


def open_target(name_or_path: str) -> Target:
    """The target of this name, or of the manifest in this folder or file.

    Raises ConfigurationError: unknown name (with the nearest one), or a manifest that is wrong.
    """
    return open_manifest(load(name_or_path))


def open_manifest(manifest: Manifest) -> Target:
    """The target that a manifest describes; nothing is started yet."""
    module, name = _CLASSES[manifest.kind]
    make: Callable[[Manifest], Target] = getattr(import_module(module), name)
    return make(manifest)


def load(name_or_path: str) -> Manifest:
    """The manifest of this name, or in this folder or file. Raises as open_target."""
    if "/" not in name_or_path and not name_or_path.endswith(".toml"):
        folder = content_root() / "targets" / name_or_path
        if (folder / "target.toml").is_file():
            return load_manifest(folder)
    path = Path(name_or_path).expanduser()
    if path.is_file() or (path / "target.toml").is_file():
        return load_manifest(path)
    if path.is_dir():
        raise ConfigurationError(f"{path}: no target.toml in this folder")
    if "/" in name_or_path or name_or_path.endswith(".toml"):
        raise ConfigurationError(
            f"{path}: no such file; name a target.toml, its folder, or a target of "
            f"`tcpassay targets`"
        )
    return _by_manifest_name(name_or_path)


def _by_manifest_name(name: str) -> Manifest:
    manifests = available()
    for manifest in manifests:
        if manifest.name == name:
            return manifest
    names = [manifest.name for manifest in manifests]
    raise ConfigurationError(
        f"unknown target {name!r}{nearest(name, names)}; there are: "
        f"{', '.join(names) or 'none'}; or give the path of a target.toml"
    )
