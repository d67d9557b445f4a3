"""Mutants: the reference stack with one planted fault each, to prove that cases can fail.

A mutant is a Python file in `targets/mutants/`: its docstring says what a user would suffer,
`REQUIREMENT` names the catalogue entry that it breaks, and `plant(patch)` replaces a function,
method or constant of the reference stack.
"""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass, replace
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import TYPE_CHECKING

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.failed_import import failed_line, told
from tcpassay.targets.inprocess import InProcessTarget
from tcpassay.targets.registry import load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tcpassay.targets.manifest import Manifest

#: The target that a fault is planted in where its file names no other.
REFERENCE = "reference"
#: How the names of mutants as targets begin.
MUTANTS = "mutants/"


class Patch:
    """Replaces attributes, and puts them back.

    What a module offers is replaced in every module of its package that imported it by that name:
    a fault takes hold however the callers reach the function.
    """

    def __init__(self) -> None:
        self._undo: list[tuple[object, str, object]] = []

    def __call__(self, owner: object, name: str, value: object) -> None:
        """Set `owner.name` to `value`; AttributeError if `owner` defines no such name itself."""
        # Read from __dict__, so that properties and static methods keep their wrapping.
        if name not in vars(owner):
            msg = f"{getattr(owner, '__name__', owner)} defines no {name!r}"
            raise AttributeError(msg)
        old = vars(owner)[name]
        for holder in (owner, *_importers(owner, name, old)):
            self._undo.append((holder, name, old))
            setattr(holder, name, value)

    def replaced(self) -> tuple[object, ...]:
        """What has been replaced: functions, properties, constants, as they were."""
        return tuple(old for _, _, old in self._undo)

    def undo(self) -> None:
        """Put back everything, last first."""
        while self._undo:
            setattr(*self._undo.pop())


def _importers(owner: object, name: str, value: object) -> Iterator[ModuleType]:
    """The other modules of the owner's package that hold `value` under `name`."""
    if not isinstance(owner, ModuleType):
        return
    package = owner.__name__.partition(".")[0]
    for path, module in tuple(sys.modules.items()):
        of_package = path == package or path.startswith(f"{package}.")
        if of_package and module is not owner and vars(module).get(name) is value:
            yield module


@dataclass(frozen=True, slots=True)
class Mutant:
    """One planted fault: its name, the requirement it breaks, what a user would suffer.

    `base` is the target it is planted in: the reference stack, or a variant with other settings.
    """

    name: str
    requirement: str
    suffers: str
    path: Path
    plant: Callable[[Patch], None]
    base: str = REFERENCE

    def target(self, reference: Manifest) -> MutantTarget:
        """The reference stack with this fault; the fault stays planted until it is closed."""
        return MutantTarget(reference, self)


class MutantTarget(InProcessTarget):
    """The reference stack with a fault in it. One at a time in a process.

    While it is open every stack of the reference in this process has the fault.
    """

    def __init__(self, reference: Manifest, mutant: Mutant) -> None:
        super().__init__(replace(reference, name=f"{MUTANTS}{mutant.name}"))
        # Opening the target once loads the stack's modules, so that there is something to patch.
        self.version()
        self._patch = Patch()
        try:
            mutant.plant(self._patch)
        except Exception as error:
            self._patch.undo()
            line = failed_line(mutant.path, error)
            msg = f"{mutant.path}:{line}: the fault could not be planted: {told(error)}"
            raise ConfigurationError(msg) from error

    def replaced(self) -> tuple[object, ...]:
        """What of the stack the fault has replaced, as it was; nothing once closed."""
        return self._patch.replaced()

    def close(self) -> None:
        """Take the fault out again; may be called twice."""
        self._patch.undo()


def mutants_folder() -> Path:
    """Where the project's mutants lie."""
    return content_root() / "targets" / "mutants"


def load_mutants(folder: Path | None = None) -> tuple[Mutant, ...]:
    """All mutants of a folder, by name. Raises ConfigurationError for one that is not whole."""
    files = sorted((folder or mutants_folder()).glob("*.py"))
    return tuple(_load(path) for path in files)


def open_mutant(name: str) -> MutantTarget:
    """The mutant of a name as traces have it, "mutants/<file>" with or without the folder.

    Raises ConfigurationError where there is none.
    """
    path = mutants_folder() / f"{name.removeprefix(MUTANTS)}.py"
    if not path.is_file():
        msg = f"no mutant {name!r}; `ls {mutants_folder()}` shows them"
        raise ConfigurationError(msg)
    mutant = _load(path)
    return mutant.target(load(mutant.base))


def _load(path: Path) -> Mutant:
    module = _import(path)
    requirement, plant = getattr(module, "REQUIREMENT", None), getattr(module, "plant", None)
    suffers = inspect.getdoc(module)
    if not isinstance(requirement, str) or not callable(plant) or not suffers:
        msg = f"{path}: a mutant needs a docstring, REQUIREMENT = '...' and plant(patch)"
        raise ConfigurationError(msg)
    base = getattr(module, "TARGET", REFERENCE)
    if not isinstance(base, str):
        msg = f"{path}: TARGET is {base!r}, wanted the name of a target of this stack"
        raise ConfigurationError(msg)
    return Mutant(path.stem, requirement, " ".join(suffers.split()), path, plant, base)


def _import(path: Path) -> ModuleType:
    spec = spec_from_file_location(f"_tcpassay_mutant_{path.stem}", path)
    if spec is None or spec.loader is None:
        msg = f"{path}: not a Python file"
        raise ConfigurationError(msg)
    module = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        msg = f"{path}:{failed_line(path, error)}: cannot be imported: {told(error)}"
        raise ConfigurationError(msg) from error
    return module
