"""What was measured in one sampled frame. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, each 0 to 1 of the picture's width or height."""


class TrackedObject(Protocol):
    """One object over time, as whoever looks for things by name follows it."""

    @property
    def id(self) -> int:
        """The same for as long as it is followed, and never used again."""

    @property
    def name(self) -> str:
        """What it is: "person"."""

    @property
    def box(self) -> Box:
        """Where it was last seen."""

    @property
    def since(self) -> float:
        """Capture time at which it was first seen, monotonic seconds."""

    @property
    def seen(self) -> float:
        """Capture time at which it was last seen, monotonic seconds."""

    @property
    def centre(self) -> tuple[float, float]:
        """0 to 1 from left to right and from top to bottom."""


@dataclass(frozen=True, slots=True)
class Motion:
    """What changed up to one frame, noise already left out.

    Attributes:
        movers: Boxes of what really moves, comes or has gone, largest first.
        share: Part of the picture that they cover, 0 to 1.
        light: Mean grey level, 0 to 255.
        cut: The picture is another one than the last.
        dimmed, lit: The light has just gone out, or on.
    """

    movers: tuple[Box, ...] = ()
    share: float = 0.0
    light: float = 128.0
    cut: bool = False
    dimmed: bool = False
    lit: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """One frame as it is understood.

    Attributes:
        capture_time: Monotonic seconds.
        objects: What is in view, sure things only.
        came: Those of ``objects`` that are sure from this frame on; their ``since`` is older.
        left: Those that are not in view any more.
    """

    capture_time: float
    motion: Motion
    objects: tuple[TrackedObject, ...] = ()
    came: tuple[TrackedObject, ...] = ()
    left: tuple[TrackedObject, ...] = ()
