"""What `expectations update` does: a diff for each target of a run, or the files written."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from tcpassay.cli.guard import complain
from tcpassay.conformance.expectations import Expectations, as_expected, load_expectations
from tcpassay.conformance.renewal import propose, renew
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.verdict import Verdict
from tcpassay.reports.files import write_text
from tcpassay.reports.read import read_record
from tcpassay.reports.text import counted, one_line
from tcpassay.targets.registry import open_target

if TYPE_CHECKING:
    from pathlib import Path

    from tcpassay.conformance.renewal import Renewal
    from tcpassay.conformance.result import CaseResult
    from tcpassay.reports.record import RunRecord
    from tcpassay.targets.manifest import Manifest

PROPOSED = 1


def update_files(run: Path, names: tuple[str, ...], *, write: bool) -> int:
    """Print the diffs, or write the files; 1 where a diff is left to be written."""
    record = read_record(run)
    manifests = _manifests(record, names)
    renewals = [(manifest, _renewal(record, manifest)) for manifest in manifests]
    for manifest, renewal in renewals:
        path = manifest.folder / "expectations.toml"
        if renewal.before == renewal.after:
            continue
        if write:
            write_text(path, renewal.after)
        else:
            typer.echo("".join(_diff(path, renewal)), nl=False)
    _tell(record, renewals, write=write)
    changed = any(renewal.before != renewal.after for _, renewal in renewals)
    return PROPOSED if changed and not write else 0


def _manifests(record: RunRecord, names: tuple[str, ...]) -> list[Manifest]:
    """The manifests of the run's targets, or of the `names` among them."""
    there = [target.name for target in record.targets]
    manifests = []
    for name in names or there:
        manifest = _manifest(name)
        if manifest.name not in there:
            raise ConfigurationError(
                f"--target {name}: not in this run, which has {', '.join(there) or 'none'}"
            )
        manifests.append(manifest)
    return manifests


def _manifest(name: str) -> Manifest:
    try:
        return open_target(name).manifest
    except ConfigurationError as error:
        hint = f"{error}; --target names the target.toml of a target of your own"
        raise ConfigurationError(hint) from None


def _renewal(record: RunRecord, manifest: Manifest) -> Renewal:
    stale = [one for one in record.stale if one.target == manifest.name]
    results = _without_stale(record, manifest, {(one.line, one.case) for one in stale})
    return renew(manifest.folder / "expectations.toml", propose(results), stale)


def _without_stale(
    record: RunRecord, manifest: Manifest, stale: set[tuple[int, str]]
) -> list[CaseResult]:
    """The target's results, as expected where they are once the stale entries have gone."""
    version = next(each.version for each in record.targets if each.name == manifest.name)
    entries = load_expectations(manifest.folder).entries
    rest = Expectations(entry for entry in entries if (entry.line, entry.case) not in stale)
    return [
        replace(result, as_expected=True)
        if as_expected(result.verdict, rest.expected(result.id, result.ip, version))
        else result
        for result in (case.result for case in record.of(manifest.name))
    ]


def _diff(path: Path, renewal: Renewal) -> list[str]:
    before = renewal.before.splitlines(keepends=True)
    after = renewal.after.splitlines(keepends=True)
    return list(difflib.unified_diff(before, after, str(path), f"{path} (proposed)"))


def _tell(record: RunRecord, renewals: list[tuple[Manifest, Renewal]], *, write: bool) -> None:
    for manifest, renewal in renewals:
        path = manifest.folder / "expectations.toml"
        if renewal.before == renewal.after:
            complain(f"{manifest.name}: nothing to change in {path}")
            continue
        done = "written" if write else "proposed; --write changes the file"
        complain(f"{manifest.name}: {renewal.added} new, {renewal.removed} stale: {done}")
        if renewal.added:
            complain("the reasons of new entries are yours to write: no run takes them as they are")
    names = {manifest.name for manifest, _ in renewals}
    errors = [
        case.result.id
        for case in record.cases
        if case.result.verdict is Verdict.ERROR and case.result.target in names
    ]
    if errors:
        complain(
            f"{counted(len(errors), 'error')} left out, which nobody can expect: "
            f"{one_line(', '.join(errors[:4]))}"
        )
