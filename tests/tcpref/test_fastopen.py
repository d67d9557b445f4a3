"""Fast open: what is remembered on both sides is bounded and ends, and options fit their room."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tcpref import cookie_options, fastopen_cookies, seq
from tcpref.cookie_options import Carried
from tcpref.fastopen_cache import ENTRIES, CookieCache
from tcpref.fastopen_cookies import RESET_COUNTS, FastOpenQueue
from tcpref.options import (
    COOKIE_LENGTHS,
    MOST_OPTION_OCTETS,
    build_fast_open,
    build_mss,
    build_sack_permitted,
    build_timestamps,
    build_window_scale,
    parse_options,
    without_padding,
)

SECOND = 1_000_000_000
HERE, THERE = b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"
KEY = (HERE, 40_000, THERE, 80)


def test_cookie_is_of_an_address_and_of_two_periods() -> None:
    cookie = fastopen_cookies.make(b"secret", THERE, 7)
    ages = [fastopen_cookies.age_of(cookie, b"secret", THERE, period) for period in range(6, 10)]
    assert ages == [None, 0, 1, None]
    assert fastopen_cookies.age_of(cookie, b"secret", HERE, 7) is None
    assert fastopen_cookies.age_of(cookie, b"other", THERE, 7) is None
    assert len(cookie) in COOKIE_LENGTHS


def test_resets_count_for_a_while() -> None:
    queue = FastOpenQueue(2)
    queue.pending = 2
    assert not queue.admits(0)
    queue.leave(0, reset=True)
    queue.leave(0, reset=False)
    assert queue.admits(0)
    queue.pending += 1
    assert not queue.admits(RESET_COUNTS - 1)
    assert queue.admits(RESET_COUNTS)


def test_a_path_that_fails_is_tried_again_later_and_later() -> None:
    cache, now = CookieCache(), 0
    cache.learn(KEY, b"cookie", 1460)
    for wait in (10, 20, 40):
        cache.fails(KEY, now, 10)
        assert cache.avoids(KEY, now + wait * SECOND - 1)
        now += wait * SECOND
        assert not cache.avoids(KEY, now)
    assert not cache.avoids((HERE, 40_001, THERE, 443), now - 1)
    cache.works(KEY)
    cache.fails(KEY, now, 10)
    assert not cache.avoids(KEY, now + 10 * SECOND)
    grant = cache.grant_for(KEY)
    assert grant is not None
    assert grant.cookie == b"cookie"


def test_cache_is_bounded() -> None:
    cache = CookieCache()
    servers = [(HERE, 1, number.to_bytes(4, "big"), 80) for number in range(ENTRIES + 10)]
    for key in servers:
        cache.learn(key, b"cookie", None)
        cache.fails(key, 0, 1)
    known = [key for key in servers if cache.grant_for(key) is not None]
    assert known == servers[10:]
    assert [key for key in servers if cache.avoids(key, 0)] == servers[10:]


@given(size=st.sampled_from(sorted(COOKIE_LENGTHS)), octet=st.integers(0, 255))
def test_every_cookie_fits_beside_the_other_options(size: int, octet: int) -> None:
    cookie = bytes((octet,)) * size
    others = build_mss(1460) + build_window_scale(7) + build_sack_permitted()
    packed = without_padding(others + build_fast_open(cookie))
    whole = packed + build_timestamps(1, 0)
    assert len(whole) <= MOST_OPTION_OCTETS
    assert len(packed) % 4 == 0
    read = parse_options(whole)
    assert (read.mss, read.wscale, read.sack_permitted) == (1460, 7, True)
    assert (read.fast_open, read.tsval) == (cookie, 1)


@given(
    wscale=st.none() | st.integers(0, 255),
    sack=st.booleans(),
    ecn=st.booleans(),
    clock=st.integers(0, 2**32 - 1),
)
def test_options_come_back_by_timestamp(
    wscale: int | None, sack: bool, ecn: bool, clock: int
) -> None:
    tsval = cookie_options.stamp(Carried(wscale, sack, ecn), clock)
    shift = None if wscale is None else min(wscale, 14)
    assert cookie_options.read(tsval) == Carried(shift, sack, ecn)
    assert -(1 << cookie_options.BITS) < seq.distance(tsval, clock) <= 0
