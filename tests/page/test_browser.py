"""The page in a headless Chromium: filters, cells, ladders, keyboard, colours, narrow and paper."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tcpassay.conformance.killed import load_table
from tcpassay.core.json_values import array, mapping
from tcpassay.wire import tracefile

if TYPE_CHECKING:
    from tests.page.conftest import Compared, Page

#: Each visible row of the matrix: its kind and its id or heading.
ROWS = """
    fillAll();
    const nodes = [...grid.querySelectorAll(".row")].map((row) => row.node).filter(Boolean);
    return nodes.map((node) => [node.kind, node.req?.id ?? node.row?.case.key ?? node.label]);
"""
WRONG = "own/sample/wrong"
UNMET = "RFC9293:MUST-14"
ESCAPE, ENTER, DOWN, RIGHT, LEFT = "\ue00c", "\ue007", "\ue015", "\ue014", "\ue012"


def rows(page: Page, kind: str) -> list[str]:
    """The rows of one kind that are there, once everything near has been built."""
    return [str(row[1]) for row in page.run(ROWS) if row[0] == kind]


def choose(page: Page, script: str) -> None:
    """Change a field of the filters as a user does."""
    page.run(f"{script}; form.dispatchEvent(new Event('input', {{bubbles: true}}));")
    page.run("await new Promise((done) => setTimeout(done, 200));")


def open_wrong(
    page: Page, compared: Compared, *, width: int = 1280, height: int = 900, dark: bool = False
) -> None:
    """Open the page at the case that fails."""
    url = f"{compared.url}#level=all&case={WRONG}&on=reference"
    page.open(url, width=width, height=height, dark=dark)
    page.wait_for("sheet.open && sheet.dataset.ready")


def test_first_view_is_what_must_hold(page: Page, compared: Compared) -> None:
    """The page as it opens; a line a target, sources folded but the first, requirements of MUST."""
    page.open(compared.url)
    assert page.texts("h1") == ["reference and reference-documents, side by side"]
    assert page.texts(".targets th[scope=row]") == ["reference", "reference-documents"]
    assert page.run("return new Set(shown.map((each) => each.req.tier)).size") == 1
    assert page.run("return shown.every((each) => each.req.tier === 'must')")
    assert rows(page, "source")
    assert rows(page, "section")
    assert rows(page, "case") == []


def test_cells_have_letters(page: Page, compared: Compared) -> None:
    """All rows unfolded; the failing case has its letter and the mark of the unexpected."""
    page.open(compared.url)
    page.click("[data-fold=all]")
    page.run("fillAll()")
    cell = (
        "const cases = [...grid.querySelectorAll('.case')];"
        "const row = cases.find((each) => each.node.row.case.key === args[0]);"
        "return [...row.querySelectorAll('.cell')].map((e) => [e.textContent, e.ariaLabel]);"
    )
    told = page.run(cell, WRONG)
    assert [text for text, _ in told] == ["F!", "F!"]
    assert told[0][1] == "F!, reference: fail, not as expected"


@pytest.mark.parametrize(
    ("script", "keeps", "address"),
    [
        ("form.elements.level.value = 'should'", "each.req.tier === 'should'", "level=should"),
        ("form.elements.odd.checked = true", "each.req.id === 'RFC9293:MUST-14'", "odd=1"),
        (
            "form.elements.differ.checked = true",
            "each.req.differs || each.rows.some((row) => row.differs)",
            "differ=1",
        ),
        (
            "form.elements.text.value = 'Unanswered'",
            "each.rows.every((row) => words(each.req, row.case).includes('unanswered'))",
            "text=Unanswered",
        ),
        (
            "form.elements.source.value = 'RFC9293'",
            "each.req.section.source === 'RFC9293'",
            "source=RFC9293",
        ),
        (
            "[...form.elements.verdict].find((box) => box.value === 'F').checked = true",
            "each.rows.every((row) => /f/i.test(row.codes))",
            "verdict=F",
        ),
    ],
)  # fmt: skip
def test_filters(page: Page, compared: Compared, script: str, keeps: str, address: str) -> None:
    """One filter set; what it keeps and nothing else, and an address that gives the same."""
    page.open(f"{compared.url}#level=all")
    whole = page.run("return matching({...FIRST, level: 'all'}).length")
    choose(page, script)
    found = page.run("return shown.map((each) => each.req.id)")
    assert 0 < len(found) < whole
    assert page.run(
        "const words = (req, it) => [req.id, req.text, it.key, it.title].join(' ').toLowerCase();"
        f"const keeps = (each) => {keeps};"
        "const hidden = REQS.filter((req) => req.rows.length && !shown.some((s) => s.req === req))"
        ".map((req) => ({req, rows: req.rows}));"
        "return [shown.every(keeps), hidden.some(keeps)];"
    ) == [True, False]
    hash_ = page.run("return location.hash")
    assert address in hash_
    page.open(f"{compared.url}{hash_}")
    assert page.run("return shown.map((each) => each.req.id)") == found


def test_filter_by_state(page: Page, compared: Compared) -> None:
    """A state; its requirements alone. Words that nothing has; a line that says so."""
    page.open(f"{compared.url}#level=all")
    state = page.run("return form.elements.state.options[1].value")
    choose(page, f"form.elements.state.value = '{state}'")
    assert page.run(
        "const here = (each) => [each.req, ...each.rows.map((row) => row.case)];"
        "const states = shown.map((each) => here(each).some((it) => it.state === args[0]));"
        "return states.length > 0 && states.every(Boolean);",
        state,
    )
    choose(page, "form.elements.text.value = 'no such words anywhere'")
    assert page.texts(".empty") == ["No requirement is left by these filters."]


def test_a_cell_opens_to_its_evidence(page: Page, compared: Compared) -> None:
    """The cell of the failing case; what was demanded, done, seen, wanted, and how to see it."""
    page.open(f"{compared.url}#level=all&odd=1")
    page.run("fillAll(); grid.querySelector('.req .cell').click()")
    page.wait_for("sheet.open && sheet.dataset.ready")
    told = page.run("return sheet.textContent")
    assert "fail on reference" in told
    assert UNMET in told
    assert "A SYN to a listener; an RST, which no stack sends." in told
    assert "not as expected: pass is" in told
    assert page.texts(".diff thead th") == ["field", "got", "wanted"]
    assert page.texts(".diff tbody th")
    assert re.search(r"tcpassay replay traces/reference/\S+ --target reference", told)
    links = page.run(
        "return [...sheet.querySelectorAll('.body a:not([target])')].map((a) => a.href)"
    )
    assert len(links) == 2
    for link in links:
        assert (compared.out / link.removeprefix(compared.out.as_uri() + "/")).is_file()


def test_a_requirements_cell_opens_what_the_filters_show(page: Page, compared: Compared) -> None:
    """Its failing case hidden; a case that is shown opens, and the buttons go on from it."""
    page.open(f"{compared.url}#level=all&verdict=P")
    page.run(
        "const at = shown.findIndex((each) => each.req.id === args[0] && each.rows.length);"
        "const node = {kind: 'req', ...shown[at]};"
        "window.rows = shown.flatMap((each) => each.rows);"
        "await openCell(node, 0);",
        UNMET,
    )
    first = page.run("return rows.indexOf(opened.row)")
    assert first >= 0
    page.click("#sheet [aria-label='next case']")
    page.wait_for(f"opened.row === rows[{first + 1}]")
    assert page.run("return worstRow([...'PFfF'].map((codes) => ({codes})), 0).codes") == "f"


def test_a_hidden_case_steps_through_its_requirement(page: Page, compared: Compared) -> None:
    """A link to a case that the filters hide; the buttons lead to its requirement's others."""
    page.open(f"{compared.url}#level=all&verdict=P&case={WRONG}&on=reference&for={UNMET}")
    page.wait_for("sheet.open && sheet.dataset.ready")
    place = "opened.row.req.rows.indexOf(opened.row)"
    at, last = page.run(f"return [{place}, opened.row.req.rows.length - 1]")
    assert last > 0
    label, to = ("case before", at - 1) if at else ("next case", 1)
    page.click(f"#sheet [aria-label='{label}']")
    page.wait_for(f"{place} === {to}")
    assert page.run("return opened.row.req.id") == UNMET


@pytest.mark.parametrize("part", ["values", "states", "known"])
def test_an_address_of_a_part_unfolds_it(page: Page, compared: Compared, part: str) -> None:
    """A link to a part, opened and gone to; it is unfolded, and the form shows what is filtered."""
    page.open(f"{compared.url}#{part}")
    assert page.run(f"return document.getElementById('{part}').open")
    page.open(f"{compared.url}#level=all&odd=1")
    page.run(f"location.hash = '#{part}'")
    page.wait_for(f"document.getElementById('{part}').open")
    assert page.run("return [readForm(), filter].every((each) => hashOf(each, null) === '')")
    assert page.run("return location.hash") == f"#{part}"


def test_an_address_without_a_case_closes_the_cell(page: Page, compared: Compared) -> None:
    """An open cell, then a link to a filter alone; closed, and the address stays."""
    open_wrong(page, compared)
    page.run("location.hash = '#level=should'")
    page.wait_for("!sheet.open && opened === null")
    assert page.run("return [location.hash, readForm().level]") == ["#level=should", "should"]


def test_the_ladder_shows_each_datagram(page: Page, compared: Compared) -> None:
    """The failing case; an arrow a datagram, calls, states, and one that is marked."""
    open_wrong(page, compared)
    (file,) = compared.out.glob("traces/reference/*wrong.json")
    events = tracefile.load(file).events
    crossed = [event for event in events if event.kind in ("send", "receive")]
    ladder = '.pair [data-at="0"] .ladder'
    assert len(page.texts(f"{ladder} .arrow")) == len(crossed) == 2
    assert len(page.texts(f"{ladder} .call")) >= 3
    assert page.texts(f"{ladder} .state text") == ["LISTEN", "SYN-RECEIVED"]
    assert len(page.texts(f"{ladder} .bad")) == 1
    assert "SYN ACK" in page.texts(f"{ladder} .arrow")[1]
    assert page.texts(f"{ladder} .why")[0].startswith("✗ ")
    assert len(page.texts(".pair [data-at='0'] .script .here")) == 1


def test_another_target_stands_beside(page: Page, compared: Compared) -> None:
    """A case that fails on both; the reference beside the other, and the other way round."""
    open_wrong(page, compared)
    assert page.run(
        "return [...sheet.querySelectorAll('.pair > section')].map((e) => e.dataset.at)"
    ) == ["0", "1"]
    page.run("sheet.querySelector('.tabs [data-at=\"1\"]').click()")
    page.wait_for(f"sheet.dataset.ready === '{WRONG} 1'")
    assert page.run(
        "return [...sheet.querySelectorAll('.pair > section')].map((e) => e.dataset.at)"
    ) == ["1", "0"]


def test_one_passing_trace_a_case_is_there(page: Page, compared: Compared) -> None:
    """A case that passes on both; the reference's trace is shown, the other's file is named."""
    page.open(f"{compared.url}#level=all&case=own/sample/handshake&on=reference-documents")
    page.wait_for("sheet.open && sheet.dataset.ready")
    assert len(page.texts('.pair [data-at="0"] .arrow')) == 2
    assert (
        "the run wrote it to its folder as traces/reference-documents/"
        in page.texts('.pair [data-at="1"]')[0]
    )


def test_mutants_that_a_case_kills(page: Page, compared: Compared) -> None:
    """A case of the project's own; the faults that it finds, by the table of kills."""
    killers = load_table().killers()
    case = next(key for key in sorted(killers) if key.startswith("rfc9293/3.5/"))
    page.open(f"{compared.url}#level=all&case={case}&on=reference")
    page.wait_for("sheet.open && sheet.dataset.ready")
    assert page.texts("#sheet ul.list li") == list(killers[case])


def test_keyboard(page: Page, compared: Compared) -> None:
    """Arrows, Enter and Escape; they walk, unfold, open and close, and the focus is seen."""
    page.open(f"{compared.url}#level=all&odd=1")
    page.run("grid.querySelector('[tabindex=\"0\"]').focus()")
    where = (
        "const cell = document.activeElement, row = cell.closest('.row');"
        "return [row.node.kind, [...row.children].indexOf(cell)];"
    )
    assert page.run(where) == ["source", 0]
    page.press(DOWN, DOWN)
    assert page.run(where) == ["req", 0]
    page.press(LEFT)
    assert page.run("return document.activeElement.closest('.row').ariaExpanded") == "false"
    page.press(RIGHT, DOWN, RIGHT)
    assert page.run(where) == ["case", 1]
    outline = page.run("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.press(ENTER)
    page.wait_for("sheet.open && sheet.dataset.ready")
    assert page.run("return sheet.contains(document.activeElement)")
    page.press(RIGHT)
    page.wait_for("opened.at === 1 && sheet.dataset.ready.endsWith(' 1')")
    page.press(ESCAPE)
    page.wait_for("!sheet.open")
    assert page.run(where) == ["case", 1]
    assert "case=" not in page.run("return location.hash")


def test_light_and_dark(page: Page, compared: Compared) -> None:
    """The system's colours, then the switch; the background follows, and stays chosen."""
    background = "return getComputedStyle(document.body).backgroundColor"
    page.open(compared.url, dark=True)
    dark = page.run(background)
    page.open(compared.url)
    light = page.run(background)
    assert brightness(dark) < 60
    assert brightness(light) > 200
    page.click("#theme")
    page.click("#theme")
    assert page.run(background) == dark
    page.open(compared.url)
    assert page.run(background) == dark
    page.click("#theme")
    assert page.run(background) == light


def brightness(colour: str) -> float:
    """The mean of red, green and blue in "rgb(r, g, b)"."""
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) / 3


def test_no_sideways_scroll_on_a_phone(page: Page, compared: Compared) -> None:
    """390 pixels, everything unfolded, then a cell opened; the page is not wider."""
    page.open(f"{compared.url}#level=all", width=390, height=844)
    width = "return Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)"
    assert page.run(width) == 390
    page.click("[data-fold=all]")
    page.run(
        "fillAll();"
        "for (const part of document.querySelectorAll('main > details')) part.open = true;"
    )
    page.wait_for("document.querySelector('.states svg')")
    assert page.run(width) == 390
    open_wrong(page, compared, width=390, height=844)
    assert page.run(
        "const body = sheet.querySelector('.body'), all = sheet.getBoundingClientRect();"
        "return [body.scrollWidth <= body.clientWidth, all.width <= 390];"
    ) == [True, True]
    assert page.run(width) == 390


def test_on_paper_everything_unfolded_is_there(page: Page, compared: Compared) -> None:
    """Printing; the matrix is no box of its own, and what is unfolded is built."""
    page.open(compared.url)
    page.click("[data-fold=all]")
    page.printed()
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    assert page.run("return getComputedStyle(grid).maxHeight") == "none"
    assert page.run("return getComputedStyle(form).display") == "none"
    cases = page.run("return grid.querySelectorAll('.case').length")
    assert cases == page.run("return shown.reduce((sum, each) => sum + each.rows.length, 0)")


def test_measured_values(page: Page, compared: Compared) -> None:
    """The table of values; a column a target, and what differs is marked."""
    page.open(compared.url)
    page.click("#values summary")
    page.wait_for("document.querySelector('#values table')")
    assert page.texts("#values table:first-of-type thead th")[-2:] == [
        "reference",
        "reference-documents",
    ]
    assert "MSS in the SYN, octets" in page.texts("#values td:first-child")


def test_state_diagram_has_the_edges_walked(page: Page, compared: Compared) -> None:
    """The diagram; the ways of the handshake are counted, others are faint."""
    page.open(compared.url)
    page.click("#states summary")
    page.wait_for("document.querySelector('.states svg')")
    walked = " ".join(page.texts(".states .arrow.walked"))
    assert "rcv SYN" in walked
    assert "×" in walked
    assert page.texts(".states .unwalked")


def test_known_deviations_have_reasons(page: Page, compared: Compared) -> None:
    """What reference-documents does on purpose; the reason, and cases that open."""
    page.open(compared.url)
    page.click("#known summary")
    page.wait_for("document.querySelector('#known article')")
    assert page.texts("#known article p")
    page.run(
        "const cases = document.querySelector('#known .cases');"
        "cases.open = true; cases.querySelector('button').click();"
    )
    page.wait_for("sheet.open")
    assert "Known" in page.run("return sheet.textContent")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_accessibility(page: Page, compared: Compared, axe: str, *, dark: bool) -> None:
    """axe-core on the first view, unfolded, the parts below, and an open cell; nothing serious."""
    page.open(f"{compared.url}#level=all", dark=dark)
    page.click("[data-fold=all]")
    page.run("for (const part of document.querySelectorAll('main > details')) part.open = true;")
    page.wait_for("document.querySelector('.states svg')")
    assert serious(page, axe) == []
    open_wrong(page, compared, dark=dark)
    assert serious(page, axe) == []


def serious(page: Page, axe: str) -> list[str]:
    """The faults that axe-core calls serious or critical."""
    page.driver.execute_script(axe)
    found = mapping(page.run("return await axe.run(document, {resultTypes: ['violations']})"))
    violations = [mapping(each) for each in array(found["violations"])]
    return [
        f"{each['id']}: {[mapping(node)['html'] for node in array(each['nodes'])][:3]}"
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]
