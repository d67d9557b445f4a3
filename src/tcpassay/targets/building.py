"""Targets that are built first: what their manifest's [build] asks for, and where it lies."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tcpassay.core.content import content_root
from tcpassay.core.errors import TargetUnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tcpassay.targets.manifest import Build, Manifest

#: Seconds that a build, or apt-get, may take.
LONGEST_S: Final = 1200.0

_DIGEST: Final = ".built-from"
#: What a folder holds beside that from which its agent is built.
_OTHER: Final = frozenset({".md", ".toml", ".pyc"})
_QUOTED: Final = 300


class Missing(NamedTuple):
    """Packages that are not installed: those without which nothing, those without which less."""

    needed: tuple[str, ...]
    optional: tuple[str, ...]


def cache_folder() -> Path:
    """Where built agents and fetched sources lie: outside of the project, `$XDG_CACHE_HOME`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tcpassay"


def built_folder(name: str) -> Path:
    """What `{built}` stands for in the manifest of the target of this name."""
    return cache_folder() / "targets" / name


def check_built(manifest: Manifest) -> None:
    """Raises TargetUnavailableError where the target is to be built, and is not, or from sources
    that have changed since.
    """
    if manifest.build is None:
        return
    try:
        digest = (built_folder(manifest.name) / _DIGEST).read_text()
    except OSError:
        raise TargetUnavailableError(
            f"target {manifest.name!r} is not built; {_advice(manifest)}"
        ) from None
    if digest != _sources(manifest.build):
        raise TargetUnavailableError(
            f"target {manifest.name!r} was built from other sources than these; {_advice(manifest)}"
        )


def is_built(manifest: Manifest) -> bool:
    """Whether the target needs no building, or has been built from the sources as they are."""
    try:
        check_built(manifest)
    except TargetUnavailableError:
        return False
    return True


def missing(build: Build) -> Missing:
    """Which of its packages Debian's package manager does not have; none where there is none."""
    absent = _absent({*build.packages, *build.optional})
    return Missing(
        tuple(name for name in build.packages if name in absent),
        tuple(name for name in build.optional if name in absent),
    )


def install(packages: Sequence[str]) -> None:
    """Install Debian packages, as root. Raises TargetUnavailableError with apt's own words."""
    names = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise TargetUnavailableError(f"missing: {names}; as root: apt-get install {names}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    get = ("apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=120")
    wanted = (*get, "install", "--no-install-recommends", *packages)
    if _run(wanted, None, environment).returncode:
        _run((*get, "update"), None, environment)
        done = _run(wanted, None, environment)
        if done.returncode:
            raise TargetUnavailableError(f"apt-get install {names}: {_last_words(done)}")


def build_agent(manifest: Manifest) -> None:
    """Run the build command. What it leaves in `{built}` takes the place of what was there.

    Raises TargetUnavailableError with the command's own last words.
    """
    if manifest.build is None:
        return
    folder = built_folder(manifest.name)
    digest = _sources(manifest.build)
    (folder / _DIGEST).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    sources = cache_folder() / "sources"
    sources.mkdir(parents=True, exist_ok=True)
    command = [word.replace("{built}", str(folder)) for word in manifest.build.command]
    kit = content_root() / "targets" / "kit"
    environment = {**os.environ, "TCPASSAY_SOURCES": str(sources), "TCPASSAY_KIT": str(kit)}
    try:
        done = _run(command, manifest.build.home, environment)
    except OSError as error:
        raise TargetUnavailableError(
            f"target {manifest.name!r}: cannot run {command[0]!r}: {error.strerror}"
        ) from None
    if done.returncode:
        raise TargetUnavailableError(f"target {manifest.name!r}: {_last_words(done)}")
    (folder / _DIGEST).write_text(digest)


def _sources(build: Build) -> str:
    """A digest of all that the agent is built from: its folder, the kit, and the command."""
    digest = hashlib.sha256("\0".join(build.command).encode())
    for path in sorted(_files((build.home, content_root() / "targets" / "kit"))):
        digest.update(f"\0{path.name}\0".encode())
        digest.update(path.read_bytes())
    digest.update("\0".join(missing(build).optional).encode())
    return digest.hexdigest()


def _files(folders: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for folder in folders:
        found += (
            path
            for path in folder.rglob("*")
            if path.suffix not in _OTHER and path.is_file() and "skeleton" not in path.parts
        )
    return found


def _absent(names: set[str]) -> set[str]:
    if not names or shutil.which("dpkg-query") is None:
        return set()
    query = ("dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n")
    shown = _run((*query, *sorted(names)), None, os.environ)
    lines = (line.split() for line in shown.stdout.splitlines())
    return names - {line[0] for line in lines if line[1:] == ["installed"]}


def _run(
    command: Sequence[str], cwd: Path | None, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 - the manifest's own program, or apt-get
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=LONGEST_S,
        )
    except subprocess.TimeoutExpired:
        raise TargetUnavailableError(
            f"{command[0]!r} had not ended after {LONGEST_S:g} s: {' '.join(command)[:_QUOTED]}"
        ) from None


def _last_words(done: subprocess.CompletedProcess[str]) -> str:
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    words = lines[-1][:_QUOTED] if lines else "it printed nothing"
    return f"exit status {done.returncode}: {words}"


def _advice(manifest: Manifest) -> str:
    return f"run: tcpassay targets build {manifest.name}"
