"""What the detector and the tracker find. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, each 0 to 1 of the picture's width or height."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One object in one picture.

    Attributes:
        name: Its COCO class, as "person" or "traffic light".
        score: 0 to 1.
    """

    name: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class TrackedObject:
    """One object over time.

    Attributes:
        id: The same for as long as it is followed; never used again by one tracker.
        name: Its COCO class.
        box: Where it was last seen.
        since: Capture time at which it was first seen, monotonic seconds.
        seen: Capture time at which it was last seen, monotonic seconds.
    """

    id: int
    name: str
    box: Box
    since: float
    seen: float

    @property
    def centre(self) -> tuple[float, float]:
        """0 to 1 from left to right and from top to bottom."""
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2
