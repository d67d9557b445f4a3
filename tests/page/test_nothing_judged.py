"""The page of a run in which no target started, in a headless Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcpassay.conformance.result import TargetNotStarted
from tcpassay.reports.page import write_page
from tcpassay.reports.record import RunRecord

if TYPE_CHECKING:
    from pathlib import Path

    from tests.page.conftest import Page


def test_it_says_why(page: Page, tmp_path: Path) -> None:
    """No column; the headline, the reason in the notes, parts that open, and no complaint."""
    absent = TargetNotStarted("mine", "<b>no</b> agent", skipped=False)
    run = RunRecord(1, "2026-03-01T12:00:00+00:00", (), (), {}, not_started=(absent,))
    write_page(tmp_path / "page.html", [], runs=[run])
    page.open((tmp_path / "page.html").as_uri())
    assert page.texts("h1") == ["No target judged"]
    assert page.texts(".lead") == ["No target has been judged; the notes at the end say why."]
    assert "mine did not start: <b>no</b> agent" in page.texts("footer li")
    for part in ("values", "states", "known"):
        page.click(f"nav [data-to={part}]")
        page.wait_for(f"document.getElementById('{part}').open")
    page.run("form.text.value = 'a'; form.dispatchEvent(new Event('input', {bubbles: true}));")
    for fold in ("all", "bad", "none"):
        page.click(f"[data-fold={fold}]")
