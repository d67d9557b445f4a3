"""Known departures: each is followed where it may come, and told by its clause and name."""

from __future__ import annotations

from functools import partial

import pytest

from tcpassay.model.answers import Answer, Branch, Label
from tcpassay.model.oracle.departures import (
    delayed_syn_ack,
    departures,
    more_behind_fin,
    neighbours,
    no_room,
)
from tcpassay.model.oracle.flow import Flow
from tcpassay.model.oracle.flow_spread import only_variants, spreads
from tcpassay.model.oracle.hypothesis import Hypothesis, after_arrival
from tcpassay.model.oracle.limits import Limits
from tcpassay.model.oracle.other_departures import other_departures
from tcpassay.model.oracle.report import Report, Violation
from tcpassay.model.tcb import Tcb
from tcpassay.wire import Segment, Timestamps, flags_value
from tests.model.conftest import OPEN

STAMPED = OPEN._replace(ts_recent=50, last_ack=1000)
FIN_TAKEN = OPEN._replace(state="CLOSE-WAIT", fin=999, last_ack=1000)
CLOSED_AT_HOME = OPEN._replace(state="FIN-WAIT-2", read="gone", fin_sent=True, snd_una=3010)
HALF_OPEN = STAMPED._replace(state="SYN-RECEIVED", snd_una=2999, snd_nxt=3000)

CROSSED = OPEN._replace(state="SYN-RECEIVED", passive=False, snd_una=2999, snd_nxt=3000)
OPENING = OPEN._replace(state="SYN-SENT", ts_offered=True, snd_una=2999, snd_nxt=3000)

RULE = "RFC9293:3.10.7.4-"
ANSWERS = [Answer("silence"), Answer("rst"), Answer("ack"), Answer("syn-ack")]


def named(tcb: Tcb, segment: Segment) -> set[tuple[str, str]]:
    return {(branch.clause, branch.variant) for branch in departures(tcb, segment)}


def segment_(
    flags: str, seq: int, ack: int = 3000, text: bytes = b"", tsval: int | None = None
) -> Segment:
    options = () if tsval is None else (Timestamps(tsval, 0),)
    return Segment(
        7,
        8,
        seq,
        ack if "A" in flags else 0,
        flags_value(flags),
        400,
        options=options,
        payload=text,
    )


@pytest.mark.parametrize(
    ("tcb", "segment", "clause", "name"),
    [
        (OPEN, segment_("", 900), RULE + "SEQ-ESTAB", "a check for ACK before all others"),
        (STAMPED, segment_("F", 1000, tsval=9), "RFC7323:5.3-R1",
         "a check for ACK before all others"),
        (OPEN._replace(last_ack=1000), segment_("A", 990, text=bytes(10)), RULE + "SEQ-ESTAB",
         "a window from Last.ACK.sent on"),
        (OPEN._replace(rcv_wnd=65_535), segment_("A", 70_000), RULE + "SEQ-ESTAB",
         "a window wider than announced"),
        (STAMPED, segment_("A", 900, tsval=9), "RFC7323:5.3-R1", "no answer to an old ACK"),
        (STAMPED, segment_("A", 1000, tsval=49), "RFC7323:5.3-R1", "PAWS from two ticks on"),
        (STAMPED._replace(ts_recent=0), segment_("A", 1000, tsval=-9 & 0xFFFFFFFF),
         "RFC7323:5.3-R1", "no PAWS where TS.Recent is 0"),
        (STAMPED, segment_("A", 1000, 2999, b"x", tsval=60), "RFC7323:5.3-R3",
         "no TS.Recent from a segment with an old ACK"),
        (HALF_OPEN, segment_("A", 1000, 3000, tsval=60), RULE + "ACK-SYNRCVD-OK",
         "the TSecr of the SYN,ACK alone"),
        (HALF_OPEN, segment_("R", 1000, tsval=9), "RFC7323:5.2-RST-NO-PAWS", "PAWS for a RST"),
        (OPEN._replace(snd_wnd=900), segment_("A", 1000), "RFC9293:3.8.6-SEND-IN-WINDOW",
         "a window update of its own"),
        (OPEN._replace(snd_wl1=1100, snd_wnd=9), segment_("A", 1000, 3005), RULE + "WND-OLD-SEG",
         "a window update of its own"),
        (OPEN._replace(snd_wl1=1100), segment_("A", 1000, 3005), RULE + "WND-OLD-SEG",
         "a window update of its own"),
        (FIN_TAKEN, segment_("R", 999), RULE + "SEQ-RST-SILENT", "a RST on the FIN"),
        (HALF_OPEN, segment_("SR", 1000, tsval=60), RULE + "RST-SYNRCVD-PASSIVE",
         "the TSecr of the SYN,ACK alone"),
        (HALF_OPEN, segment_("A", 1000, text=bytes(9_000)), RULE + "SEQ-RIGHT-TRIM",
         "text beyond the window"),
        (OPEN._replace(held=((1010, 1020), (1030, 1040))), segment_("R", 1040),
         "RFC5961:3.2-RST-INWINDOW", "a RST where the text above a hole ends"),
        (OPEN._replace(fin=1040), segment_("R", 1041),
         "RFC5961:3.2-RST-INWINDOW", "a RST where the text above a hole ends"),
        (FIN_TAKEN, segment_("A", 990, text=bytes(20)), RULE + "TEXT-CW",
         "a reset for text behind a FIN"),
        (FIN_TAKEN, segment_("FA", 999, text=b"x"), RULE + "FIN-CW", "another FIN behind the FIN"),
        (CLOSED_AT_HOME, segment_("R", 900), RULE + "SEQ-RST-SILENT", "in a record of TIME-WAIT"),
        (CLOSED_AT_HOME._replace(ts_recent=50), segment_("R", 1000, tsval=9),
         "RFC7323:5.2-RST-NO-PAWS", "in a record of TIME-WAIT"),
        (CLOSED_AT_HOME, segment_("FA", 1100, 3010), RULE + "FIN-OOO", "in a record of TIME-WAIT"),
        (CLOSED_AT_HOME, segment_("A", 1000, 3020), RULE + "ACK-FUTURE-FW2",
         "in a record of TIME-WAIT"),
        (OPEN, segment_("RA", 1400, text=bytes(200)), "RFC5961:3.2-RST-INWINDOW",
         "a check of where the text of a RST ends"),
        (OPEN, segment_("RA", 1000, text=bytes(501)), RULE + "RST-ESTAB",
         "a check of where the text of a RST ends"),
        (STAMPED._replace(state="TIME-WAIT"), segment_("R", 1000, tsval=9),
         "RFC7323:5.2-RST-NO-PAWS", "PAWS for a RST"),
        (OPEN._replace(state="FIN-WAIT-2", read="shut"), segment_("FA", 1100), RULE + "FIN-OOO",
         "a reset for a FIN above a hole"),
        (CROSSED, segment_("A", 1000, 2999, b"x"), RULE + "ACK-SYNRCVD-BAD", "an ACK of SND.UNA"),
        (OPEN._replace(fin=1010, held=((1011, 1020),)), segment_("A", 1000, text=bytes(10)),
         RULE + "FIN-CW", "text behind a FIN that waited"),
        (OPENING, segment_("A", 7, text=b"x", tsval=9), "RFC9293:3.10.7.3-FIN",
         "a reset for its TSecr"),
        (OPENING, segment_("RA", 7, tsval=9), "RFC9293:3.10.7.3-RST-ACK",
         "no RST with another TSecr"),
        (OPEN._replace(state="TIME-WAIT"), segment_("F", 1000), RULE + "NOACK-TW",
         "no check for ACK in TIME-WAIT"),
        (OPEN, segment_("A", 1400, text=bytes(101)), RULE + "SEQ-RIGHT-TRIM",
         "text beyond the window"),
        (CLOSED_AT_HOME, segment_("FA", 1000, 3020), RULE + "ACK-FUTURE-FW2",
         "in a record of TIME-WAIT"),
        (CLOSED_AT_HOME, segment_("SFA", 999, 3010), RULE + "SYN-FW2",
         "in a record of TIME-WAIT"),
        (Tcb("LISTEN"), segment_("SF", 2000), "RFC9293:3.10.7.2-SYN-FIN", "no SYN with a FIN"),
        (OPEN._replace(state="TIME-WAIT"), segment_("SF", 2000), "RFC9293:3.10.7.2-SYN-FIN",
         "no SYN with a FIN"),
    ],
)  # fmt: skip
def test_a_departure_has_its_clause_and_name(
    tcb: Tcb, segment: Segment, clause: str, name: str
) -> None:
    assert (clause, name) in named(tcb, segment)


@pytest.mark.parametrize("flags", ["A", "PA", "FA"])
def test_what_is_in_order_leaves_no_way_past_the_rules(flags: str) -> None:
    assert departures(OPEN, segment_(flags, 1000, 3005, b"x")) == ()
    assert departures(STAMPED, segment_(flags, 1000, 3005, b"x", tsval=51)) == ()


@pytest.mark.parametrize(
    ("tcb", "segment", "clause", "name"),
    [
        (OPEN._replace(max_snd_wnd=900, snd_wnd=0), segment_("A", 1000, 2999, b"x"),
         RULE + "ACK-OLD", "MAX.SND.WND without the window of the SYN"),
        (OPEN, segment_("R", 999, text=bytes(900)), RULE + "SEQ-RST-SILENT",
         "a RST whose text covers the window"),
    ],
)  # fmt: skip
def test_another_departure_has_its_clause_and_name(
    tcb: Tcb, segment: Segment, clause: str, name: str
) -> None:
    assert (clause, name) in {
        (branch.clause, branch.variant) for branch in other_departures(tcb, segment)
    }


def test_an_ack_as_old_as_the_window_and_one_in_order_are_no_other_way() -> None:
    old = OPEN._replace(max_snd_wnd=900, snd_wnd=100)
    assert other_departures(old, segment_("A", 1000, 3000 - 100, b"x")) == ()
    assert other_departures(old, segment_("A", 1000, 3000 - 901, b"x")) == ()
    assert other_departures(old, segment_("A", 1000, 3000, b"x")) == ()
    assert other_departures(OPEN, segment_("R", 1000, text=bytes(900))) == ()


def test_a_reset_elsewhere_above_a_hole_is_no_known_way() -> None:
    held = OPEN._replace(held=((1010, 1020), (1030, 1040)))
    assert all(departures(held, segment_("R", seq)) == () for seq in (1010, 1020, 1030, 1041))


def test_every_known_way_that_fits_is_told() -> None:
    """The target's own before a document's; what fits both explains the violation by either."""
    report = Report()
    flow = Flow(4, report, Limits())
    names = ["RFC 1323", "a window of its own", "RFC 1323", "another"]
    flow.hypotheses = [
        Hypothesis(OPEN, since=since, variants=((f"{RULE}{since}", name),))
        for since, name in enumerate(names)
    ]
    only_variants(flow, 7)
    (violation,) = report.violations
    ways = [((violation.requirement, violation.why),), *violation.others]
    assert [[(clause, why[-5:]) for clause, why in way] for way in ways] == [
        [(f"{RULE}1", "s own")], [(f"{RULE}3", "other")],
        [(f"{RULE}0", " 1323")], [(f"{RULE}2", " 1323")],
    ]  # fmt: skip
    assert violation.event == 7
    assert not any(h.variants for h in flow.hypotheses)


def test_each_step_of_a_way_past_the_rules_is_told() -> None:
    """One that nobody expects does not hide behind one that is; a shorter way is told alone."""
    long = ((f"{RULE}A", "a window of its own"), (f"{RULE}B", "another"))
    for ways, told in (([long], ["A", "B"]), ([long, long[1:]], ["B"])):
        report = Report()
        flow = Flow(4, report, Limits())
        flow.hypotheses = [
            Hypothesis(OPEN, since=since, variants=way) for since, way in enumerate(ways)
        ]
        only_variants(flow, 7)
        assert [each.requirement.removeprefix(RULE) for each in report.violations] == told


def test_steps_of_two_ways_do_not_make_a_known_one() -> None:
    """Two ways of two steps, one known step in each; neither explains."""
    ways = [
        ((f"{RULE}A", "one"), (f"{RULE}B", "two")),
        ((f"{RULE}C", "three"), (f"{RULE}D", "four")),
    ]
    report = Report()
    flow = Flow(4, report, Limits())
    flow.hypotheses = [
        Hypothesis(OPEN, since=since, variants=way) for since, way in enumerate(ways)
    ]
    only_variants(flow, 7)
    names = frozenset({f"{RULE}A", f"{RULE}D"})
    told = [each.as_known(partial(_is_one_of, names)) for each in report.violations]
    assert [each and each.requirement[-1] for each in told] == ["A", None]


def test_a_longer_way_is_known_where_each_of_its_steps_is() -> None:
    """Told by the shorter way that fits, known by the longer, and not by a part of it."""
    report = Report()
    flow = Flow(4, report, Limits())
    long = ((f"{RULE}A", "a window of its own"), (f"{RULE}B", "another"))
    flow.hypotheses = [
        Hypothesis(OPEN, since=since, variants=way)
        for since, way in enumerate([long, ((f"{RULE}C", "a third"),)])
    ]
    only_variants(flow, 7)
    (seen,) = report.violations
    assert seen.requirement == f"{RULE}C"
    for known, told in (("AB", "A"), ("A", None), ("B", None), ("ABC", "C")):
        names = frozenset(f"{RULE}{letter}" for letter in known)
        found = seen.as_known(partial(_is_one_of, names))
        assert (found and found.requirement[-1]) == told


def _is_one_of(names: frozenset[str], violation: Violation) -> bool:
    return violation.requirement in names


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
@pytest.mark.parametrize("label", ["standard", "variant"])
def test_a_step_past_the_rules_is_known_until_it_is_told(answer: Answer, label: Label) -> None:
    """Be the connection closed by what comes next, or that be another step."""
    first = (f"{RULE}A", "a window of its own")
    name = "another" if label == "variant" else ""
    branch = Branch(OPEN._replace(state="CLOSED"), answer, f"{RULE}B", label, name)
    after = after_arrival(Hypothesis(OPEN, variants=(first,)), branch, 0, 0)
    assert after.variants == ((first, (f"{RULE}B", name)) if name else (first,))
    assert after_arrival(after, branch, 0, 0).variants == after.variants


def test_a_new_connection_of_the_tuple_does_not_hide_a_step() -> None:
    """What led past the rules before the old one ended is told once the new one shows it."""
    flow = Flow(4, Report(), Limits())
    flow.listening = True
    gone = Hypothesis(Tcb("CLOSED"), variants=((f"{RULE}A", "a window of its own"),))
    spreads(flow, [gone], segment_("S", 7, 0), 0)
    assert {h.variants[:1] for h in flow.hypotheses} == {gone.variants}


def test_all_are_labelled_as_variants() -> None:
    branches = departures(STAMPED, segment_("A", 990, 2999, bytes(10), tsval=9))
    assert branches
    assert {branch.label for branch in branches} == {"variant"}


@pytest.mark.parametrize(
    ("ack", "seq", "opens"), [(1, 0, True), (0, 1, True), (9, 9, True), (4, 0, False)]
)
def test_a_neighbour_of_a_cookie(ack: int, seq: int, opens: bool) -> None:
    """Where both numbers have moved, what counts is by how much more the one than the other."""
    half_open = HALF_OPEN._replace(ts_recent=None)
    found = neighbours(half_open, segment_("A", 1000 + seq, 3000 + ack))
    assert [b.tcb.state for b in found if b.tcb.state == "ESTABLISHED"] == ["ESTABLISHED"] * opens
    assert all((b.tcb.rcv_nxt, b.tcb.snd_una) == (1000 + seq, 3000 + ack) for b in found)


def test_the_numbers_of_a_cookie_itself_are_no_departure() -> None:
    assert neighbours(HALF_OPEN, segment_("A", 1000, 3000)) == ()


def test_no_room_keeps_the_ack_and_not_the_text() -> None:
    (in_order,) = no_room(OPEN, segment_("A", 1000, 3005, b"x"), ())
    assert (in_order.tcb.snd_una, in_order.tcb.rcv_nxt, in_order.answer.kind) == (3005, 1000, "ack")
    (above,) = no_room(OPEN, segment_("A", 1100, 3005, b"x"), ())
    assert (above.tcb.snd_una, above.tcb.held) == (3005, ())
    assert (above.answer.kind, above.answer.may_fail) == ("ack", True)


def test_room_is_made_by_segments_from_the_right() -> None:
    """What waits above a hole, in one range, has come in three pieces."""
    came = [(1010, 1020), (1020, 1030), (1030, 1040), (1050, 1060)]
    full = OPEN._replace(held=((1010, 1040), (1050, 1060)))
    found = no_room(full, segment_("A", 1000, 3000, b"0123456789"), came)
    taken = [b for b in found if b.clause == "RFC9293:SHLD-31"]
    assert {b.tcb.rcv_nxt for b in taken} == {1010, 1020, 1030, 1040}
    assert all(b.tcb.held == () for b in taken)


@pytest.mark.parametrize("flags", ["RA", "R", "S", "A"])
def test_what_ends_a_connection_takes_nothing_behind_its_fin(flags: str) -> None:
    """A RST, or a SYN as RFC 793 had it, where the target has acknowledged the FIN too early."""
    corrected = CLOSED_AT_HOME._replace(fin=999)
    found = more_behind_fin(corrected, segment_(flags, 1000, 3010), (1000, 1009))
    assert bool(found) is (flags == "A")


@pytest.mark.parametrize("irs", [7, 0x90000000])
def test_a_delayed_ack_of_a_syn_ack_counts_as_sent(irs: int) -> None:
    """Wherever the peer's numbers start, its first text is not above Last.ACK.sent."""
    (delayed,) = delayed_syn_ack(OPENING, segment_("SA", irs, 3000, tsval=5))
    assert (delayed.tcb.last_ack, delayed.answer.within_s) == (irs + 1, 0.5)
