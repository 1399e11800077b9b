"""Whether something really happens in the picture. Pure.

Noise is left out by what it does not do: it neither travels nor stays. Rain, flicker, a fan and
leaves change a place to and fro; the camera's shake, its exposure and a new key frame change all
places alike. What a commentator may speak of goes somewhere, or comes and is there.
"""

from __future__ import annotations

import cv2
import numpy as np

from ..commentator.window import Grey
from .background import Background, alike, details, share_of_places
from .blobs import blobs
from .light import Light
from .sight import Motion
from .tracks import Track, Tracks

_MOVING_ON = 0.7
_TOLD = 1.0
_CERTAIN = 0.15
_ALIKE = 0.4
_ALL_OVER, _MUCH = 0.6, 0.3
_SETTLE, _SETTLE_LIGHT = 4.0, 0.4
_RARE, _LONG_AGO = 2.0, -1e9
_SAME_DETAILS = 0.7
_LIGHT_FACTOR = 2.0
"""Change of the mean level beyond which details come or go with the light."""
_LONGEST_GAP = 5.0


class Movement:
    """Sees grey pictures in capture order."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything: another source."""
        self._background: Background | None = None
        self._light = Light()
        self._time = self._since = 0.0
        self._jumped_at = self._last_jump = _LONG_AGO
        self._other_since: float | None = None

    def see(self, capture_time: float, grey: Grey) -> Motion:
        """What happened up to this picture, uint8 (90, 160), captured at monotonic seconds."""
        background = self._background
        level = float(grey.mean())
        if background is None or not 0 <= capture_time - self._time < _LONGEST_GAP:
            self.reset()
            self._start(capture_time, grey)
            self._light.see(capture_time, level)
            return Motion(light=level)
        self._time = capture_time
        light = self._light.see(capture_time, level)
        background.see(capture_time, grey)
        if background.jumped >= _ALL_OVER:
            if capture_time - self._last_jump > _RARE:
                self._jumped_at = capture_time
            self._last_jump = capture_time
        if light:
            background.take()
            self._tracks, self._level = Tracks(self._since), level
            return Motion(light=level, dimmed=light < 0, lit=light > 0)
        if self._is_cut(capture_time, level, background):
            self._start(capture_time, grey)
            return Motion(light=level, cut=True)
        if self._other_since is not None:
            return Motion(light=level)
        movers = self._movers(capture_time, background)
        boxes = tuple(track.blob.box for track in movers)
        return Motion(boxes, sum(track.blob.area for track in movers), level)

    def _start(self, time: float, grey: Grey) -> None:
        self._background = Background(time, grey)
        self._tracks = Tracks(time)
        self._time = self._since = time
        self._other_since = None
        self._level = float(grey.mean())
        self._jumped_at = self._last_jump = _LONG_AGO

    def _is_cut(self, time: float, level: float, background: Background) -> bool:
        """Whether the whole picture is another one, and for long enough to be sure.

        The same things in another tone, as in infrared, are taken for the background at once.
        """
        changed = share_of_places(background.changed.astype(np.float32), _MUCH) >= _ALL_OVER
        dark = not 1 / _LIGHT_FACTOR < level / max(self._level, 1.0) < _LIGHT_FACTOR
        jumped = not dark and (self._other_since is not None or background.jumped >= _ALL_OVER)
        likeness = alike(details(background.now), details(background.behind)) if jumped else 1.0
        if not changed and likeness >= _ALIKE:
            self._other_since, self._level = None, level
            return False
        if self._other_since is None:
            self._other_since = time
            return False
        if time - self._other_since < _CERTAIN:
            return False
        if likeness >= _ALIKE:
            background.take()
        return likeness < _ALIKE

    def _movers(self, time: float, background: Background) -> list[Track]:
        tracks = self._tracks.see(time, blobs(background, time))
        only_light = [track for track in tracks if self._is_light(track, time)]
        movers = [track for track in tracks if _moves(track, time) and track not in only_light]
        explained, settled = np.zeros_like(background.changed), np.zeros_like(background.changed)
        for track in movers:
            track.blob.paint(explained)
        done = [track for track in tracks if _is_settled(track, time)] + only_light
        for track in done:
            track.blob.paint(settled)
        around = np.asarray(cv2.dilate(explained, np.ones((5, 5), np.uint8)), np.uint8)
        background.learn(time, around, settled)
        self._tracks.drop(done)
        return movers

    def _is_light(self, track: Track, time: float) -> bool:
        """It shows what was there before, or came with a rare jump of the whole picture's tones."""
        if track.blob.as_before >= _SAME_DETAILS:
            return True
        return track.moved is None and 0 <= time - self._jumped_at < _SETTLE_LIGHT


def _moves(track: Track, time: float) -> bool:
    return (track.moved is not None and time - track.moved < _MOVING_ON) or (
        track.stayed is not None and time - track.stayed < _TOLD
    )


def _is_settled(track: Track, time: float) -> bool:
    """Told long enough, or of no interest and still: it is background from now on."""
    if track.stayed is not None:
        return time - track.stayed >= _TOLD
    return track.blob.quiet_for >= _SETTLE
