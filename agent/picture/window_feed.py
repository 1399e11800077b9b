"""Which pictures the engine's window is made of, where a source has two of them. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from agent.picture.picture import Picture, Plane

SECOND_SILENT_AFTER = 2.0
"""Seconds without a picture of the small stream after which the window takes the main one."""

REMEMBERED = 256
"""Capture times of the main picture: four seconds at 60 fps."""


class WindowFeed:
    """Passes on the small second stream while there is one, else the main one.

    What is passed on carries the capture time of a main picture, the newest one by then: only such
    a time is one that is ever on display.
    """

    def __init__(self, push: Callable[[Plane, float], None]) -> None:
        """`push(i420, capture)` takes each picture of the window, capture times increasing."""
        self._push = push
        self._shown: deque[float] = deque(maxlen=REMEMBERED)
        self._second = float("-inf")
        self._passed = float("-inf")

    def main(self, picture: Picture) -> None:
        """A picture of the stream that is shown."""
        self._shown.append(picture.capture)
        if picture.capture - self._second > SECOND_SILENT_AFTER:
            self._pass(picture, picture.capture)

    def second(self, picture: Picture) -> None:
        """A picture of the small stream. Where nothing new is shown it is not passed on."""
        self._second = picture.capture
        shown = next((at for at in reversed(self._shown) if at <= picture.capture), None)
        if shown is not None:
            self._pass(picture, shown)

    def reset(self) -> None:
        """The source is another one."""
        self._shown.clear()
        self._second = float("-inf")

    def _pass(self, picture: Picture, capture: float) -> None:
        if capture > self._passed:
            self._passed = capture
            self._push(picture.i420, capture)
