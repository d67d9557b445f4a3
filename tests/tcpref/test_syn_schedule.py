"""SYNs at times laid down beforehand, and what they leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tcpref.segment import ACK, SYN
from tcpref.settings import make_settings

if TYPE_CHECKING:
    from tests.tcpref.conftest import Host

WAITS = "6 24 45"


def test_schedule_of_the_documents(make_host: type[Host]) -> None:
    """Nobody answers connect(); three SYNs, then the end, each to the moment."""
    host = make_host(syn_waits_s=WAITS)
    number = host.connect()
    assert [host.advance_to_timer() for _ in range(3)] == [6, 24, 45]
    host.collect()
    assert host.returned[number].errno == "ETIMEDOUT"
    assert [segment.flags for segment in host.take()] == [SYN] * 3
    assert host.assay.next_timeout() is None


def test_crossed_syns_keep_to_it(make_host: type[Host]) -> None:
    """The peer's SYN crosses and nothing follows; the SYN,ACKs go when the SYNs would have."""
    host = make_host(syn_waits_s=WAITS)
    number = host.connect()
    host.advance(1)
    host.peer(SYN, 900)
    assert [host.advance_to_timer() for _ in range(3)] == [5, 24, 45]
    host.collect()
    assert host.returned[number].errno == "ETIMEDOUT"


def test_passive_open_backs_off(make_host: type[Host]) -> None:
    """The schedule is connect()'s; an unanswered SYN,ACK goes again after 1, 2 and 4 s."""
    host = make_host(syn_waits_s=WAITS)
    host.listen()
    host.peer(SYN, 900)
    assert [host.advance_to_timer() for _ in range(3)] == [1, 2, 4]


def test_text_has_a_time_out_of_its_own(make_host: type[Host]) -> None:
    """The second SYN is answered; text is sent again after 3 s (RFC 6298, 5.7), then 6 s."""
    host = make_host(syn_waits_s=WAITS)
    host.connect()
    host.advance(6)
    host.peer(SYN | ACK, 900, host.tcb.snd_nxt)
    host.send(b"text")
    assert [host.advance_to_timer() for _ in range(2)] == [3, 6]


@pytest.mark.parametrize("text", ["6 x", "0 6", "-1", "1.5", "6,24", "²"])
def test_what_is_no_wait_is_refused(text: str) -> None:
    """Words that are no whole seconds; ValueError in one line with the setting's name."""
    with pytest.raises(ValueError, match="setting 'syn_waits_s': wanted whole seconds"):
        make_settings({"syn_waits_s": text})


def test_one_wait_is_one_syn(make_host: type[Host]) -> None:
    """A schedule of one wait; one SYN and failure after it."""
    host = make_host(syn_waits_s="3")
    host.connect()
    assert host.advance_to_timer() == 3
    assert len(host.take()) == 1
    assert host.assay.next_timeout() is None
