"""Which mutants a case can show in: what each replaces, watched on the stack without a fault."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

from tcpassay.targets.mutants import Patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tcpassay.targets.mutants import Mutant


class Probes:
    """Notes in `reached` the mutants of which something has been called that they replace.

    A mutant that replaces more than functions, methods and properties is taken for reached always.
    """

    def __init__(self, mutants: Iterable[Mutant]) -> None:
        self.reached: set[str] = set()
        self._always: set[str] = set()
        self._patch = Patch()
        owners: dict[tuple[int, str], tuple[object, set[str]]] = {}
        for mutant in mutants:
            for owner, name in _places(mutant):
                owners.setdefault((id(owner), name), (owner, set()))[1].add(mutant.name)
        for (_, name), (owner, names) in owners.items():
            probe = self._probe(vars(owner).get(name), frozenset(names))
            if probe is None:
                self._always |= names
            else:
                self._patch(owner, name, probe)

    def taken(self) -> frozenset[str]:
        """What has been reached since the last time."""
        reached = frozenset(self.reached | self._always)
        self.reached.clear()
        return reached

    def undo(self) -> None:
        """Take the probes out."""
        self._patch.undo()

    def _probe(self, value: object, names: frozenset[str]) -> object | None:
        """The same that notes its calls; None for what is no function."""
        match value:
            case property(fget=get, fset=None, fdel=None) if get is not None:
                return property(self._noting(get, names))
            case staticmethod():
                return staticmethod(self._noting(value.__func__, names))
            case classmethod():
                return classmethod(self._noting(value.__func__, names))
            case FunctionType():
                return self._noting(value, names)
            case _:
                return None

    def _noting(
        self, function: Callable[..., object], names: frozenset[str]
    ) -> Callable[..., object]:
        reached = self.reached

        def noting(*args: object, **named: object) -> object:
            reached.update(names)
            return function(*args, **named)

        return noting


def _places(mutant: Mutant) -> list[tuple[object, str]]:
    """What a mutant replaces: owners and names. Nothing is replaced by asking."""
    found: list[tuple[object, str]] = []

    def note(owner: object, name: str, value: object) -> None:
        del value
        found.append((owner, name))

    mutant.plant(note)  # type: ignore[arg-type]
    return found
