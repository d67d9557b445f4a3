"""TCP options by example: padding, the end of the list, lengths that lie."""

from __future__ import annotations

import pytest

from tcpassay.wire import (
    NOP,
    EndOfList,
    FastOpen,
    MaximumSegmentSize,
    Option,
    ParseError,
    Sack,
    SackPermitted,
    Timestamps,
    UnknownOption,
    UnreadableOptions,
    WindowScale,
    encode_options,
    parse_options,
)


@pytest.mark.parametrize(
    ("octets", "options"),
    [
        ("", ()),
        ("020405b4", (MaximumSegmentSize(1460),)),
        ("03030700", (WindowScale(7),)),
        ("01030307", (NOP, WindowScale(7))),
        ("04020000", (SackPermitted(),)),
        ("0101080a0000000100000002", (NOP, NOP, Timestamps(1, 2))),
        ("0101050a0000000100000002", (NOP, NOP, Sack(((1, 2),)))),
        ("22020000", (FastOpen(),)),
        ("2206aabbccdd0000", (FastOpen(b"\xaa\xbb\xcc\xdd"),)),
        ("fd040102", (UnknownOption(253, b"\x01\x02"),)),
        ("00000000", (EndOfList(),)),
        ("0000000000000000", (EndOfList(bytes(7)),)),
        ("020405b400000000", (MaximumSegmentSize(1460), EndOfList())),
        ("0303070001010101", (WindowScale(7), EndOfList(b"\x01\x01\x01\x01"))),
        ("02030500", (UnknownOption(2, b"\x05"),)),
        ("0302", (UnknownOption(3),)),
        ("05020000", (UnknownOption(5),)),
        ("2205010203000000", (UnknownOption(34, b"\x01\x02\x03"),)),
        ("02000405", (UnreadableOptions(b"\x02\0\4\5"),)),
        ("020505b4", (UnreadableOptions(b"\x02\5\5\xb4"),)),
        ("01010108", (NOP, NOP, NOP, UnreadableOptions(b"\x08"))),
    ],
)
def test_octets_and_options(octets: str, options: tuple[Option, ...]) -> None:
    area = bytes.fromhex(octets)
    assert parse_options(area) == options
    assert encode_options(options)[: len(area)] == area


@pytest.mark.parametrize(
    ("octets", "offset", "want", "got"),
    [
        ("02030500", 1, "4", "3"),
        ("040203040000", 3, "3", "4"),
        ("01010507" + "00" * 8, 3, "2 + 8 per block", "7"),
        ("020005b4", 1, "at most 4 and at least 2", "0"),
        ("00010000", 1, "zeros", "010000"),
        ("22050102", 1, "at most 4 and at least 2", "5"),
    ],
)
def test_strict_refuses(octets: str, offset: int, want: str, got: str) -> None:
    area = bytes.fromhex(octets)
    with pytest.raises(ParseError) as caught:
        parse_options(area, strict=True, offset=100)
    assert (caught.value.offset, caught.value.want, caught.value.got) == (offset + 100, want, got)


def test_padding_can_be_left_off() -> None:
    assert encode_options((WindowScale(1),)) == b"\x03\x03\x01\x00"
    assert encode_options((WindowScale(1),), pad=False) == b"\x03\x03\x01"


def test_different_options_of_equal_values_differ() -> None:
    assert MaximumSegmentSize(3) != WindowScale(3)  # type: ignore[comparison-overlap]
    assert SackPermitted() != NOP  # type: ignore[comparison-overlap]
    assert len({NOP, SackPermitted(), EndOfList(), FastOpen()}) == 4
