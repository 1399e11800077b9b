"""When it commentates: what is understood, the hours of a week, and clocks that are put on and
back.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from config.opening_hours import OpeningHours, parse

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(day: int, clock: str, month: int = 6) -> datetime:
    """June 2026: the 1st is a Monday."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "opens", "closed"),
    [
        ("mon-fri 08:00-18:00 Europe/Berlin", [(1, "08:00"), (5, "17:59")], [(5, "18:00")]),
        ("Mon-Fri 8\u201318, sat 10-12 Europe/Berlin", [(6, "10:00")], [(6, "12:00")]),
        ("fri-mon 9-10 Europe/Berlin", [(5, "9:00"), (7, "9:00"), (1, "9:00")], [(2, "9:00")]),
        ("Mo, We 8-9 Europe/Berlin", [(1, "8:00"), (3, "8:00")], [(2, "8:00")]),
        ("mon 8-9, 14-15; sun 9-10 Europe/Berlin", [(1, "14:30"), (7, "9:00")], [(1, "9:30")]),
        ("sun 22:00-06:00 Europe/Berlin", [(7, "23:00"), (1, "5:59")], [(1, "6:00"), (7, "5:00")]),
        ("every day 0-23:59 Europe/Berlin", [(1, "0:00"), (7, "23:58")], [(7, "23:59")]),
        ("monday 06:00-07:00 UTC", [(1, "8:30")], [(1, "6:30")]),
    ],
)
def test_what_is_open(
    text: str, opens: list[tuple[int, str]], closed: list[tuple[int, str]]
) -> None:
    hours = parse(text)
    assert [when for when in opens if not hours.open_at(berlin(*when))] == []
    assert [when for when in closed if hours.open_at(berlin(*when))] == []


@pytest.mark.parametrize(
    "text",
    [
        "mon-fri",
        "mon-fri 25:00-26:00",
        "mon 8:60-9",
        "mon 8-8",
        "mon-tue-wed 8-9",
        "m. 8-9",
        "mon 8-9 sharp",
        "8-9 Europe/Nowhere",
        "8-9 ../../etc/passwd",
        "Europe/Berlin",
        "8-9 Europe/\x00",
        "\u00b2\u00b3-9",
        "mon " * 50,
    ],
)
def test_what_is_not_understood_says_what_would_be(text: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        parse(text)


def test_nothing_is_always() -> None:
    assert parse(" ") == OpeningHours()
    assert parse("").open_at(berlin(7, "3:00"))
    assert parse("").next_change(berlin(7, "3:00")) is None
    for text in ("0-24", "mon-sat 0-24, sun 0-12, sun 12-24", "22-06, 6-22"):
        assert parse(text) == OpeningHours()
    assert parse("mon-sat 0-24, sun 0-23:59").week


def test_the_next_change() -> None:
    hours = parse("mon 20-24, tue-fri 0-18 Europe/Berlin")
    assert hours.next_change(berlin(1, "21:00")) == berlin(2, "18:00"), "neighbours are one"
    assert hours.next_change(berlin(5, "18:00")) == berlin(8, "20:00")
    assert hours.next_change(berlin(6, "3:00").astimezone(UTC)) == berlin(8, "20:00")


@pytest.mark.parametrize("text", ["2:30-4", "1:15-2:15", "sun 0-3"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_the_next_change_is_what_each_minute_says(text: str, zone: str) -> None:
    hours = parse(f"{text} {zone}")
    for month, day in ((3, 28), (10, 24), (10, 3), (4, 4)):  # clocks change
        start = datetime(2026, month, day, 12, tzinfo=UTC)
        minutes = [start + timedelta(minutes=number) for number in range(36 * 60)]
        for before, after in pairwise(minutes):
            if hours.open_at(before) != hours.open_at(after):
                assert hours.next_change(before) == after
                assert (hours.next_change(start) or after) <= after
