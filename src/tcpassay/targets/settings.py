"""What a stack is started with: the manifest's settings, then the case's, then its overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tcpassay.targets.contract import StackOptions
    from tcpassay.targets.manifest import Manifest


def merged(manifest: Manifest, options: StackOptions, key: str) -> dict[str, object]:
    """`start.KEY`, then `settings.NAME.KEY` in the order asked for, then `options.overrides`.

    Raises ConfigurationError for a name that the manifest does not have.
    """
    result = dict(_table(manifest.start, key))
    for name in options.settings:
        if name not in manifest.settings:
            raise ConfigurationError(
                f"{manifest.path}: target {manifest.name!r} has no [settings.{name}]"
                f"{nearest(name, manifest.settings)}; add the table, empty if there is nothing "
                "to change"
            )
        result.update(_table(manifest.settings[name], key))
    result.update(options.overrides)
    return result


def _table(table: Mapping[str, object], key: str) -> dict[str, object]:
    found = table.get(key, {})
    return found if isinstance(found, dict) else {}
