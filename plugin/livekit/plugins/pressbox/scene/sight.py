"""What was measured in one sampled frame. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from vision.detection import Box, TrackedObject


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
