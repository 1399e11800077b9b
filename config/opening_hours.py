"""When a booth commentates: "mon-fri 08:00-18:00, sat 10:00-12:00 Europe/Berlin". No asyncio."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

EXAMPLE = "days and times such as mon-fri 08:00-18:00, sat 10:00-12:00 Europe/Berlin"

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN = re.compile(r"(\d{1,2})(?::(\d\d))? ?[-\u2013] ?(\d{1,2})(?::(\d\d))?")
_MINUTES_A_DAY = 24 * 60
_AHEAD = timedelta(days=8)
_STEP = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class _Span:
    """Minutes of one day, 0..1440; where `end` is not after `start`, it is on the next day."""

    day: int
    start: int
    end: int

    def holds(self, day: int, minute: int) -> bool:
        if self.start < self.end:
            return day == self.day and self.start <= minute < self.end
        return (day == self.day and minute >= self.start) or (
            day == (self.day + 1) % 7 and minute < self.end
        )


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Spans of a week, by the wall clock of a place.

    Attributes:
        spans: None of them: always open; what is open all week has none.
        zone: None: the local time of this machine.
    """

    spans: tuple[_Span, ...] = ()
    zone: ZoneInfo | None = None

    def open_at(self, moment: datetime) -> bool:
        """`moment` is aware, of any zone."""
        local = moment.astimezone(self.zone)
        day, minute = local.weekday(), local.hour * 60 + local.minute
        return not self.spans or any(span.holds(day, minute) for span in self.spans)

    def next_change(self, after: datetime) -> datetime | None:
        """The first moment after that one at which it opens or closes, in UTC; None: never."""
        if not self.spans:
            return None
        now = self.open_at(after)
        after = after.astimezone(UTC)
        for moment in sorted(self._candidates(after)):
            if moment > after and self.open_at(moment) != now:
                return moment
        return None

    def _candidates(self, after: datetime) -> Iterator[datetime]:
        """Where a change may be: where spans begin and end, and each half hour of UTC, since clocks
        are put forward and back there.
        """
        half = after.replace(minute=after.minute // 30 * 30, second=0, microsecond=0)
        yield from (half + number * _STEP for number in range(1, _AHEAD // _STEP))
        today = after.astimezone(self.zone).replace(tzinfo=None)
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        ends = {minute for span in self.spans for minute in (span.start, span.end)}
        for days in range(-1, _AHEAD.days + 1):
            for minute in ends:
                local = midnight + timedelta(days=days, minutes=minute)
                for fold in (0, 1):  # twice where the clock is put back
                    yield local.replace(tzinfo=self.zone, fold=fold).astimezone(UTC)


def parse(text: str) -> OpeningHours:
    """Raises ValueError that says what would be right. Days that stand alone go with the next
    times; times that stand alone have the days before them, or all days.
    """
    text, zone = _zone(" ".join(text.lower().split()), text)
    days: tuple[int, ...] = ()
    waiting: tuple[int, ...] = ()
    spans: list[_Span] = []
    for entry in filter(None, (part.strip() for part in re.split("[,;]", text))):
        found = _SPAN.search(entry)
        named = entry[: found.start()] if found else entry
        waiting += tuple(day for word in named.split() for day in _days(word))
        if not found:
            continue
        if found.end() != len(entry):
            raise ValueError(EXAMPLE)
        days, waiting = waiting or days or tuple(range(7)), ()
        start, end = _minute(found[1], found[2]), _minute(found[3], found[4])
        if start in (_MINUTES_A_DAY, end):
            raise ValueError(EXAMPLE)
        spans += [_Span(day, start, end) for day in days]
    if waiting or (zone and not spans):
        raise ValueError(EXAMPLE)
    if all(any(one.holds(*_after(span)) for one in spans) for span in spans):
        spans = []
    return OpeningHours(tuple(spans), zone)


def _after(span: _Span) -> tuple[int, int]:
    """Day and minute at which that span is over."""
    days, minute = divmod(span.end, _MINUTES_A_DAY)
    days += span.end <= span.start
    return (span.day + days) % 7, minute


def _zone(text: str, as_written: str) -> tuple[str, ZoneInfo | None]:
    """The text without the zone at its end, and the zone."""
    rest, _, last = text.rpartition(" ")
    if "/" not in last and last != "utc":
        return text, None
    name = as_written.split()[-1]
    try:
        return rest, ZoneInfo("UTC" if last == "utc" else name)
    except (LookupError, ValueError, OSError):
        raise ValueError(
            f"an IANA time zone at its end, such as Europe/Berlin; {EXAMPLE}"
        ) from None


def _days(word: str) -> list[int]:
    if word in ("daily", "every", "day"):
        return list(range(7)) if word != "every" else []
    ends = [_day(end) for end in re.split("[-\u2013]", word)]
    if len(ends) == 1:
        return ends
    if len(ends) != 2:
        raise ValueError(EXAMPLE)
    first, last = ends
    return [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]


def _day(word: str) -> int:
    word = word.removesuffix(".")
    for number, name in enumerate(_DAYS):
        if len(word) >= 2 and name.startswith(word):
            return number
    raise ValueError(EXAMPLE)


def _minute(hour: str, minute: str | None) -> int:
    value = int(hour) * 60 + int(minute or 0)
    if value > _MINUTES_A_DAY or int(minute or 0) > 59:
        raise ValueError(EXAMPLE)
    return value
