"""What an ingress says about its source in the participant attribute `pressbox.ingress`. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

LONGEST_ERROR = 160
"""Characters; it stands in a status line and comes from another participant."""

_AWAY = ("stalled", "reconnecting", "failed", "stopped")


@dataclass(frozen=True, slots=True)
class IngressState:
    """state as in `ingress.report`, "" where nothing is said; error: one line; frozen: Unix seconds
    since when the picture has not changed, 0 for not.
    """

    state: str = ""
    error: str = ""
    frozen: float = 0.0

    @property
    def away(self) -> bool:
        """Whether the source is known to bring no pictures."""
        return self.state in _AWAY

    def __str__(self) -> str:
        """State and reason for a person, such as `reconnecting, the camera does not answer`."""
        return ", ".join(part for part in (self.state, self.error) if part)


def parse(attribute: str) -> IngressState:
    """Read the attribute's value; what is missing or of another type is as if nothing was said."""
    try:
        found = json.loads(attribute)
    except (ValueError, RecursionError):
        return IngressState()
    if not isinstance(found, dict):
        return IngressState()
    state, error, frozen = (found.get(name) for name in ("state", "error", "frozen"))
    return IngressState(
        state=_line(state, 20),
        error=_line(error, LONGEST_ERROR),
        frozen=_seconds(frozen),
    )


def _line(value: object, longest: int) -> str:
    return " ".join(value.split())[:longest] if isinstance(value, str) else ""


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    # A year of five digits is no time that a clock can show.
    return float(value) if math.isfinite(value) and 0 < value < 250_000_000_000 else 0.0
