"""What ingresses say about their sources in the participant attribute `pressbox.ingress`."""

from __future__ import annotations

import json
import math
from typing import NamedTuple

from livekit import rtc

from config.source_names import INGRESS_ATTRIBUTE

LONGEST_ERROR = 160
"""Characters; it stands in a status line and comes from another participant."""

RARE = 30.0
"""Seconds from picture to picture where it is only known that they are rare."""


class IngressState(NamedTuple):
    """state as in `ingress.report`, "" where nothing is said; error: one line; frozen: Unix seconds
    since when the picture has not changed, 0 for not; fps: pictures a second, 0 for not known.
    """

    state: str = ""
    error: str = ""
    frozen: float = 0.0
    fps: float = 0.0

    @property
    def away(self) -> bool:
        """Whether the source is known to bring no pictures."""
        return self.state in ("stalled", "reconnecting", "failed", "stopped")

    @property
    def interval(self) -> float:
        """Seconds from picture to picture of a source that is live; 0 where nothing says so."""
        if self.state != "live":
            return 0.0
        return min(1 / self.fps, RARE) if self.fps else RARE

    def __str__(self) -> str:
        """State and reason for a person, such as `reconnecting, the camera does not answer`."""
        return ", ".join(part for part in (self.state, self.error) if part)


def ingress_states(room: rtc.Room) -> dict[str, IngressState]:
    """What each ingress in the room says, by identity."""
    return {
        participant.identity: parse(participant.attributes[INGRESS_ATTRIBUTE])
        for participant in room.remote_participants.values()
        if INGRESS_ATTRIBUTE in participant.attributes
    }


def parse(attribute: str) -> IngressState:
    """Read the attribute's value; what is missing or of another type is as if nothing was said."""
    try:
        found = json.loads(attribute)
    except (ValueError, RecursionError):
        return IngressState()
    if not isinstance(found, dict):
        return IngressState()
    return IngressState(
        _line(found.get("state"), 20),
        _line(found.get("error"), LONGEST_ERROR),
        _seconds(found.get("frozen")),
        _seconds(found.get("fps")),
    )


def _line(value: object, longest: int) -> str:
    return " ".join(value.split())[:longest] if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    # A year of five digits is no time that a clock can show.
    return float(value) if math.isfinite(value) and 0 < value < 250_000_000_000 else 0.0
