"""Planting a fault in the reference stack, and taking it out without a trace."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from tcpassay.core.errors import ConfigurationError
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import Mutant, Patch, load_mutants
from tcpassay.targets.registry import open_target
from tcpref import seq, states, tcb

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.targets.manifest import Manifest

MUTANTS = load_mutants()
WHOLE = '"""Something breaks."""\nREQUIREMENT = "RFC9293:MUST-3"\ndef plant(patch): pass\n'


@pytest.fixture(scope="module")
def reference() -> Manifest:
    """The manifest of the reference stack, whose modules are loaded."""
    target = open_target("reference")
    target.version()
    return target.manifest


def surface() -> dict[str, object]:
    """Every name in the modules of the stack and in their classes, with what stands behind it."""
    found: dict[str, object] = {}
    for path, module in tuple(sys.modules.items()):
        if path == "tcpref" or path.startswith("tcpref."):
            for name, value in vars(module).items():
                found[f"{path}:{name}"] = value
                if isinstance(value, type) and value.__module__ == path:
                    inner = vars(value).items()
                    found.update({f"{path}:{name}.{each}": thing for each, thing in inner})
    return found


def differing(before: dict[str, object], after: dict[str, object]) -> set[str]:
    """The names whose objects are not the very same."""
    return {name for name in before.keys() | after if before.get(name) is not after.get(name)}


def test_patch_of_a_function_reaches_its_importers_and_is_undone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A function that others imported by name; those of its package get the new one, then the old.

    A module of another package, and another thing of that name, are left alone.
    """
    home, importer, namesake, stranger = (
        ModuleType(name) for name in ("own.home", "own.importer", "own.namesake", "owner")
    )
    for module in (home, importer, namesake, stranger):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        vars(module)["check"] = max if module is namesake else min
    patch = Patch()
    patch(home, "check", len)
    held = [vars(module)["check"] for module in (home, importer, namesake, stranger)]
    assert held == [len, len, max, min]
    patch.undo()
    held = [vars(module)["check"] for module in (home, importer, namesake, stranger)]
    assert held == [min, min, max, min]


def test_patch_of_a_property_is_undone_as_a_property() -> None:
    """A property is replaced and put back; the class has the property again, not its value."""
    original = vars(tcb.Tcb)["flight"]
    patch = Patch()
    patch(tcb.Tcb, "flight", 7)
    assert vars(tcb.Tcb)["flight"] == 7
    patch.undo()
    assert vars(tcb.Tcb)["flight"] is original


def test_patches_of_one_name_are_undone_last_first() -> None:
    """Two values in turn for one constant; the first of all stands again."""
    patch = Patch()
    patch(seq, "HALF", 1)
    patch(seq, "HALF", 2)
    patch.undo()
    assert seq.HALF == 0x80000000


def test_patch_of_an_unknown_name_is_refused() -> None:
    """A name that the stack has no more; refused, as a fault there would change nothing."""
    with pytest.raises(AttributeError, match=r"tcpref\.states defines no 'nothing'"):
        Patch()(states, "nothing", 1)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_leaves_nothing_behind(mutant: Mutant, reference: Manifest) -> None:
    """Each mutant is planted and taken out; the stack differs while it is open, and only then."""
    before = surface()
    target = mutant.target(reference)
    planted = differing(before, surface())
    target.close()
    target.close()
    assert planted
    assert differing(before, surface()) == set()
    assert target.manifest.name == f"mutants/{mutant.name}"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_written_as_the_page_says(mutant: Mutant) -> None:
    """Each file; a few lines, one sentence of docstring, a requirement in full."""
    assert len(mutant.path.read_text().splitlines()) <= 45
    assert mutant.suffers.endswith(".")
    assert ". " not in mutant.suffers
    assert load_catalogue().get(mutant.requirement).id == mutant.requirement


def test_there_are_mutants_enough() -> None:
    """The project's folder; a mutant for each class of bug that the notes name."""
    assert len(MUTANTS) >= 60
    assert len({mutant.requirement for mutant in MUTANTS}) >= 60


def test_mutant_is_read_from_its_file(tmp_path: Path) -> None:
    """A whole file; its name, requirement and docstring are the mutant's."""
    (tmp_path / "breaks.py").write_text(WHOLE)
    (mutant,) = load_mutants(tmp_path)
    assert (mutant.name, mutant.requirement) == ("breaks", "RFC9293:MUST-3")
    assert mutant.suffers == "Something breaks."


def test_mutant_names_the_variant_it_is_planted_in(tmp_path: Path) -> None:
    """A file with TARGET and one without; that target, and the reference stack."""
    (tmp_path / "a.py").write_text(WHOLE)
    (tmp_path / "b.py").write_text(WHOLE + 'TARGET = "reference-documents"\n')
    assert [mutant.base for mutant in load_mutants(tmp_path)] == [
        "reference",
        "reference-documents",
    ]
    (tmp_path / "b.py").write_text(WHOLE + "TARGET = 3\n")
    with pytest.raises(ConfigurationError, match=r"b\.py: TARGET is 3, wanted the name"):
        load_mutants(tmp_path)


@pytest.mark.parametrize("without", ['"""Something breaks."""', "REQUIREMENT", "plant"])
def test_incomplete_mutant_is_refused(tmp_path: Path, without: str) -> None:
    """A file that lacks one part; refused, with the path and what is needed."""
    (tmp_path / "half.py").write_text(WHOLE.replace(without, "''" if '"' in without else "other"))
    with pytest.raises(ConfigurationError, match=r"half\.py: a mutant needs a docstring"):
        load_mutants(tmp_path)


def test_mutant_that_cannot_be_imported_is_refused(tmp_path: Path) -> None:
    """A file that raises; refused, with the path and the error."""
    (tmp_path / "torn.py").write_text("1 / 0\n")
    with pytest.raises(ConfigurationError, match=r"torn\.py:1: cannot be imported: ZeroDivision"):
        load_mutants(tmp_path)


def test_mutant_that_cannot_be_planted_leaves_nothing(tmp_path: Path, reference: Manifest) -> None:
    """A plant() that raises half-way; refused, and what it had replaced stands again."""

    def plant(patch: Patch) -> None:
        patch(seq, "HALF", 1)
        patch(seq, "QUARTER", 1)

    mutant = Mutant("stale", "RFC9293:MUST-3", "Nothing.", tmp_path / "stale.py", plant)
    before = surface()
    with pytest.raises(ConfigurationError, match=r"stale\.py.*defines no 'QUARTER'"):
        mutant.target(reference)
    assert differing(before, surface()) == set()
