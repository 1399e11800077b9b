"""Whether a booth commentates: by its opening hours and by what somebody orders. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from config.opening_hours import OpeningHours, parse
from config.room_settings import RoomSettings

Mode = Literal["active", "idle"]


@dataclass(frozen=True, slots=True)
class ModeChoice:
    """Decided anew from the wall clock each time: it may be put on or back.

    Attributes:
        mode: What was set; without opening hours it always holds.
        hours: When it is active.
        until: Unix time until which the mode holds though there are opening hours; 0: they hold.
    """

    mode: Mode
    hours: OpeningHours
    until: float = 0.0

    def at(self, now: float) -> Mode:
        """The mode at a Unix time."""
        if not self.hours.week or now < self.until:
            return self.mode
        return "active" if self.hours.open_at(_moment(now)) else "idle"

    def after(
        self, settings: RoomSettings, changes: Mapping[str, object], now: float
    ) -> ModeChoice:
        """When somebody has made these changes, which led to these settings: an ordered mode holds
        until the hours next open or close; new hours hold at once.
        """
        if not changes.keys() & {"mode", "schedule"}:
            return self
        hours = parse(settings.schedule)
        ordered = hours.next_change(_moment(now)) if changes.get("mode") is not None else None
        return ModeChoice(settings.mode, hours, ordered.timestamp() if ordered else 0.0)


def _moment(unix: float) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
