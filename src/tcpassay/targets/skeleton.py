"""`tcpassay targets new`: a folder with an agent that works, for a stack of one's own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.targets.manifest_file import NAME_WANTED, is_name

if TYPE_CHECKING:
    from pathlib import Path


class Kit(NamedTuple):
    """A language's side of the protocol, which is copied beside the agent; how that is started."""

    protocol: tuple[str, ...]
    command: str


KITS: Final = {
    "c": Kit(("tcpassay_agent.h", "tcpassay_calls.h", "tcpassay_json.h"), '"./mystack-agent"'),
    "python": Kit(("tcpassay_agent.py",), '"{python}", "agent.py"'),
    "go": Kit(("tcpassay_agent.go",), '"./mystack-agent"'),
}
#: The skeletons' own name and command, in place of which the new ones are written.
_NAME, _COMMAND = "mystack", '"COMMAND"'


def kit_folder() -> Path:
    """Where the sides of the protocol and the skeletons lie."""
    return content_root() / "targets" / "kit"


def write_skeleton(name: str, language: str, folder: Path) -> list[Path]:
    """Write the skeleton of a target to a new folder; the files, in order.

    Raises ConfigurationError: a name that no manifest may have, a language without a kit, a
    folder that is there already or cannot be made.
    """
    if not is_name(name):
        raise ConfigurationError(f"the name {name!r} of a target: wanted {NAME_WANTED}")
    if language not in KITS:
        raise ConfigurationError(f"no skeleton in {language!r}; there are: {', '.join(KITS)}")
    if folder.exists() or folder.is_symlink():
        raise ConfigurationError(f"{folder}: is there already; name another place with --into")
    kit = KITS[language]
    source = kit_folder() / language
    try:
        folder.mkdir(parents=True)
        for file in kit.protocol:
            shutil.copy(source / file, folder)
        for skeleton in (kit_folder() / "skeleton", source / "skeleton"):
            for path in skeleton.iterdir():
                if path.is_file():
                    _fill(path, folder / path.name, kit.command, name)
    except OSError as error:
        raise ConfigurationError(f"{error.filename or folder}: {error.strerror}") from None
    return sorted(folder.iterdir())


def _fill(source: Path, to: Path, command: str, name: str) -> None:
    text = source.read_text().replace(_COMMAND, command)
    to.write_text(text.replace(_NAME, name))
    to.chmod(source.stat().st_mode & 0o777)
