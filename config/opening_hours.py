"""When a booth commentates: "mon-fri 08:00-18:00, sat 10:00-12:00 Europe/Berlin". No asyncio."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EXAMPLE = "days and times such as mon-fri 08:00-18:00, sat 10:00-12:00 Europe/Berlin"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d{1,2})(?::(\d\d))? ?[-\u2013] ?(\d{1,2})(?::(\d\d))?")
_DAY = 24 * 60
_WEEK = 7 * _DAY
_AHEAD = 8 * _DAY
"""Minutes in which there is a change, if ever: a clock may be put on where one would be."""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The open minutes of a week, by the wall clock of a place.

    Attributes:
        week: A byte for each minute from Monday 0:00 on, 1 where it is open; b"": always open.
        zone: None: the local time of this machine.
    """

    week: bytes = b""
    zone: ZoneInfo | None = None

    def open_at(self, moment: datetime) -> bool:
        """`moment` is aware, of any zone."""
        local = moment.astimezone(self.zone)
        minute = local.weekday() * _DAY + local.hour * 60 + local.minute
        return not self.week or bool(self.week[minute])

    def next_change(self, after: datetime) -> datetime | None:
        """The first minute after that moment at which it opens or closes, in UTC; None: never.
        Blocks for some milliseconds.
        """
        if not self.week:
            return None
        now = self.open_at(after)
        minute = after.astimezone(UTC).replace(second=0, microsecond=0)
        later = (minute + timedelta(minutes=number) for number in range(1, _AHEAD))
        return next((moment for moment in later if self.open_at(moment) != now), None)


def parse(text: str) -> OpeningHours:
    """Raises ValueError that says what would be right. Days that stand alone go with the next
    times; times that stand alone have the days before them, or all days.
    """
    text, zone = _zone(" ".join(text.split()))
    days: list[int] = []
    waiting: list[int] = []
    week = bytearray(_WEEK)
    for entry in filter(None, (part.strip() for part in re.split("[,;]", text.lower()))):
        found = _SPAN.search(entry)
        for word in (entry[: found.start()] if found else entry).split():
            waiting += _days(word)
        if not found:
            continue
        days, waiting = waiting or days or [*range(7)], []
        start, end = _minute(found[1], found[2]), _minute(found[3], found[4])
        if found.end() != len(entry) or start in (_DAY, end):
            raise ValueError(EXAMPLE)
        for day in days:
            for minute in range(start, end if end > start else end + _DAY):
                week[(day * _DAY + minute) % _WEEK] = 1
    if waiting or (zone and not any(week)):
        raise ValueError(EXAMPLE)
    return OpeningHours(bytes(week) if any(week) and not all(week) else b"", zone)


def _zone(text: str) -> tuple[str, ZoneInfo | None]:
    """The text without the zone at its end, and the zone."""
    rest, _, last = text.rpartition(" ")
    if "/" not in last and last.lower() != "utc":
        return text, None
    try:
        return rest, ZoneInfo(last if "/" in last else "UTC")
    except (LookupError, ValueError, OSError):
        raise ValueError(
            f"an IANA time zone at its end, such as Europe/Berlin; {EXAMPLE}"
        ) from None


def _days(word: str) -> list[int]:
    if word in ("daily", "every", "day"):
        return [] if word == "every" else [*range(7)]
    first, *more = (_day(end) for end in re.split("[-\u2013]", word))
    if len(more) > 1:
        raise ValueError(EXAMPLE)
    return [(first + number) % 7 for number in range(((more or [first])[0] - first) % 7 + 1)]


def _day(word: str) -> int:
    word = word.removesuffix(".")
    for number, name in enumerate(_DAYS):
        if len(word) >= 2 and name.startswith(word):
            return number
    raise ValueError(EXAMPLE)


def _minute(hour: str, minute: str | None) -> int:
    value = int(hour) * 60 + int(minute or 0)
    if value > _DAY or int(minute or 0) > 59:
        raise ValueError(EXAMPLE)
    return value
