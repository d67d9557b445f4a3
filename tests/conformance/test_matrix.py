"""The matrix: which rows there are, how they are told, and that they can fail."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import closing
from itertools import product

import pytest

from tcpassay.conformance.execute import Context, run_case
from tcpassay.conformance.expectations import Expectations
from tcpassay.conformance.matrix import telling
from tcpassay.conformance.matrix.axes import CONTROLS, SEQ_EDGES
from tcpassay.conformance.matrix.cases import case_of, find_row, matrix_cases
from tcpassay.conformance.matrix.census import census
from tcpassay.conformance.matrix.rows import WAYS, Row, ack_edges, rows, seq_edges
from tcpassay.conformance.plan import PlannedRun
from tcpassay.core.verdict import Verdict
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.mutants import load_mutants
from tcpassay.targets.registry import open_target

CATALOGUE = load_catalogue()
MUTANTS = {mutant.name: mutant for mutant in load_mutants()}

#: The directories of the FreeBSD suite: eleven states, eight kinds of segment.
FREEBSD_STATES = tuple(WAYS)
FREEBSD_SEGMENTS = ("SYN", "SYN-ACK", "SYN-FIN", "ACK", "FIN", "FIN-ACK", "RST", "RST-ACK")

#: A mutant and a row that catches it.
KILLS = {
    "ack_delayed_too_long": "matrix/SYN-RECEIVED/ACK-data/seq=rcv.nxt/ack=snd.nxt/listen",
    "ack_of_unsent_accepted": "matrix/ESTABLISHED/ACK/seq=rcv.nxt/ack=snd.nxt+1/simultaneous",
    "ack_of_unsent_unanswered": "matrix/ESTABLISHED/ACK/seq=rcv.nxt/ack=snd.nxt+1/simultaneous",
    "blind_rst_ends_connect": "matrix/SYN-SENT/RST",
    "checksum_of_odd_text_wrong": "matrix/CLOSED/none",
    "crossed_fins_skip_closing": (
        "matrix/FIN-WAIT-1/FIN-ACK/seq=rcv.nxt/ack=snd.una-1/simultaneous-shutdown"
    ),
    "duplicate_unacknowledged": "matrix/LISTEN/SYN",
    "fin_in_time_wait_unanswered": (
        "matrix/TIME-WAIT/FIN-ACK/seq=outside-left/ack=far-below/connect-shutdown"
    ),
    "last_ack_never_ends": "matrix/LAST-ACK/ACK/seq=rcv.nxt/ack=snd.nxt/simultaneous-shutdown",
    "out_of_order_unacknowledged": (
        "matrix/SYN-RECEIVED/ACK-data/seq=inside/ack=snd.nxt/simultaneous"
    ),
    "rst_answers_rst": "matrix/CLOSED/RST",
    "rst_in_window_accepted": "matrix/SYN-RECEIVED/RST/seq=inside/simultaneous",
    "rst_in_window_unanswered": "matrix/SYN-RECEIVED/RST/seq=inside/simultaneous",
    "rst_outside_window_answered": "matrix/SYN-RECEIVED/RST/seq=far-below/listen",
    "rst_sequence_not_checked": "matrix/SYN-RECEIVED/RST/seq=far-below/listen",
    "rst_with_wrong_ack": "matrix/CLOSED/none",
    "rst_with_wrong_seq": "matrix/CLOSED/SYN-ACK",
    "simultaneous_open_fails": "matrix/SYN-SENT/SYN",
    "syn_ack_opens_a_passive_open": (
        "matrix/SYN-RECEIVED/SYN-ACK/seq=outside-left/ack=snd.nxt/listen"
    ),
    "syn_not_challenged": "matrix/ESTABLISHED/SYN/seq=rcv.nxt/listen",
    "syn_resets_connection": "matrix/ESTABLISHED/SYN/seq=rcv.nxt/listen",
    "text_after_fin_accepted": "matrix/CLOSE-WAIT/ACK-data/seq=rcv.nxt/ack=snd.una-1/simultaneous",
    "unacceptable_segment_unanswered": "matrix/LISTEN/SYN",
}


def verdict(row: str, target: object) -> Verdict:
    """What becomes of one row."""
    case = find_row(row)
    assert case is not None
    context = Context(target, "x", CATALOGUE, Expectations(), 1, 20.0)  # type: ignore[arg-type]
    return run_case(context, PlannedRun(case, 4))[0].verdict


# Which rows there are


def test_numbers() -> None:
    """5,000 rows and more over both IP versions; every id once, of the contract's form."""
    ids = [row.id for row in rows()]
    assert 2 * len(ids) >= 5000
    assert len(set(ids)) == len(ids)
    pattern = r"matrix/[A-Z0-9-]+/[A-Za-z-]+(/seq=[a-z.-]+)?(/ack=[a-z.+1-]+)?(/[a-z]+(-[a-z]+)?)?"
    assert [each for each in ids if not re.fullmatch(pattern, each)] == []
    assert "matrix/SYN-RECEIVED/RST/seq=rcv.nxt/listen" in ids


def test_full_holds_the_default() -> None:
    """Every row of a run is one of a full run, which has each by every way."""
    full = set(rows(full=True))
    assert set(rows()) < full
    sizes = Counter(row[:4] for row in full)
    assert all(number == len(WAYS[key[0]]) for key, number in sizes.items())


@pytest.mark.parametrize("full", [False, True])
def test_every_cell_is_accounted_for(full: bool) -> None:
    """Generated, merged, impossible and left out make up the product, each with its rule."""
    counted = census(full=full)
    assert counted.cells == 11 * 12 * 7 * 7 * 3 * 2
    assert sum(entry.cells for entry in counted.entries) == counted.cells
    assert counted.of("generated") == len(counted.rows) == len(list(rows(full=full)))
    assert all(entry.why for entry in counted.entries if entry.fate != "generated")
    reasons = {entry.why for entry in counted.entries if entry.fate in {"merged", "impossible"}}
    assert sum(bool(re.search(r"\(3\.\d", why)) for why in reasons) == 6
    assert (counted.of("left to --full") == 0) is full


def test_every_state_flags_and_pair_of_edges() -> None:
    """Nothing but the way is left out by default."""
    wanted = {
        (state, control.name, seq, ack)
        for state, control in product(WAYS, CONTROLS)
        for seq, ack in product(seq_edges(state), ack_edges(state, control))
    }
    assert {(row.state, row.control.name, row.seq, row.ack) for row in rows()} == wanted


def test_the_ways_are_paired_with_all_else() -> None:
    """Each way into a state meets every flag set, every SEQ edge and every ACK edge."""
    met = {(row.state, row.way, row.how, value) for row in rows() for value in row[1:4]}
    for state, ways in WAYS.items():
        for (way, how), control in product(ways, CONTROLS):
            assert (state, way, how, control) in met
            if len(ways) > 1:
                assert {(state, way, how, seq) for seq in SEQ_EDGES} <= met
            assert {(state, way, how, ack) for ack in ack_edges(state, control)} <= met


def test_cells_of_the_freebsd_suite() -> None:
    """All 88 cells of state x segment have rows, the 42 that the suite leaves empty among them."""
    filled = Counter((row.state, row.control.name) for row in rows())
    cells = list(product(FREEBSD_STATES, FREEBSD_SEGMENTS))
    assert len(cells) == 88
    synchronized = {state for state in WAYS if state not in {"CLOSED", "LISTEN", "SYN-SENT"}}
    for state, segment in cells:
        edges = len(SEQ_EDGES) if state in synchronized else 1
        assert filled[state, segment] >= edges


# How they are told


def test_requirements_of_a_row() -> None:
    """One to three entries of the catalogue, the standard branch's clause first."""
    for case in matrix_cases():
        assert 1 <= len(case.mark.requirements) <= 3
        assert all(CATALOGUE.get(name).id == name for name in case.mark.requirements)
        assert case.mark.requirements[0] in case.title


def test_every_row_is_told() -> None:
    """Stimulus and branches of each row; a number is a variable, or two to the thirtieth away."""
    for row in rows():
        text = telling.stimulus(row) + "".join(one.answer for one in telling.allowed(row))
        assert re.search(r"\d{4}", text.replace("2^30", "")) is None, text


def test_telling() -> None:
    """A challenged RST, as `explain` prints it."""
    row = find_row("matrix/CLOSE-WAIT/RST/seq=inside/connect")
    assert row is not None
    assert isinstance(row.row, Row)
    assert telling.stimulus(row.row) == "<SEQ=RCV.NXT+100><CTL=RST> in CLOSE-WAIT, after connect()"
    challenge, old = telling.allowed(row.row)
    assert challenge == (
        "standard",
        "<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>",
        "CLOSE-WAIT",
        "RFC5961:3.2-RST-INWINDOW",
    )
    assert (old.label, old.state) == ("variant (RFC 793)", "CLOSED, connection reset")


def test_unknown_row() -> None:
    """An id that no row has, and one of another folder; none."""
    assert find_row("matrix/ESTABLISHED/RST/seq=nowhere/listen") is None
    assert find_row("rfc9293/3.4/x") is None


# That they can fail


def test_a_sample_passes_on_the_reference_stack() -> None:
    """Every 40th row; the whole matrix is `tcpassay run reference --matrix`."""
    with closing(open_target("reference")) as target:
        assert {verdict(row.id, target) for row in list(rows())[::40]} == {Verdict.PASS}


@pytest.mark.parametrize("name", KILLS)
def test_rows_catch_mutants(name: str) -> None:
    """A row that passes on the reference stack does not on a stack with one planted fault."""
    with closing(open_target("reference")) as reference:
        assert verdict(KILLS[name], reference) is Verdict.PASS
        with closing(MUTANTS[name].target(reference.manifest)) as mutant:
            assert verdict(KILLS[name], mutant) in {Verdict.FAIL, Verdict.DEVIATION}


def test_enough_mutants_are_caught() -> None:
    """Twenty at the least."""
    assert len(KILLS) >= 20


def test_a_variant_is_a_deviation() -> None:
    """RFC 793's answer where RFC 5961 is newer: the row's label decides, not the level."""
    row = next(row for row in rows() if row.id.startswith("matrix/ESTABLISHED/RST/seq=inside/"))
    with closing(open_target("reference")) as reference:
        mutant = MUTANTS["rst_in_window_accepted"].target(reference.manifest)
        with closing(mutant):
            assert verdict(case_of(row).id, mutant) is Verdict.DEVIATION
